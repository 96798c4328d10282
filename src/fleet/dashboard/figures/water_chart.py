"""Carbon against water: one dot per region, one frame per hour, with wind and sun of one region below the slider."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import plotly.graph_objects as go
import polars as pl

from fleet.dashboard import theme
from fleet.dashboard.literal import figure_text
from fleet.domain.local_clock import LocalClock
from fleet.domain.region import Fleet

# Plotly checks each trace when it enters a figure. As a dictionary, it is checked once.
Trace = dict[str, Any]
_FRAME_MS = 450
_SMALLEST_DOT, _LARGEST_DOT = 16.0, 44.0
_TRAIL_H = 4
# Heights from top to bottom: the chart, its axis with the buttons and the slider, the chart of wind and sun.
_CHART_PX, _SLIDER_PX, _POWER_PX = 340, 172, 80
_TOP_PX, _BOTTOM_PX = 92, 34
_BUTTONS_PX = 140
# Below the chart, the slider begins this far, so that it never covers the title of the axis.
_BELOW_AXIS_PX = 58
_POWER: Mapping[str, tuple[str, str, str]] = {
    "wind": ("Wind", theme.FORECAST, "solid"),
    "sun": ("Sun", theme.BLOCKED, "dot"),
}


@dataclass(frozen=True, kw_only=True)
class LocalHours:
    """The region whose local hours and whose wind and sun the animation shows.

    Args:
        label: name of the region.
        clock: the clock of the region.
        wind_and_sun: table with time_utc, wind and sun (shares of the day's highest value); None if not known.
    """

    label: str
    clock: LocalClock
    wind_and_sun: pl.DataFrame | None = None


def scatter_figure(hours: pl.DataFrame, fleet: Fleet, *, title: str, local: LocalHours | None = None) -> go.Figure:
    """Draw the hours of a day as an animation with fixed axes, each dot with a trail of the last hours.

    A region whose carbon or water is unknown in an hour stays in the frame, without a dot.

    Args:
        hours: table of `data.hours_of_day` that has every region in every hour.
        local: None shows UTC alone, without wind and sun.
    """
    times = hours["time_utc"].unique().sort().to_list()
    regions = {region: hours.filter(pl.col("region") == region) for region in fleet.region_ids}
    largest_mw = float(hours.select(pl.col("load_mw").max()).item() or 1.0)
    power = None if local is None else local.wind_and_sun
    still = [_path(rows, region, fleet) for region, rows in regions.items()]
    if power is not None:
        still += [_power_line(power, name) for name in _POWER]
    frames = []
    for hour, time in enumerate(times):
        moving = [_dot(rows, hour, region, fleet, largest_mw) for region, rows in regions.items()]
        moving += [_trail(rows, hour, region, fleet) for region, rows in regions.items()]
        frames.append(moving if power is None else [*moving, _cursor(time)])
    figure = go.Figure(data=[*still, *frames[0]])
    names = [f"{time:%H:%M}" for time in times]
    figure.frames = [
        go.Frame(name=name, data=frame, traces=list(range(len(still), len(still) + len(frame))))
        for name, frame in zip(names, frames, strict=True)
    ]
    _lay_out(figure, hours, title, has_power=power is not None)
    labels = names if local is None else [f"{time:%H:%M} ({local.clock.hour(time)})" for time in times]
    prefix = "Hour in UTC" if local is None else _clock_prefix(times, local)
    return _with_controls(figure, names, labels, prefix)


def _lay_out(figure: go.Figure, hours: pl.DataFrame, title: str, *, has_power: bool) -> None:
    """Set axes and heights. Plotly wants shares of the height between the margins, counted from below."""
    inner_px = _CHART_PX + _SLIDER_PX + (_POWER_PX if has_power else 0)
    theme.style_figure(
        figure,
        title=title,
        x_title="Carbon intensity of the grid, g CO₂ per kWh",
        y_title="Water use of the region, L per hour",
        height=_TOP_PX + inner_px + _BOTTOM_PX,
    )
    figure.update_xaxes(range=_padded(hours["carbon_g_per_kwh"], 0.12), autorange=False)
    figure.update_yaxes(range=_padded(hours["water_l"], 0.12), autorange=False, tickformat=",")
    figure.update_layout(
        margin={"t": _TOP_PX, "b": _BOTTOM_PX},
        yaxis={"domain": [1 - _CHART_PX / inner_px, 1]},
        xaxis={"anchor": "y"},
        showlegend=True,
        legend={"itemsizing": "constant"},
    )
    if has_power:
        small = {"showgrid": False, "ticks": "outside", "linecolor": "#b8c2ca", "showline": True}
        times = hours["time_utc"].unique().sort()
        figure.update_layout(
            yaxis2={"domain": [0, _POWER_PX / inner_px], "anchor": "x2", "range": [0, 1.08], "visible": False},
            xaxis2={**small, "anchor": "y2", "range": [times[0], times[-1]], "tickformat": "%H:%M", "nticks": 13},
        )


def _clock_prefix(times: Sequence[datetime], local: LocalHours) -> str:
    return f"Hour in UTC, in brackets local time of {figure_text(local.label)} ({local.clock.description(times)})"


def _with_controls(figure: go.Figure, names: Sequence[str], labels: Sequence[str], prefix: str) -> go.Figure:
    chart_share = figure.layout.yaxis.domain[0]
    inner_px = _CHART_PX / (1 - chart_share)
    y = chart_share - _BELOW_AXIS_PX / inner_px
    return figure.update_layout(updatemenus=[_buttons(y)], sliders=[_slider(names, labels, f"{prefix}: ", y)])


def _dot(rows: pl.DataFrame, hour: int, region: str, fleet: Fleet, largest_mw: float) -> Trace:
    row = rows.row(hour, named=True)
    label = theme.figure_labels(fleet)[region]
    load_mw = row["load_mw"]
    share = 0.0 if load_mw is None else max(load_mw, 0.0) / largest_mw
    return {
        "x": [row["carbon_g_per_kwh"]],
        "y": [row["water_l"]],
        "name": label,
        "mode": "markers+text",
        "text": [label],
        "textposition": "top center",
        "textfont": {"size": 14, "color": theme.INK},
        "marker": {
            "color": theme.region_colours(fleet)[region],
            "symbol": theme.region_symbols(fleet)[region],
            # The area of a dot, not its width, grows with the load.
            "size": _SMALLEST_DOT + (_LARGEST_DOT - _SMALLEST_DOT) * share**0.5,
            "opacity": 0.9,
            "line": {"color": "white", "width": 1.5},
        },
        "cliponaxis": False,
        "customdata": [[load_mw, row["job_mw"], row["temperature_c"]]],
        "hovertemplate": f"<b>{label}</b><br>"
        "carbon %{x:,.0f} g per kWh<br>water %{y:,.0f} L per hour<br>IT load %{customdata[0]:.1f} MW, "
        "of which jobs %{customdata[1]:.1f} MW<br>outdoor %{customdata[2]:.1f} °C<extra></extra>",
    }


def _trail(rows: pl.DataFrame, hour: int, region: str, fleet: Fleet) -> Trace:
    """Return where the dot was in the last hours."""
    return _line(rows[max(hour - _TRAIL_H, 0) : hour + 1], region, fleet, width=4, opacity=0.55)


def _path(rows: pl.DataFrame, region: str, fleet: Fleet) -> Trace:
    """Return the path of a region's dot over the day."""
    return _line(rows, region, fleet, width=1.5, opacity=0.3)


def _line(rows: pl.DataFrame, region: str, fleet: Fleet, *, width: float, opacity: float) -> Trace:
    return {
        "x": rows["carbon_g_per_kwh"].to_list(),
        "y": rows["water_l"].to_list(),
        "mode": "lines",
        "line": {"color": theme.region_colours(fleet)[region], "width": width},
        "opacity": opacity,
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _power_line(power: pl.DataFrame, column: str) -> Trace:
    name, colour, dash = _POWER[column]
    return {
        "x": power["time_utc"].to_list(),
        "y": power[column].to_list(),
        "name": f"{name}, share of the day's highest",
        "mode": "lines",
        "line": {"color": colour, "width": 2, "dash": dash},
        "hovertemplate": "%{x|%H:%M} UTC: " + name.lower() + " %{y:.0%} of the day's highest<extra></extra>",
        "xaxis": "x2",
        "yaxis": "y2",
    }


def _cursor(time: datetime) -> Trace:
    """Return the line that shows the hour of the frame in the chart of wind and sun."""
    return {
        "x": [time, time],
        "y": [0, 1.08],
        "mode": "lines",
        "line": {"color": theme.INK, "width": 2},
        "hoverinfo": "skip",
        "showlegend": False,
        "xaxis": "x2",
        "yaxis": "y2",
    }


def _padded(values: pl.Series, share: float) -> list[float]:
    """Return the range of the values, with space for whole dots at both ends: `share` of the range, at least."""
    present = values.drop_nulls().to_numpy()
    low, high = (float(present.min()), float(present.max())) if len(present) else (0.0, 1.0)
    space = share * max(high - low, 0.1 * abs(high), 1.0)
    return [low - space, high + space]


def _buttons(y: float) -> dict[str, Any]:
    play = {"frame": {"duration": _FRAME_MS, "redraw": False}, "transition": {"duration": _FRAME_MS // 2}}
    stop = {"frame": {"duration": 0, "redraw": False}, "mode": "immediate", "transition": {"duration": 0}}
    return {
        "type": "buttons",
        "direction": "left",
        "showactive": False,
        "x": 0,
        "xanchor": "left",
        "y": y,
        "yanchor": "top",
        "pad": {"t": 18, "r": 10},
        "buttons": [
            {"label": "Play", "method": "animate", "args": [None, {**play, "fromcurrent": True}]},
            {"label": "Pause", "method": "animate", "args": [[None], stop]},
        ],
    }


def _slider(names: Sequence[str], labels: Sequence[str], prefix: str, y: float) -> dict[str, Any]:
    jump = {"frame": {"duration": 0, "redraw": False}, "mode": "immediate", "transition": {"duration": 0}}
    return {
        "active": 0,
        "x": 0,
        "len": 1,
        "y": y,
        "yanchor": "top",
        "pad": {"t": 12, "l": _BUTTONS_PX},
        "bgcolor": theme.GRID,
        "activebgcolor": theme.FORECAST,
        "bordercolor": theme.ORIGINAL,
        "tickcolor": theme.ORIGINAL,
        "currentvalue": {"prefix": prefix, "font": {"size": 15}, "xanchor": "left"},
        "steps": [
            {"label": label, "method": "animate", "args": [[name], jump]}
            for name, label in zip(names, labels, strict=True)
        ],
    }
