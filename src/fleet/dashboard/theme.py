"""Colours, fonts and names for the pages, the figures and the report."""

from collections.abc import Mapping

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
PATH = "#7fa8c4"
LIMIT = "#c1121f"
KEPT = "#00704f"
BLOCKED = "#e08e00"
BLOCKED_INK = "#7d4e00"
BLOCKED_SHADE = "rgba(230, 159, 0, 0.16)"
BREACH = "#7a0c16"
BREACH_SHADE = "rgba(193, 18, 31, 0.14)"
ACTUAL = "#6b6b6b"
ORIGINAL = "#7a8793"
OPTIMISED = "#0072b2"

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
