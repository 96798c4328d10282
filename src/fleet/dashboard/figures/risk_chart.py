"""The hours ahead of one forecast, for one quantity in one region, against the limit."""

import math
from dataclasses import dataclass

import plotly.graph_objects as go
import polars as pl

from fleet.dashboard import theme
from fleet.dashboard.figures.hour_marks import MARKS, add_mark, annotate, edges, first_called_out, runs
from fleet.domain.local_clock import LocalClock

NO_BAND = "No band"
_HEIGHT = 500


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
    """Draw forecast, band and limit, mark the hours that reach the limit, and call out the first of them.

    Args:
        hours: table of `data.hours_ahead` with at least one row. With the columns of `data.with_states`, the risk
            blocked hours are marked too, and the first of them is called out.
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
    for mark in MARKS:
        add_mark(figure, hours, mark)
    unbounded = runs(hours["is_unbounded"])
    if unbounded:
        annotate(figure, edges(hours, max(unbounded, key=len)), NO_BAND, theme.MUTED, _NO_BAND_ROW)
    _call_out_first(figure, hours, chart.clock)
    figure.update_yaxes(range=_y_range(hours, chart))
    figure.update_xaxes(range=list(edges(hours, range(len(hours)))))
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
    """Say in words, with an arrow, how the band reaches the limit: in the first risk-blocked hour, if there is one."""
    first = first_called_out(hours)
    if first is None:
        return
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
    for number, positions in enumerate(runs(~hours["is_unbounded"])):
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
        x=list(edges(hours, range(len(hours)))),
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


def _y_range(hours: pl.DataFrame, chart: RiskChart) -> list[float]:
    """Return the range of the drawn values, with space for the texts at the top."""
    optional = [name for name, is_drawn in (("path_upper", chart.with_path), ("actual", chart.with_actual)) if is_drawn]
    columns = ("forecast", "lower", "upper", "limit", *optional)
    drawn = pl.concat([hours[column].cast(pl.Float64) for column in columns])
    values = drawn.filter(drawn.is_finite()).to_numpy()
    low, high = float(values.min()), float(values.max())
    span = max(high - low, 1.0)
    return [low - 0.05 * span, high + 0.16 * span]
