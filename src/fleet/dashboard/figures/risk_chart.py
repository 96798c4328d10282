"""The hours ahead of one forecast, for one quantity in one region, against the limit."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import plotly.graph_objects as go
import polars as pl

from fleet.dashboard import theme
from fleet.domain.local_clock import LocalClock

BLOCKED = "Risk blocked"
OVER = "Forecast reaches limit"
NO_BAND = "No band"
_HALF_HOUR = timedelta(minutes=30)
_HEIGHT = 500


@dataclass(frozen=True, kw_only=True)
class _HourMark:
    """The look of the hours with one flag.

    Args:
        flag: name of the boolean column.
        text_row: row of the text at the top of the plot, so that two texts do not overlap.
    """

    flag: str
    name: str
    colour: str
    text_colour: str
    shade: str
    symbol: str
    text_row: int


_MARKS = (
    _HourMark(
        flag="is_blocked",
        name=BLOCKED,
        colour=theme.BLOCKED,
        text_colour=theme.BLOCKED_INK,
        shade=theme.BLOCKED_SHADE,
        symbol="diamond",
        text_row=0,
    ),
    _HourMark(
        flag="is_over",
        name=OVER,
        colour=theme.BREACH,
        text_colour=theme.BREACH,
        shade=theme.BREACH_SHADE,
        symbol="x",
        text_row=1,
    ),
)
_NO_BAND_ROW = 2


@dataclass(frozen=True, kw_only=True)
class RiskChart:
    """What the chart of one forecast shows.

    Args:
        title: plain text.
        quantity_label: the title of the axis without its unit, such as "Outdoor temperature".
        limit_name: name of the limit in the legend, such as "Thermal breaker".
        band_percent: confidence of the band.
        clock: the clock of the region; None shows UTC alone.
        with_actual: also draw the actual values.
        with_path: also draw the bound that holds for all hours together.
    """

    title: str
    quantity_label: str
    limit_name: str = "Limit"
    band_percent: float = 95
    clock: LocalClock | None = None
    with_actual: bool = False
    with_path: bool = False


def risk_figure(hours: pl.DataFrame, chart: RiskChart) -> go.Figure:
    """Draw forecast, band and limit, mark the hours that reach the limit, and call out the first risk-blocked hour.

    Args:
        hours: table of `data.hours_ahead` with at least one row.
    """
    figure = go.Figure()
    _add_band(figure, hours, chart)
    if chart.with_path:
        _add_path_bound(figure, hours, chart)
    _add_limit(figure, hours, chart)
    _add_forecast(figure, hours, chart)
    if chart.with_actual:
        _add_actual(figure, hours)
    theme.style_figure(
        figure, title=chart.title, x_title="Time (UTC)", y_title=f"{chart.quantity_label}, °C", height=_HEIGHT
    )
    for mark in _MARKS:
        _add_mark(figure, hours, mark)
    unbounded = _runs(hours["is_unbounded"])
    if unbounded:
        _annotate(figure, _edges(hours, max(unbounded, key=len)), NO_BAND, theme.MUTED, _NO_BAND_ROW)
    _call_out_first(figure, hours, chart.clock)
    figure.update_yaxes(range=_y_range(hours, chart))
    figure.update_xaxes(range=list(_edges(hours, range(len(hours)))))
    return _with_hours(figure, hours, chart.clock)


def _with_hours(figure: go.Figure, hours: pl.DataFrame, clock: LocalClock | None) -> go.Figure:
    """Label every second hour in UTC, and below it in the region's local time."""
    if clock is None:
        return figure.update_xaxes(tickformat="%H:%M\n%d %b %Y", nticks=13)
    times = hours["time_utc"].to_list()[::2]
    local = [f"{time:%H:%M}<br>{clock.hour(time)}" for time in times]
    name = clock.description(hours["time_utc"].to_list())
    figure.update_xaxes(tickvals=times, ticktext=local, title={"text": f"Hour in UTC; below it local time ({name})"})
    return figure.update_layout(margin={"b": 74})


def _call_out_first(figure: go.Figure, hours: pl.DataFrame, clock: LocalClock | None) -> None:
    """Say in words, with an arrow, why the first risk-blocked hour is blocked."""
    blocked = hours.filter(pl.col("is_blocked"))
    if blocked.is_empty():
        return
    first = blocked.row(0, named=True)
    is_finite = math.isfinite(first["upper"])
    bound = f"upper bound {first['upper']:.1f} °C is not" if is_finite else "but no upper bound can be given"
    local = "" if clock is None else f" ({clock.text(first['time_utc'])})"
    is_early = first["lead_h"] <= len(hours) / 2
    figure.add_annotation(
        x=first["time_utc"],
        y=first["upper"] if is_finite else first["forecast"],
        ax=70 if is_early else -70,
        ay=96,
        text=f"<b>{first['time_utc']:%H:%M} UTC</b>{local}: forecast {first['forecast']:.1f} °C is safe,<br>{bound}",
        showarrow=True,
        arrowhead=2,
        arrowcolor=theme.BLOCKED_INK,
        align="left",
        xanchor="left" if is_early else "right",
        font={"color": theme.BLOCKED_INK, "size": 14},
        bgcolor="rgba(255, 255, 255, 0.85)",
        bordercolor=theme.BLOCKED,
        borderpad=4,
    )


