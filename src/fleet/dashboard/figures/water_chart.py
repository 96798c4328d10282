"""Carbon against water: one dot per region, one frame per hour."""

from typing import Any

import plotly.graph_objects as go
import polars as pl

from fleet.dashboard import theme
from fleet.domain.region import Fleet

_FRAME_MS = 450
_SMALLEST_DOT, _LARGEST_DOT = 16.0, 44.0
_BUTTONS_PX = 140


def scatter_figure(hours: pl.DataFrame, fleet: Fleet, *, title: str) -> go.Figure:
    """Draw the hours of a day as an animation with fixed axes.

    A region whose carbon or water is unknown in an hour stays in the frame, without a dot.

    Args:
        hours: table of `data.hours_of_day` that has every region in every hour.
    """
    times = hours["time_utc"].unique().sort().to_list()
    regions = {region: hours.filter(pl.col("region") == region) for region in fleet.region_ids}
    largest_mw = float(hours.select(pl.col("load_mw").max()).item() or 1.0)
    dots = [
        [_dot(regions[region], hour, region, fleet, largest_mw) for region in regions] for hour in range(len(times))
    ]
    figure = go.Figure(data=[*(_path(regions[region], region, fleet) for region in regions), *dots[0]])
    first_dot = len(regions)
    names = [f"{time:%H:%M}" for time in times]
    figure.frames = [
        go.Frame(name=name, data=frame, traces=list(range(first_dot, first_dot + len(regions))))
        for name, frame in zip(names, dots, strict=True)
    ]
    theme.style_figure(
        figure,
        title=title,
        x_title="Carbon intensity of the grid, g CO₂ per kWh",
        y_title="Water use of the region, L per hour",
        height=620,
    )
    figure.update_xaxes(range=_padded(hours["carbon_g_per_kwh"], 0.12), autorange=False)
    figure.update_yaxes(range=_padded(hours["water_l"], 0.12), autorange=False, tickformat=",")
    figure.update_layout(
        margin={"b": 140},
        updatemenus=[_buttons()],
        sliders=[_slider(names)],
        showlegend=True,
        legend={"itemsizing": "constant"},
    )
    return figure


def _dot(rows: pl.DataFrame, hour: int, region: str, fleet: Fleet, largest_mw: float) -> go.Scatter:
    row = rows.row(hour, named=True)
    label = theme.figure_labels(fleet)[region]
    load_mw = row["load_mw"]
    share = 0.0 if load_mw is None else max(load_mw, 0.0) / largest_mw
    return go.Scatter(
        x=[row["carbon_g_per_kwh"]],
        y=[row["water_l"]],
        name=label,
        mode="markers+text",
        text=[label],
        textposition="top center",
        textfont={"size": 14, "color": theme.INK},
        marker={
            "color": theme.region_colours(fleet)[region],
            "symbol": theme.region_symbols(fleet)[region],
            # The area of a dot, not its width, grows with the load.
            "size": _SMALLEST_DOT + (_LARGEST_DOT - _SMALLEST_DOT) * share**0.5,
            "opacity": 0.9,
            "line": {"color": "white", "width": 1.5},
        },
        cliponaxis=False,
        customdata=[[load_mw, row["job_mw"], row["temperature_c"]]],
        hovertemplate=f"<b>{label}</b><br>"
        "carbon %{x:,.0f} g per kWh<br>water %{y:,.0f} L per hour<br>IT load %{customdata[0]:.1f} MW, "
        "of which jobs %{customdata[1]:.1f} MW<br>outdoor %{customdata[2]:.1f} °C<extra></extra>",
    )


def _path(rows: pl.DataFrame, region: str, fleet: Fleet) -> go.Scatter:
    """Return the path of a region's dot over the day."""
    return go.Scatter(
        x=rows["carbon_g_per_kwh"].to_list(),
        y=rows["water_l"].to_list(),
        mode="lines",
        line={"color": theme.region_colours(fleet)[region], "width": 1.5},
        opacity=0.35,
        hoverinfo="skip",
        showlegend=False,
    )


def _padded(values: pl.Series, share: float) -> list[float]:
    """Return the range of the values, with space for whole dots at both ends: `share` of the range, at least."""
    present = values.drop_nulls().to_numpy()
    low, high = (float(present.min()), float(present.max())) if len(present) else (0.0, 1.0)
    space = share * max(high - low, 0.1 * abs(high), 1.0)
    return [low - space, high + space]


def _buttons() -> dict[str, Any]:
    play = {"frame": {"duration": _FRAME_MS, "redraw": False}, "transition": {"duration": _FRAME_MS // 2}}
    stop = {"frame": {"duration": 0, "redraw": False}, "mode": "immediate", "transition": {"duration": 0}}
    return {
        "type": "buttons",
        "direction": "left",
        "showactive": False,
        "x": 0,
        "xanchor": "left",
        "y": -0.2,
        "yanchor": "top",
        "pad": {"t": 18, "r": 10},
        "buttons": [
            {"label": "Play", "method": "animate", "args": [None, {**play, "fromcurrent": True}]},
            {"label": "Pause", "method": "animate", "args": [[None], stop]},
        ],
    }


def _slider(names: list[str]) -> dict[str, Any]:
    jump = {"frame": {"duration": 0, "redraw": False}, "mode": "immediate", "transition": {"duration": 0}}
    return {
        "active": 0,
        "x": 0,
        "len": 1,
        "y": -0.2,
        "yanchor": "top",
        "pad": {"t": 12, "l": _BUTTONS_PX},
        "currentvalue": {"prefix": "Hour (UTC): ", "font": {"size": 15}, "xanchor": "left"},
        "steps": [{"label": name, "method": "animate", "args": [[name], jump]} for name in names],
    }
