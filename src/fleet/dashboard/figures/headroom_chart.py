"""What may still be added in each region and hour, coloured by the limit that says so."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from fleet.dashboard import theme
from fleet.domain import clock
from fleet.domain.conditions import Limit
from fleet.domain.headroom_curve import HeadroomCurve
from fleet.domain.region import Fleet

AT_THE_FORECAST = "Believing the forecast"
RESERVED = "Held by earlier approvals, below the line"
_MEANINGS = {
    Limit.OUTDOOR: "outdoor throttle",
    Limit.INLET: "inlet breaker",
    Limit.IT: "installed IT power",
    Limit.COOLING: "cooling capacity",
    Limit.GRID: "grid limit",
    Limit.CONTROLLER: "controller: closed after breaches",
    Limit.UNKNOWN: "no bound can be given",
}
# On these colours dark words are read better than white ones.
_LIGHT = {Limit.INLET, Limit.COOLING, Limit.GRID}
_HOUR_MS = 3_600_000
_BAR_MS = 0.9 * _HOUR_MS
_PANEL_PX, _GAP_PX, _ABOVE_PX, _BELOW_PX = 190, 52, 142, 62


def headroom_figure(curve: HeadroomCurve, fleet: Fleet, regions: Sequence[str]) -> go.Figure:
    """One panel a region, its hours as bars from zero up to the headroom."""
    count, labels = len(regions), theme.region_labels(fleet)
    inner = count * _PANEL_PX + (count - 1) * _GAP_PX
    figure = make_subplots(
        rows=count,
        cols=1,
        shared_xaxes=True,
        vertical_spacing=_GAP_PX / inner,
        subplot_titles=[f"<b>{labels[name]}</b>: {_in_words(curve, name)}" for name in regions],
    )
    for limit, (row, name) in product(_MEANINGS, enumerate(regions, 1)):
        _add_bars(figure, curve, curve.region_ids.index(name), limit, row)
    for row, name in enumerate(regions, 1):
        _add_reserved(figure, curve, curve.region_ids.index(name), row)
        _add_forecast(figure, curve, curve.region_ids.index(name), row)
    _name_once(figure)
    title = f"Headroom of {curve.duration_h} h windows, {100 * curve.confidence:g} % sure"
    theme.dress(figure, title=title, x_title="", y_title="MW", height=inner + _ABOVE_PX + _BELOW_PX)
    said = (
        "Bars: the most that a job starting in that hour may add; a square where nothing may be. "
        f"Colour: the limit that leaves least. Known: hours to {clock.iso(curve.origin_utc)}."
    )
    figure.update_layout(
        barmode="overlay",
        margin={"t": _ABOVE_PX, "b": _BELOW_PX},
        title={"subtitle": {"text": said, "font": {"size": 14, "color": theme.MUTED}}},
        legend={"y": 1 + 32 / inner},
    )
    figure.update_annotations(x=0, xanchor="left", font={"size": 14, "color": theme.INK})
    times = curve.start_utc.astype("datetime64[ms]")
    figure.update_xaxes(
        range=[str(times[0]), str(times[-1] + np.timedelta64(_HOUR_MS, "ms"))], tickformat="%H:%M\n%d %b %Y", nticks=13
    )
    figure.update_xaxes(title_text="Start of the window (UTC)", row=count, col=1)
    figure.update_yaxes(rangemode="tozero", zeroline=True, zerolinecolor=theme.INK, zerolinewidth=1)
    return figure


def _name_of(limit: Limit) -> str:
    meaning = _MEANINGS[limit]
    return meaning[0].upper() + meaning[1:]


def _in_words(curve: HeadroomCurve, region: str) -> str:
    at = curve.region_ids.index(region)
    hour = int(curve.headroom_mw[at].argmin())
    least, limit = curve.headroom_mw[at, hour], Limit[curve.binding[at][hour].limit.upper()]
    when = f"{curve.start_utc[hour].item():%H:%M}"
    return f"least {least:.1f} MW at {when} ({_MEANINGS[limit]}), most {curve.headroom_mw[at].max():.1f} MW"


def _in_full(curve: HeadroomCurve, at: int, hour: int) -> str:
    binding = curve.binding[at][hour]
    said = f"from {clock.iso(curve.start_utc[hour])}<br><b>{curve.headroom_mw[at, hour]:.1f} MW</b> may be added"
    if binding.limit == Limit.UNKNOWN.label:
        return said
    reach = f"bound {binding.bound:.1f} of {binding.limit_value:.1f} {binding.unit}"
    return f"{said}<br>{reach}, at {curve.level[at, hour]:.2f} margins"


def _add_bars(figure: go.Figure, curve: HeadroomCurve, at: int, limit: Limit, row: int) -> None:
    hours = [hour for hour, binding in enumerate(curve.binding[at]) if binding.limit == limit.label]
    if not hours:
        return
    colour = theme.LIMIT_COLOURS[limit.label]
    times, mw = curve.start_utc[hours], curve.headroom_mw[at, hours]
    words = [_in_full(curve, at, hour) for hour in hours]
    look = {"name": _name_of(limit), "hoverinfo": "text+name", "legendgroup": limit.label}
    hatch = {"shape": theme.LIMIT_HATCHES[limit.label], "bgcolor": colour, "fgcolor": "white", "fgopacity": 0.4}
    figure.add_bar(
        x=times.tolist(),
        y=mw.tolist(),
        width=_BAR_MS,
        offset=0,
        marker={"color": colour, "pattern": {**hatch, "size": 8, "solidity": 0.15}},
        text=[f"{each:.1f}" if each else "" for each in mw],
        hovertext=words,
        textposition="auto",
        textangle=0,
        insidetextfont={"color": theme.INK if limit in _LIGHT else "white"},
        outsidetextfont={"color": theme.INK},
        row=row,
        col=1,
        **look,
    )
    # A bar of no height has no colour to be read.
    full = mw == 0
    if full.any():
        figure.add_scatter(
            x=(times[full] + np.timedelta64(int(_BAR_MS / 2), "ms")).tolist(),
            y=mw[full].tolist(),
            mode="markers",
            marker={"color": colour, "size": 11, "symbol": "square", "line": {"color": "white", "width": 1}},
            hovertext=[said for said, none in zip(words, full, strict=True) if none],
            cliponaxis=False,
            row=row,
            col=1,
            **look,
        )


def _add_reserved(figure: go.Figure, curve: HeadroomCurve, at: int, row: int) -> None:
    (hours,) = np.nonzero(curve.reserved_mw[at])
    if not hours.size:
        return
    held = curve.reserved_mw[at, hours]
    figure.add_bar(
        x=curve.start_utc[hours].tolist(),
        y=(-held).tolist(),
        name=RESERVED,
        width=_BAR_MS,
        offset=0,
        marker={"color": theme.GRID, "line": {"color": theme.MUTED, "width": 1}},
        text=[f"{each:.1f}" for each in held],
        textposition="auto",
        textangle=0,
        textfont={"color": theme.INK},
        hovertemplate="from %{x|%d %b %H:%M} UTC<br>%{text} MW held by earlier approvals<extra></extra>",
        legendgroup="reserved",
        row=row,
        col=1,
    )


def _add_forecast(figure: go.Figure, curve: HeadroomCurve, at: int, row: int) -> None:
    mw = curve.forecast_headroom_mw[at].tolist()
    times = curve.start_utc
    figure.add_scatter(
        # The last hour lasts as long as the others.
        x=[*times.tolist(), (times[-1] + np.timedelta64(1, "h")).item()],
        y=[*mw, mw[-1]],
        name=AT_THE_FORECAST,
        mode="lines",
        line={"color": theme.INK, "width": 1.3, "shape": "hv"},
        hovertemplate="%{y:.1f} MW believing the forecast<extra></extra>",
        legendgroup="forecast",
        row=row,
        col=1,
    )


def _name_once(figure: go.Figure) -> None:
    """The legend holds each name once, however many panels show it."""
    named: set[str] = set()
    for trace in figure.data:
        trace.showlegend = trace.name not in named
        named.add(trace.name)
