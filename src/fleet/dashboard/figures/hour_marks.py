"""The hours that a chart of one forecast marks: risk blocked, band reaches the limit, forecast reaches the limit."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import plotly.graph_objects as go
import polars as pl

from fleet.dashboard import theme

BLOCKED = "Risk blocked"
REACHED = "Band reaches limit"
OVER = "Forecast reaches limit"
_HALF_HOUR = timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True)
class HourMark:
    """The look of the hours with one flag.

    Args:
        flag: name of the boolean column. A table without it has no such hours.
        shade: colour behind the hours; empty for no shade and no text at the top.
        text_row: row of the text at the top of the plot, so that two texts do not overlap.
        on: column of the line on which the symbols stand.
    """

    flag: str
    name: str
    colour: str
    text_colour: str
    shade: str
    symbol: str
    text_row: int
    on: str = "forecast"


MARKS = (
    HourMark(
        flag="is_reached",
        name=REACHED,
        colour=theme.PAGE,
        text_colour=theme.BLOCKED_INK,
        shade="",
        symbol="triangle-up",
        text_row=0,
        on="upper",
    ),
    HourMark(
        flag="is_blocked",
        name=BLOCKED,
        colour=theme.BLOCKED,
        text_colour=theme.BLOCKED_INK,
        shade=theme.BLOCKED_SHADE,
        symbol="diamond",
        text_row=0,
    ),
    HourMark(
        flag="is_over",
        name=OVER,
        colour=theme.BREACH,
        text_colour=theme.BREACH,
        shade=theme.BREACH_SHADE,
        symbol="x",
        text_row=1,
    ),
)


def add_mark(figure: go.Figure, hours: pl.DataFrame, mark: HourMark) -> None:
    """Shade and mark the flagged hours. The longest run of such hours gets the text."""
    if mark.flag not in hours.columns or not hours[mark.flag].any():
        return
    marked = hours.filter(pl.col(mark.flag))
    limit = hours["limit"][0]
    figure.add_scatter(
        x=marked["time_utc"].to_list(),
        # An infinite end of the band has no place in the plot; its limit has one.
        y=[value if math.isfinite(value) else limit for value in marked[mark.on]],
        name=f"{mark.name} ({len(marked)} h)",
        mode="markers",
        marker={
            "color": mark.colour,
            "size": 11,
            "symbol": mark.symbol,
            "line": {"color": mark.text_colour, "width": 1},
        },
        hoverinfo="skip",
    )
    if not mark.shade:
        return
    marked_runs = runs(hours[mark.flag])
    for positions in marked_runs:
        start, end = edges(hours, positions)
        figure.add_vrect(x0=start, x1=end, fillcolor=mark.shade, line_width=0, layer="below")
    annotate(figure, edges(hours, max(marked_runs, key=len)), mark.name, mark.text_colour, mark.text_row)


def annotate(figure: go.Figure, between: tuple[datetime, datetime], text: str, colour: str, text_row: int) -> None:
    start, end = between
    figure.add_annotation(
        x=start + (end - start) / 2,
        y=1,
        yref="paper",
        yanchor="top",
        yshift=-4 - 24 * text_row,
        text=f"<b>{text}</b>",
        showarrow=False,
        font={"color": colour, "size": 14},
        bgcolor="rgba(255, 255, 255, 0.85)",
    )


def first_called_out(hours: pl.DataFrame) -> dict[str, Any] | None:
    """Return the first hour in which the band reaches the limit and the forecast does not; None if there is none.

    A risk-blocked hour comes before all others.
    """
    reached = hours.filter(pl.col("is_reached"))
    if "is_blocked" in reached.columns:
        reached = reached.sort(~pl.col("is_blocked"), "lead_h")
    return None if reached.is_empty() else reached.row(0, named=True)


def runs(flags: pl.Series) -> list[list[int]]:
    """Return the positions of each run of neighbouring true flags."""
    groups = groupby(range(len(flags)), key=lambda position: bool(flags[position]))
    return [list(positions) for is_flagged, positions in groups if is_flagged]


def edges(hours: pl.DataFrame, positions: Sequence[int]) -> tuple[datetime, datetime]:
    """Return the start of the first and the end of the last of these hours, widened by half an hour on each side."""
    time = hours["time_utc"]
    return time[positions[0]] - _HALF_HOUR, time[positions[-1]] + _HALF_HOUR
