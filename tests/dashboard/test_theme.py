"""Text and marks can be told from what is behind them, in light and in dark."""

import plotly.graph_objects as go
import pytest

from fleet.dashboard import theme

# WCAG 2.2: 4.5 for text (1.4.3), 3 for marks and lines that carry meaning (1.4.11).
TEXT, MARK = 4.5, 3.0
SURFACES = {"light": (theme.PAGE, theme.SURFACE), "dark": (theme.DARK_PAGE, theme.DARK_SURFACE)}
CELLS = (theme.SAFE_CELL, theme.BLOCKED_CELL, theme.UNSAFE_CELL, theme.UNKNOWN_CELL)


def shown_as(colour: str, theme_name: str) -> str:
    """Return a colour of a figure as the theme draws it."""
    if theme_name == "light":
        return colour
    drawn: str = theme.in_dark(go.Figure(go.Scatter(line={"color": colour}))).data[0].line.color
    return drawn


def luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def test_the_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)


@pytest.mark.parametrize("name", SURFACES)
@pytest.mark.parametrize("colour", ["INK", "MUTED", "BLOCKED_INK", "BREACH", "LIMIT", "KEPT", "FORECAST"])
def test_text_can_be_read_on_page_and_surface(name, colour):
    for surface in SURFACES[name]:
        assert contrast(shown_as(getattr(theme, colour), name), surface) >= TEXT, (colour, surface)


@pytest.mark.parametrize("name", SURFACES)
@pytest.mark.parametrize("cell", CELLS)
def test_the_text_of_a_cell_can_be_read(name, cell):
    assert contrast(shown_as(theme.CELL_INK, name), shown_as(cell, name)) >= TEXT


@pytest.mark.parametrize("name", SURFACES)
@pytest.mark.parametrize("colour", ["FORECAST", "LIMIT", "PATH", "ACTUAL", "ORIGINAL", "BLOCKED_INK", "BREACH"])
def test_lines_and_marks_can_be_told_from_the_page(name, colour):
    assert contrast(shown_as(getattr(theme, colour), name), SURFACES[name][0]) >= MARK, colour