def _add_band(figure: go.Figure, hours: pl.DataFrame, chart: RiskChart) -> None:
    """Add a pair of lines for each run of hours with a finite band. One fill across a gap would invent a band there."""
    for number, positions in enumerate(_runs(~hours["is_unbounded"])):
        run = hours[positions[0] : positions[-1] + 1]
        for column, fill in (("lower", None), ("upper", "tonexty")):
            figure.add_scatter(
                x=run["time_utc"].to_list(),
                y=run[column].to_list(),
                name=f"{chart.band_percent:g} % band" if fill else "band, lower end",
                mode="lines",
                line={"color": theme.BAND_EDGE, "width": 1},
                fill=fill,
                fillcolor=theme.BAND,
                hoverinfo="skip",
                legendgroup="band",
                showlegend=bool(fill) and number == 0,
            )


def _add_path_bound(figure: go.Figure, hours: pl.DataFrame, chart: RiskChart) -> None:
    finite = hours.select("time_utc", pl.when(pl.col("path_upper").is_finite()).then(pl.col("path_upper")))
    if finite["path_upper"].null_count() == len(finite):
        return
    name = f"{chart.band_percent:g} % bound for all hours together"
    figure.add_scatter(
        x=finite["time_utc"].to_list(),
        y=finite["path_upper"].to_list(),
        name=name,
        mode="lines",
        line={"color": theme.PATH, "width": 1.5, "dash": "dot"},
        hovertemplate="%{x|%d %b %H:%M} UTC<br>" + name + ": %{y:.1f} °C<extra></extra>",
    )


def _add_limit(figure: go.Figure, hours: pl.DataFrame, chart: RiskChart) -> None:
    limit = hours["limit"][0]
    if limit is None:
        return
    figure.add_scatter(
        x=list(_edges(hours, range(len(hours)))),
        y=[limit, limit],
        name=f"{chart.limit_name} {limit:.1f} °C",
        mode="lines",
        line={"color": theme.LIMIT, "width": 2.5, "dash": "dash"},
        hoverinfo="skip",
    )


def _add_forecast(figure: go.Figure, hours: pl.DataFrame, chart: RiskChart) -> None:
    figure.add_scatter(
        x=hours["time_utc"].to_list(),
        y=hours["forecast"].to_list(),
        name="Forecast",
        mode="lines",
        line={"color": theme.FORECAST, "width": 3},
        customdata=hours.select("lower", "upper", "lead_h").to_numpy(),
        hovertemplate="%{x|%d %b %H:%M} UTC, lead %{customdata[2]} h<br>forecast %{y:.1f} °C<br>"
        + f"{chart.band_percent:g} % band "
        + "%{customdata[0]:.1f} to %{customdata[1]:.1f} °C<extra></extra>",
    )


def _add_actual(figure: go.Figure, hours: pl.DataFrame) -> None:
    figure.add_scatter(
        x=hours["time_utc"].to_list(),
        y=hours["actual"].to_list(),
        name="Actual",
        mode="markers",
        marker={"color": theme.ACTUAL, "size": 7},
        hovertemplate="%{x|%d %b %H:%M} UTC<br>actual %{y:.1f} °C<extra></extra>",
    )


def _add_mark(figure: go.Figure, hours: pl.DataFrame, mark: _HourMark) -> None:
    """Shade and mark the flagged hours. The longest run of such hours gets the text."""
    marked = hours.filter(pl.col(mark.flag))
    if marked.is_empty():
        return
    figure.add_scatter(
        x=marked["time_utc"].to_list(),
        y=marked["forecast"].to_list(),
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
    runs = _runs(hours[mark.flag])
    for positions in runs:
        start, end = _edges(hours, positions)
        figure.add_vrect(x0=start, x1=end, fillcolor=mark.shade, line_width=0, layer="below")
    _annotate(figure, _edges(hours, max(runs, key=len)), mark.name, mark.text_colour, mark.text_row)


def _annotate(figure: go.Figure, edges: tuple[datetime, datetime], text: str, colour: str, text_row: int) -> None:
    start, end = edges
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


def _y_range(hours: pl.DataFrame, chart: RiskChart) -> list[float]:
    """Return the range of the drawn values, with space for the texts at the top."""
    optional = [name for name, is_drawn in (("path_upper", chart.with_path), ("actual", chart.with_actual)) if is_drawn]
    columns = ("forecast", "lower", "upper", "limit", *optional)
    drawn = pl.concat([hours[column].cast(pl.Float64) for column in columns])
    values = drawn.filter(drawn.is_finite()).to_numpy()
    low, high = float(values.min()), float(values.max())
    span = max(high - low, 1.0)
    return [low - 0.05 * span, high + 0.16 * span]


def _runs(flags: pl.Series) -> list[list[int]]:
    """Return the positions of each run of neighbouring true flags."""
    groups = groupby(range(len(flags)), key=lambda position: bool(flags[position]))
    return [list(positions) for is_flagged, positions in groups if is_flagged]


def _edges(hours: pl.DataFrame, positions: Sequence[int]) -> tuple[datetime, datetime]:
    """Return the start of the first and the end of the last of these hours, widened by half an hour on each side."""
    time = hours["time_utc"]
    return time[positions[0]] - _HALF_HOUR, time[positions[-1]] + _HALF_HOUR
