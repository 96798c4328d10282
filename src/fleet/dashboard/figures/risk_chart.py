"""The next hours of one quantity in one region, against its limit."""

from datetime import datetime, timedelta
from itertools import groupby

import plotly.graph_objects as go
import polars as pl

from fleet.dashboard import theme
from fleet.dashboard.data import BAND_PERCENT

BLOCKED = "Risk blocked"
BREACH = "Forecast breach"
NO_BOUND = "No bound: too little calibration"
_HALF_HOUR = timedelta(minutes=30)


def risk_figure(hours: pl.DataFrame, *, title: str, quantity_label: str, with_actual: bool = False) -> go.Figure:
    """Forecast, band, whole-day line and limit.

    Args:
        hours: of `data.window`, at least one row.
        quantity_label: what is forecast, for the axis: "Outdoor temperature".
        with_actual: also show what really happened.
    """
    figure = go.Figure()
    time = hours["time_utc"].to_list()
    _add_band(figure, hours)
    _add_line(figure, hours, "path_upper", f"{BAND_PERCENT} % sure it stays below this all day", theme.PATH, "dot", 1.5)
    limit = hours["limit"][0]
    if limit is not None:
        figure.add_scatter(
            x=[time[0] - _HALF_HOUR, time[-1] + _HALF_HOUR],
            y=[limit, limit],
            name=f"Limit {limit:.1f} °C",
            mode="lines",
            line={"color": theme.LIMIT, "width": 2.5, "dash": "dash"},
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=time,
        y=hours["forecast"].to_list(),
        name="Forecast",
        mode="lines",
        line={"color": theme.FORECAST, "width": 3},
        customdata=hours.select("lower", "upper", "lead_h").to_numpy(),
        hovertemplate="%{x|%d %b %H:%M} UTC, %{customdata[2]} h ahead<br>forecast %{y:.1f} °C<br>"
        + f"{BAND_PERCENT} % band "
        + "%{customdata[0]:.1f} to %{customdata[1]:.1f} °C<extra></extra>",
    )
    if with_actual:
        figure.add_scatter(
            x=time,
            y=hours["actual"].to_list(),
            name="What really happened",
            mode="markers",
            marker={"color": theme.ACTUAL, "size": 7},
            hovertemplate="%{x|%d %b %H:%M} UTC<br>really %{y:.1f} °C<extra></extra>",
        )
    theme.dress(figure, title=title, x_title="Time (UTC)", y_title=f"{quantity_label}, °C", height=500)
    _mark(
        figure,
        hours,
        "blocked",
        BLOCKED,
        (theme.BLOCKED, theme.BLOCKED_INK, theme.BLOCKED_SHADE),
        symbol="diamond",
        level=0,
    )
    _mark(figure, hours, "breach", BREACH, (theme.BREACH, theme.BREACH, theme.BREACH_SHADE), symbol="x", level=1)
    _mark_unbounded(figure, hours)
    figure.update_yaxes(range=_room_for_words(hours, with_actual=with_actual))
    figure.update_xaxes(range=[time[0] - _HALF_HOUR, time[-1] + _HALF_HOUR], tickformat="%H:%M\n%d %b %Y", nticks=13)
    return figure


def _add_band(figure: go.Figure, hours: pl.DataFrame) -> None:
    """One pair of lines for each run of hours with a finite band: filling across a gap would invent a bound."""
    first = True
    for unbounded, positions in _runs(hours["unbounded"]):
        if unbounded:
            continue
        part = hours[positions[0] : positions[-1] + 1]
        for column, fill in (("lower", None), ("upper", "tonexty")):
            figure.add_scatter(
                x=part["time_utc"].to_list(),
                y=part[column].to_list(),
                name=f"{BAND_PERCENT} % band" if fill else "band, lower end",
                mode="lines",
                line={"color": theme.BAND_EDGE, "width": 1},
                fill=fill,
                fillcolor=theme.BAND,
                hoverinfo="skip",
                legendgroup="band",
                showlegend=bool(fill) and first,
            )
        first = False


def _add_line(
    figure: go.Figure, hours: pl.DataFrame, column: str, name: str, colour: str, dash: str, width: float
) -> None:
    known = hours.with_columns(pl.when(pl.col(column).is_finite()).then(pl.col(column)))
    if known[column].null_count() == len(known):
        return
    figure.add_scatter(
        x=known["time_utc"].to_list(),
        y=known[column].to_list(),
        name=name,
        mode="lines",
        line={"color": colour, "width": width, "dash": dash},
        hovertemplate="%{x|%d %b %H:%M} UTC<br>" + name + ": %{y:.1f} °C<extra></extra>",
    )


def _mark(
    figure: go.Figure,
    hours: pl.DataFrame,
    flag: str,
    name: str,
    colours: tuple[str, str, str],
    *,
    symbol: str,
    level: int,
) -> None:
    """Shade and mark the flagged hours; the longest run carries the words.

    Args:
        colours: of markers, words and shade.
        level: keeps two kinds of words apart.
    """
    colour, ink, shade = colours
    marked = hours.filter(pl.col(flag))
    if marked.is_empty():
        return
    figure.add_scatter(
        x=marked["time_utc"].to_list(),
        y=marked["forecast"].to_list(),
        name=f"{name} ({len(marked)} h)",
        mode="markers",
        marker={"color": colour, "size": 11, "symbol": symbol, "line": {"color": "white", "width": 1}},
        hoverinfo="skip",
    )
    runs = [positions for flagged, positions in _runs(hours[flag]) if flagged]
    for positions in runs:
        start, end = _edges(hours, positions)
        figure.add_vrect(x0=start, x1=end, fillcolor=shade, line_width=0, layer="below")
    _annotate(figure, _edges(hours, max(runs, key=len)), name, ink, level)


def _mark_unbounded(figure: go.Figure, hours: pl.DataFrame) -> None:
    runs = [positions for unbounded, positions in _runs(hours["unbounded"]) if unbounded]
    if runs:
        _annotate(figure, _edges(hours, max(runs, key=len)), NO_BOUND, theme.MUTED, level=2)


def _annotate(figure: go.Figure, edges: tuple[datetime, datetime], text: str, colour: str, level: int) -> None:
    start, end = edges
    figure.add_annotation(
        x=start + (end - start) / 2,
        y=1,
        yref="paper",
        yanchor="top",
        yshift=-4 - 24 * level,
        text=f"<b>{text}</b>",
        showarrow=False,
        font={"color": colour, "size": 14},
        bgcolor="rgba(255, 255, 255, 0.85)",
    )


def _room_for_words(hours: pl.DataFrame, *, with_actual: bool) -> list[float]:
    """The range of what is drawn, with room at the top for the words."""
    columns = ("forecast", "lower", "upper", "path_upper", "limit", *(("actual",) if with_actual else ()))
    drawn = pl.concat([hours[column].cast(pl.Float64) for column in columns])
    values = drawn.filter(drawn.is_finite()).to_numpy()
    low, high = float(values.min()), float(values.max())
    span = max(high - low, 1.0)
    return [low - 0.05 * span, high + 0.16 * span]


def _runs(flags: pl.Series) -> list[tuple[bool, list[int]]]:
    """Neighbouring positions with the same flag."""
    grouped = groupby(range(len(flags)), key=lambda position: bool(flags[position]))
    return [(flagged, list(positions)) for flagged, positions in grouped]


def _edges(hours: pl.DataFrame, positions: list[int]) -> tuple[datetime, datetime]:
    time = hours["time_utc"]
    return time[positions[0]] - _HALF_HOUR, time[positions[-1]] + _HALF_HOUR
