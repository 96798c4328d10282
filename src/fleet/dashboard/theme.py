"""Colours, fonts and names for the pages, the figures and the report."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from fleet.dashboard.literal import figure_text
from fleet.domain.region import Fleet

FONT = "Source Sans, Liberation Sans, Helvetica, Arial, sans-serif"
INK = "#22303c"
MUTED = "#5f6f7c"
GRID = "#e3e8ec"

FORECAST = "#0072b2"
# Opaque, because a shade below would change a transparent colour.
BAND = "#cde5f5"
BAND_EDGE = "#9ccbe8"
PATH = "#5b87a8"
LIMIT = "#c1121f"
KEPT = "#00704f"
BLOCKED = "#e08e00"
BLOCKED_INK = "#7d4e00"
BLOCKED_SHADE = "rgba(230, 159, 0, 0.16)"
BREACH = "#7a0c16"
BREACH_SHADE = "rgba(193, 18, 31, 0.14)"
ACTUAL = "#6b6b6b"
ORIGINAL = "#7a8793"
LAND = "#dde3e8"
# Cells hold text, so the colours of cells and of their text are chosen together.
SAFE_CELL, BLOCKED_CELL, UNSAFE_CELL, UNKNOWN_CELL = "#b7dfd0", "#e39a1f", "#e06a72", "#c9d1d8"
CELL_INK = "#1a2229"
SAVED_AREA = "rgba(0, 158, 115, 0.22)"
OPTIMISED = "#0072b2"

# The page and the surfaces on it, in light and in dark.
PAGE, DARK_PAGE = "#ffffff", "#11161c"
SURFACE, DARK_SURFACE = "#f3f6f8", "#1d252d"
DARK_INK, DARK_FORECAST = "#e4eaf0", "#56b4e9"
# Light colour -> its dark counterpart. Figures are drawn in light colours; `in_dark` exchanges them.
_DARK: Mapping[str, str] = {
    "white": DARK_PAGE,
    PAGE: DARK_PAGE,
    INK: DARK_INK,
    MUTED: "#a3b1bd",
    GRID: "#2c3742",
    "#b8c2ca": "#4a5763",
    FORECAST: DARK_FORECAST,
    BAND: "#1f3b52",
    BAND_EDGE: "#35607f",
    PATH: "#6f93ad",
    LIMIT: "#ff6b6b",
    KEPT: "#3fc79a",
    BLOCKED: "#f0a830",
    BLOCKED_INK: "#ffc966",
    BREACH: "#ff9a9a",
    BREACH_SHADE: "rgba(255, 107, 107, 0.22)",
    ACTUAL: "#b5b5b5",
    ORIGINAL: "#93a1ae",
    LAND: "#2a343e",
    CELL_INK: DARK_INK,
    SAFE_CELL: "#1c5a45",
    BLOCKED_CELL: "#7d4e00",
    UNSAFE_CELL: "#b3323c",
    UNKNOWN_CELL: "#4a5763",
    SAVED_AREA: "rgba(43, 199, 149, 0.28)",
    "#3b5ba5": "#8ea6ea",
    "#009e73": "#2bc795",
    "#d55e00": "#f07f2e",
    "#8c6d31": "#c4a25a",
    "#555555": "#bbbbbb",
    "rgba(255, 255, 255, 0.85)": "rgba(17, 22, 28, 0.85)",
}

# Colours after Okabe and Ito, which colour-blind readers can tell apart. The symbols repeat the distinction as shapes.
_REGION_COLOURS = ("#d55e00", "#009e73", "#3b5ba5", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#555555")
_REGION_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "star", "pentagon", "hexagon", "cross")


def region_colours(fleet: Fleet) -> Mapping[str, str]:
    """Return the colour of each region, the same on every page."""
    return {region: _REGION_COLOURS[index % len(_REGION_COLOURS)] for index, region in enumerate(fleet.region_ids)}


def region_symbols(fleet: Fleet) -> Mapping[str, str]:
    """Return the marker symbol of each region, the same on every page."""
    return {region: _REGION_SYMBOLS[index % len(_REGION_SYMBOLS)] for index, region in enumerate(fleet.region_ids)}


def region_labels(fleet: Fleet) -> Mapping[str, str]:
    """Return the short name of each region: its name up to the first bracket."""
    return {region.id: region.name.split(" (")[0] for region in fleet.regions}


def figure_labels(fleet: Fleet) -> Mapping[str, str]:
    """Return the short name of each region, escaped for figures."""
    return {region: figure_text(label) for region, label in region_labels(fleet).items()}


def in_dark(figure: go.Figure) -> go.Figure:
    """Return the figure with the dark counterpart of each colour of this module."""
    return go.Figure(_exchanged(figure.to_plotly_json()), skip_invalid=True)


def _exchanged(content: Any) -> Any:
    if isinstance(content, str):
        return _DARK.get(content.lower(), content)
    if isinstance(content, dict):
        return {key: _exchanged(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_exchanged(value) for value in content]
    return content


def style_figure(figure: go.Figure, *, title: str, x_title: str, y_title: str, height: int) -> go.Figure:
    """Apply the common layout to a figure and return the figure. The legend stands between title and plot.

    Args:
        title: plain text; it is escaped here.
        x_title, y_title: titles of the axes; they are not escaped.
        height: height of the figure [px].
    """
    axis = {
        "gridcolor": GRID,
        "zeroline": False,
        "linecolor": "#b8c2ca",
        "showline": True,
        "ticks": "outside",
        "automargin": True,
    }
    figure.update_layout(
        template="none",
        height=height,
        font={"family": FONT, "size": 14, "color": INK},
        title={"text": figure_text(title), "x": 0, "xref": "paper", "y": 0.97, "yanchor": "top", "font": {"size": 17}},
        paper_bgcolor="white",
        plot_bgcolor="white",
        margin={"l": 64, "r": 16, "t": 78, "b": 50},
        legend={
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
            "font": {"size": 13},
            "traceorder": "normal",
        },
        hoverlabel={"font": {"family": FONT, "size": 13}},
    )
    figure.update_xaxes(title={"text": x_title, "standoff": 8, "font": {"size": 14}}, **axis)
    figure.update_yaxes(title={"text": y_title, "standoff": 8, "font": {"size": 14}}, **axis)
    return figure
