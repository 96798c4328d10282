"""Traces and panels that the figures of docs/twin.md share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from fleet.dashboard import theme
from fleet.units import FloatArray

PUBLISHED = "#000000"


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Position of a panel in its figure; the first row and column are 1."""

    row: int = 1
    column: int = 1

    @property
    def place(self) -> dict[str, int]:
        """Arguments of `add_scatter`."""
        return {"row": self.row, "col": self.column}


@dataclass(frozen=True, kw_only=True)
class TraceStyle:
    """Colour of a trace, and its name in the legend. A trace without a name is not in the legend."""

    colour: str
    name: str = ""

    @property
    def legend(self) -> dict[str, Any]:
        """Arguments of `add_scatter`."""
        return {"name": self.name, "showlegend": bool(self.name)}


def add_line(
    figure: go.Figure, panel: Panel, x: Any, y: Any, style: TraceStyle, *, dash: str = "solid", width: float = 2.5
) -> None:
    """Add a line."""
    line = {"color": style.colour, "width": width, "dash": dash}
    figure.add_scatter(x=x, y=y, mode="lines", line=line, **style.legend, **panel.place)


def add_band(figure: go.Figure, panel: Panel, x: Any, low: FloatArray, high: FloatArray, style: TraceStyle) -> None:
    """Add a shaded area between two curves."""
    edge = {"color": style.colour, "width": 0}
    figure.add_scatter(x=x, y=high, mode="lines", line=edge, showlegend=False, **panel.place)
    red, green, blue = (int(style.colour[first : first + 2], 16) for first in (1, 3, 5))
    shade = f"rgba({red}, {green}, {blue}, 0.2)"
    figure.add_scatter(
        x=x, y=low, mode="lines", line=edge, fill="tonexty", fillcolor=shade, **style.legend, **panel.place
    )


def add_points(
    figure: go.Figure, panel: Panel, x: Any, y: Any, style: TraceStyle, *, symbol: str, size: int = 8
) -> None:
    """Add markers."""
    marker = {"color": style.colour, "symbol": symbol, "size": size, "line": {"color": style.colour, "width": 1.5}}
    figure.add_scatter(x=x, y=y, mode="markers", marker=marker, **style.legend, **panel.place)


def add_range(
    figure: go.Figure, panel: Panel, x: float | None, values: tuple[float | None, float, float], style: TraceStyle
) -> None:
    """Add a marker at a mean with a vertical range.

    Args:
        figure, panel: where to add the trace.
        x: position; None for an entry of the legend only.
        values: mean, low end and high end; a mean of None draws nothing.
        style: colour and name.
    """
    mean, low, high = values
    error = None
    if mean is not None:
        error = {"type": "data", "symmetric": False, "array": [high - mean], "arrayminus": [mean - low], "thickness": 2}
    figure.add_scatter(
        x=[x],
        y=[mean],
        mode="markers",
        marker={"color": style.colour, "symbol": "square" if style.colour == PUBLISHED else "diamond", "size": 8},
        error_y=error,
        **style.legend,
        **panel.place,
    )


def make_panels(rows: int, columns: int, titles: Sequence[str], **options: Any) -> go.Figure:
    """Return a figure of empty panels that share their axes.

    Args:
        rows, columns: number of panels.
        titles: titles of the panels in the first row.
        options: further arguments of `make_subplots`.
    """
    return make_subplots(
        rows=rows,
        cols=columns,
        shared_xaxes=True,
        shared_yaxes=True,
        horizontal_spacing=0.025,
        vertical_spacing=0.045,
        subplot_titles=titles,
        **options,
    )


def set_look(figure: go.Figure, title: str, height: int, *, legend_rows: int = 1) -> None:
    """Give the figure the common look, with room for panel titles of two lines between legend and panels."""
    theme.style_figure(figure, title=title, x_title="", y_title="", height=height)
    figure.update_annotations(font={"size": 15, "color": theme.INK})
    top = 88 + 24 * legend_rows
    figure.update_layout(margin={"t": top}, title={"yref": "container", "y": 1 - 12 / height})
    # The position of the legend is a share of the plot height. It lies above the panel titles.
    plot_height = height - top - figure.layout.margin.b
    figure.update_layout(legend={"yref": "paper", "y": 1 + 42 / plot_height})
