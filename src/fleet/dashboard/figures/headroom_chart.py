"""The headroom of each region by start hour, coloured by the limit that binds."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from fleet.dashboard import theme
from fleet.dashboard.time_text import hour_text
from fleet.domain.decision import told_apart
from fleet.domain.headroom_curve import HeadroomCurve
from fleet.domain.limit import UNKNOWN, Limit
from fleet.domain.local_clock import LocalClock, local_clocks
from fleet.domain.region import Fleet
from fleet.physics.limits import LIMITS

AT_FORECAST = "Headroom at the forecast"
RESERVED = "Reserved by earlier approvals (below zero)"
# UNKNOWN is the first of LIMITS, and the last in the legend.
_LEGEND_ORDER = (*(limit for limit in LIMITS if limit != UNKNOWN), UNKNOWN)
_HOUR_MS = 3_600_000
_BAR_MS = 0.9 * _HOUR_MS
_PANEL_PX, _GAP_PX, _ABOVE_PX, _BELOW_PX = 190, 52, 168, 62


def headroom_figure(curve: HeadroomCurve, fleet: Fleet, regions: Sequence[str]) -> go.Figure:
    """Draw one panel per region, with a bar from zero to the headroom for each start hour.

    Args:
        regions: ids of the regions to draw.
    """
    count, labels, clocks = len(regions), theme.figure_labels(fleet), local_clocks(fleet)
    inner_px = count * _PANEL_PX + (count - 1) * _GAP_PX
    figure = make_subplots(
        rows=count,
        cols=1,
        shared_xaxes=True,
        vertical_spacing=_GAP_PX / inner_px,
        subplot_titles=[f"<b>{labels[name]}</b>: {_panel_title(curve, name, clocks[name])}" for name in regions],
    )
    for limit, (row, name) in product(_LEGEND_ORDER, enumerate(regions, 1)):
        _add_bars(figure, curve, (name, clocks[name]), limit, row)
    for row, name in enumerate(regions, 1):
        _add_reserved(figure, curve, curve.region_ids.index(name), row)
        _add_forecast(figure, curve, curve.region_ids.index(name), row)
    _show_each_name_once(figure)
    # A recorded hour does not hold its confidence.
    sure = f", {100 * curve.confidence:g} % sure" if np.isfinite(curve.confidence) else ""
    title = f"Headroom of {curve.duration_h} h windows{sure}"
    theme.style_figure(figure, title=title, x_title="", y_title="MW", height=inner_px + _ABOVE_PX + _BELOW_PX)
    subtitle = (
        "Bar: the power that a job with this start may add. Square: no headroom. Colour: the binding limit. "
        f"Values are known up to {hour_text(curve.origin_utc)}."
    )
    figure.update_layout(
        barmode="overlay",
        margin={"t": _ABOVE_PX, "b": _BELOW_PX},
        title={"subtitle": {"text": subtitle, "font": {"size": 14, "color": theme.MUTED}}},
        legend={"y": 1 + 32 / inner_px},
    )
    figure.update_annotations(x=0, xanchor="left", font={"size": 14, "color": theme.INK})
    times = curve.start_utc.astype("datetime64[ms]")
    figure.update_xaxes(
        range=[str(times[0]), str(times[-1] + np.timedelta64(_HOUR_MS, "ms"))], tickformat="%H:%M\n%d %b %Y", nticks=13
    )
    figure.update_xaxes(title_text="Start of the window (UTC)", row=count, col=1)
    figure.update_yaxes(rangemode="tozero", zeroline=True, zerolinecolor=theme.INK, zerolinewidth=1)
    return figure


def _panel_title(curve: HeadroomCurve, name: str, local: LocalClock) -> str:
    region = curve.region_ids.index(name)
    start = int(curve.headroom_mw[region].argmin())
    least_mw, limit = curve.headroom_mw[region, start], curve.binding[region][start].limit
    time = f"{curve.start_utc[start].item():%H:%M} UTC, {local.text_at(curve.start_utc[start])}"
    return f"least {least_mw:.1f} MW at {time} ({limit.title}), most {curve.headroom_mw[region].max():.1f} MW"


def _hover_text(curve: HeadroomCurve, region: int, start: int, local: LocalClock) -> str:
    binding = curve.binding[region][start]
    hour = curve.start_utc[start]
    when = f"from {hour_text(hour)} ({local.text_at(hour)})"
    text = f"{when}<br><b>{curve.headroom_mw[region, start]:.1f} MW</b> may be added"
    if not binding.is_stated:
        return text
    unit = binding.unit.replace("degC", "°C")
    bound, limit = told_apart(binding.bound, binding.limit_value)
    values = f"bound {bound} {unit}, limit {limit} {unit}"
    weather, load = curve.weather_level[region, start], curve.load_level[region, start]
    # A recorded hour does not hold its levels.
    levels = f", weather level {weather:.2f}, load level {load:.2f}" if np.isfinite([weather, load]).all() else ""
    return f"{text}<br>{values}{levels}"


def _add_bars(figure: go.Figure, curve: HeadroomCurve, place: tuple[str, LocalClock], limit: Limit, row: int) -> None:
    """Add the bars of the starts at which this limit binds, and a square where the bar has no height.

    Args:
        place: id and clock of the region.
    """
    name, local = place
    region = curve.region_ids.index(name)
    starts = [start for start, binding in enumerate(curve.binding[region]) if binding.limit == limit]
    if not starts:
        return
    times, headroom_mw = curve.start_utc[starts], curve.headroom_mw[region, starts]
    hover_texts = [_hover_text(curve, region, start, local) for start in starts]
    common = {
        "name": limit.title[0].upper() + limit.title[1:],
        "hoverinfo": "text+name",
        "legendgroup": limit.label,
        "row": row,
        "col": 1,
    }
    pattern = {"shape": limit.hatch, "bgcolor": limit.colour, "fgcolor": "white", "fgopacity": 0.4}
    figure.add_bar(
        x=times.tolist(),
        y=headroom_mw.tolist(),
        width=_BAR_MS,
        offset=0,
        marker={"color": limit.colour, "pattern": {**pattern, "size": 8, "solidity": 0.15}},
        text=[f"{mw:.1f}" if mw else "" for mw in headroom_mw],
        hovertext=hover_texts,
        textposition="auto",
        textangle=0,
        insidetextfont={"color": theme.INK if limit.dark_text else "white"},
        outsidetextfont={"color": theme.INK},
        **common,
    )
    is_zero = headroom_mw == 0
    if is_zero.any():
        figure.add_scatter(
            x=(times[is_zero] + np.timedelta64(int(_BAR_MS / 2), "ms")).tolist(),
            y=headroom_mw[is_zero].tolist(),
            mode="markers",
            marker={"color": limit.colour, "size": 11, "symbol": "square", "line": {"color": "white", "width": 1}},
            hovertext=[text for text, zero in zip(hover_texts, is_zero, strict=True) if zero],
            cliponaxis=False,
            **common,
        )


def _add_reserved(figure: go.Figure, curve: HeadroomCurve, region: int, row: int) -> None:
    (starts,) = np.nonzero(curve.reserved_mw[region])
    if not starts.size:
        return
    reserved_mw = curve.reserved_mw[region, starts]
    figure.add_bar(
        x=curve.start_utc[starts].tolist(),
        y=(-reserved_mw).tolist(),
        name=RESERVED,
        width=_BAR_MS,
        offset=0,
        marker={"color": theme.GRID, "line": {"color": theme.MUTED, "width": 1}},
        text=[f"{mw:.1f}" for mw in reserved_mw],
        textposition="auto",
        textangle=0,
        textfont={"color": theme.INK},
        hovertemplate="from %{x|%d %b %H:%M} UTC<br>%{text} MW reserved by earlier approvals<extra></extra>",
        legendgroup="reserved",
        row=row,
        col=1,
    )


def _add_forecast(figure: go.Figure, curve: HeadroomCurve, region: int, row: int) -> None:
    headroom_mw = curve.forecast_headroom_mw[region].tolist()
    times = curve.start_utc
    figure.add_scatter(
        # One more point, so that the step of the last start is also an hour long.
        x=[*times.tolist(), (times[-1] + np.timedelta64(1, "h")).item()],
        y=[*headroom_mw, headroom_mw[-1]],
        name=AT_FORECAST,
        mode="lines",
        line={"color": theme.INK, "width": 1.3, "shape": "hv"},
        hovertemplate="%{y:.1f} MW at the forecast<extra></extra>",
        legendgroup="forecast",
        row=row,
        col=1,
    )


def _show_each_name_once(figure: go.Figure) -> None:
    """Show each name once in the legend, although several panels have it."""
    names: set[str] = set()
    for trace in figure.data:
        trace.showlegend = trace.name not in names
        names.add(trace.name)
