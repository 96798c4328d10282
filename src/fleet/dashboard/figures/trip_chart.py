"""A loss of cooling: the inlet temperature against the protection layers, and IT power against removed heat."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from fleet.dashboard import theme
from fleet.domain.region import Region
from fleet.physics.trip.episode import Episode
from fleet.physics.trip.protection import Layers
from fleet.units import SECONDS_PER_MINUTE, FloatArray

_LEAD_IN_MIN = 0.5
_PADDING = 0.1  # share of the values' span, on both sides of an axis
_SMALLEST_GAP = 0.07  # share of the axis, between the names of two layers
_OUTAGE_SHADE = "rgba(34, 48, 60, 0.07)"
_TOP: dict[str, Any] = {"row": 1, "col": 1}
_BOTTOM: dict[str, Any] = {"row": 2, "col": 1}


def trip_figure(episode: Episode, region: Region) -> go.Figure:
    """Draw inlet temperature and protection layers (top), and IT power and removed heat (bottom).

    Args:
        episode: its first scenario is drawn.
        region: the region of the episode.
    """
    course, layers = episode.course, episode.layers
    minutes = np.concatenate([[-_LEAD_IN_MIN], episode.time_s / SECONDS_PER_MINUTE])
    # Before the loss, inlet and load have the values of the first sample, and the plant removes the heat of the load.
    inlet_c = np.concatenate([course.inlet_c[0, :1], course.inlet_c[0]])
    load_mw = np.concatenate([course.load_mw[0, :1], course.load_mw[0]])
    cooling_mw = np.concatenate([course.load_mw[0, :1], course.cooling_mw[0]])
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.66, 0.34], vertical_spacing=0.06)
    _add_layers(figure, layers, minutes)
    _add_line(figure, minutes, inlet_c, "Inlet", "°C", {"color": theme.FORECAST, "width": 3}, _TOP)
    _add_events(figure, episode)
    load_line = {"color": theme.INK, "width": 2.5, "shape": "hv"}
    heat_line = {"color": theme.FORECAST, "width": 2, "dash": "dot", "shape": "hv"}
    _add_line(figure, minutes, load_mw, "IT power", "MW", load_line, _BOTTOM)
    _add_line(figure, minutes, cooling_mw, "Heat removed", "MW", heat_line, _BOTTOM)

    title = _title(episode, region, load_mw[0])
    x_title, y_title = "Time after the loss, min", "Inlet temperature, °C"
    theme.style_figure(figure, title=title, x_title=x_title, y_title=y_title, height=620)
    figure.update_xaxes(range=[-_LEAD_IN_MIN, minutes[-1]])
    figure.update_xaxes(title={"text": ""}, **_TOP)
    inlet_range = _padded_range(np.concatenate([inlet_c, [layers.warn_c, layers.trip_c]]))
    figure.update_yaxes(range=inlet_range, **_TOP)
    power_range = _padded_range(np.concatenate([load_mw, cooling_mw, [0.0]]))
    figure.update_yaxes(title={"text": "Power, MW"}, range=power_range, **_BOTTOM)
    _name_layers(figure, layers, inlet_range)
    _shade_outage(figure, min(episode.event.outage_s / SECONDS_PER_MINUTE, minutes[-1]))
    return figure.update_layout(margin={"r": 170})


def _title(episode: Episode, region: Region, load_mw: float) -> str:
    event, label = episode.event, region.name.split(" (")[0]
    lost = f"{100 * event.lost_share:.0f} % of cooling lost for {event.outage_s / SECONDS_PER_MINUTE:g} min"
    return f"{label}, {load_mw:.0f} MW of IT load: {lost}"


def _add_line(
    figure: go.Figure,
    minutes: FloatArray,
    values: FloatArray,
    name: str,
    unit: str,
    line: dict[str, Any],
    panel: dict[str, Any],
) -> None:
    hover = f"%{{x:.2f}} min<br>{name}: %{{y:.1f}} {unit}<extra></extra>"
    figure.add_scatter(x=minutes, y=values, name=name, mode="lines", line=line, hovertemplate=hover, **panel)


def _add_layers(figure: go.Figure, layers: Layers, minutes: FloatArray) -> None:
    for name, temperature_c, _, colour in _layer_looks(layers):
        figure.add_scatter(
            x=[minutes[0], minutes[-1]],
            y=[temperature_c, temperature_c],
            name=name,
            mode="lines",
            line={"color": colour, "width": 1.5, "dash": "dash"},
            hoverinfo="skip",
            showlegend=False,
            **_TOP,
        )


def _add_events(figure: go.Figure, episode: Episode) -> None:
    """Mark each event on the inlet line. An event that did not happen has no marker."""
    for name, time_s, colour, symbol in (
        ("First job denied", episode.first_denial_s[0], theme.BLOCKED, "diamond"),
        ("Jobs begin to migrate", episode.migrate_s[0], theme.LIMIT, "triangle-up"),
        ("Servers switch off", episode.trip_s[0], theme.BREACH, "x"),
        ("Jobs admitted again", episode.resumed_s[0], theme.FORECAST, "circle"),
    ):
        if np.isnan(time_s):
            continue
        sample = int(np.searchsorted(episode.time_s, time_s))
        figure.add_scatter(
            x=[time_s / SECONDS_PER_MINUTE],
            y=[episode.course.inlet_c[0, sample]],
            name=f"{name} ({time_s:.0f} s)",
            mode="markers",
            marker={"color": colour, "size": 12, "symbol": symbol, "line": {"color": "white", "width": 1}},
            hovertemplate=f"{name}<br>{time_s:.0f} s after the loss, %{{y:.1f}} °C<extra></extra>",
            **_TOP,
        )


def _layer_looks(layers: Layers) -> list[tuple[str, float, str, str]]:
    """Return name, temperature, text colour and line colour of each layer, from the coolest to the warmest."""
    return [
        ("Warn", layers.warn_c, theme.MUTED, theme.PATH),
        ("Stop admitting", layers.stop_c, theme.BLOCKED_INK, theme.BLOCKED),
        ("Migrate", layers.migrate_c, theme.LIMIT, theme.LIMIT),
        ("Trip", layers.trip_c, theme.BREACH, theme.BREACH),
    ]


def _name_layers(figure: go.Figure, layers: Layers, inlet_range: list[float]) -> None:
    """Write each layer's name beside its line. Where two lines are close, the upper name is moved up."""
    lowest_c = -np.inf
    for name, temperature_c, text_colour, _ in _layer_looks(layers):
        text_c = max(temperature_c, lowest_c)
        lowest_c = text_c + _SMALLEST_GAP * (inlet_range[1] - inlet_range[0])
        figure.add_annotation(
            x=1,
            xref="paper",
            xanchor="left",
            xshift=6,
            y=text_c,
            yref="y",
            text=f"<b>{name}</b> {temperature_c:.1f} °C",
            showarrow=False,
            font={"color": text_colour, "size": 13},
        )


def _shade_outage(figure: go.Figure, end_min: float) -> None:
    for panel in (_TOP, _BOTTOM):
        figure.add_vrect(x0=0, x1=end_min, fillcolor=_OUTAGE_SHADE, line_width=0, layer="below", **panel)
    figure.add_annotation(
        x=end_min / 2,
        xref="x",
        y=1,
        yref="paper",
        yanchor="top",
        text="Cooling lost",
        showarrow=False,
        font={"color": theme.MUTED, "size": 13},
    )


def _padded_range(values: FloatArray) -> list[float]:
    low, high = float(values.min()), float(values.max())
    padding = _PADDING * max(high - low, 1e-3)
    return [low - padding, high + padding]
