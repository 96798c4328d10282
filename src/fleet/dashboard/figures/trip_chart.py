"""A loss of cooling: how the room warms towards its layers, and what load and plant do meanwhile."""

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
_ROOM = 0.1
_LEAST_GAP = 0.07  # of the axis, between the words of two layers
_OUTAGE_SHADE = "rgba(34, 48, 60, 0.07)"
_TOP: dict[str, Any] = {"row": 1, "col": 1}
_BOTTOM: dict[str, Any] = {"row": 2, "col": 1}


def trip_figure(episode: Episode, region: Region) -> go.Figure:
    """Inlet against the four layers, above IT power against the heat that is taken away.

    Args:
        episode: its first scenario is drawn.
        region: the one it happens in.
    """
    course, event = episode.course, episode.event
    minutes = np.concatenate([[-_LEAD_IN_MIN], episode.time_s / SECONDS_PER_MINUTE])
    # Before the loss all stood as at the loss, and the plant took away what the load gave.
    inlet_c = np.concatenate([course.inlet_c[0, :1], course.inlet_c[0]])
    load_mw = np.concatenate([course.load_mw[0, :1], course.load_mw[0]])
    cooling_mw = np.concatenate([course.load_mw[0, :1], course.cooling_mw[0]])
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.66, 0.34], vertical_spacing=0.06)
    _add_layers(figure, episode.layers, minutes)
    _add_line(figure, minutes, inlet_c, "Inlet", "°C", {"color": theme.FORECAST, "width": 3}, _TOP)
    _add_moments(figure, episode)
    _add_line(figure, minutes, load_mw, "IT power", "MW", {"color": theme.INK, "width": 2.5, "shape": "hv"}, _BOTTOM)
    plant = {"color": theme.FORECAST, "width": 2, "dash": "dot", "shape": "hv"}
    _add_line(figure, minutes, cooling_mw, "Heat taken away", "MW", plant, _BOTTOM)

    outage_min, label = event.outage_s / SECONDS_PER_MINUTE, region.name.split(" (")[0]
    lost = f"{100 * event.lost_share:.0f} % of cooling lost for {outage_min:g} min"
    title = f"{label}, {load_mw[0]:.0f} MW of IT load: {lost}"
    theme.dress(figure, title=title, x_title="Time after the loss, min", y_title="Inlet temperature, °C", height=620)
    figure.update_xaxes(range=[-_LEAD_IN_MIN, minutes[-1]])
    figure.update_xaxes(title={"text": ""}, **_TOP)
    inlet_range = _range(np.concatenate([inlet_c, [episode.layers.warn_c, episode.layers.trip_c]]))
    figure.update_yaxes(range=inlet_range, **_TOP)
    power_range = _range(np.concatenate([load_mw, cooling_mw, [0.0]]))
    figure.update_yaxes(title={"text": "Power, MW"}, range=power_range, **_BOTTOM)
    _name_layers(figure, episode.layers, inlet_range)
    _shade_outage(figure, min(outage_min, minutes[-1]))
    return figure.update_layout(margin={"r": 158})


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
    for words, level_c, _, colour in _named(layers):
        figure.add_scatter(
            x=[minutes[0], minutes[-1]],
            y=[level_c, level_c],
            name=words,
            mode="lines",
            line={"color": colour, "width": 1.5, "dash": "dash"},
            hoverinfo="skip",
            showlegend=False,
            **_TOP,
        )


def _add_moments(figure: go.Figure, episode: Episode) -> None:
    """What happened when; a moment that never came has no marker."""
    for words, when_s, colour, symbol in (
        ("First job denied", episode.first_denial_s[0], theme.BLOCKED, "diamond"),
        ("Jobs begin to leave", episode.migrate_s[0], theme.LIMIT, "triangle-up"),
        ("Servers switch off", episode.trip_s[0], theme.BREACH, "x"),
        ("Jobs admitted again", episode.resumed_s[0], theme.FORECAST, "circle"),
    ):
        if np.isnan(when_s):
            continue
        sample = int(np.searchsorted(episode.time_s, when_s))
        figure.add_scatter(
            x=[when_s / SECONDS_PER_MINUTE],
            y=[episode.course.inlet_c[0, sample]],
            name=f"{words} ({when_s:.0f} s)",
            mode="markers",
            marker={"color": colour, "size": 12, "symbol": symbol, "line": {"color": "white", "width": 1}},
            hovertemplate=f"{words}<br>{when_s:.0f} s after the loss, %{{y:.1f}} °C<extra></extra>",
            **_TOP,
        )


def _named(layers: Layers) -> list[tuple[str, float, str, str]]:
    """Words, level, colour of the words and of the line, from the coolest."""
    return [
        ("Warn", layers.warn_c, theme.MUTED, theme.PATH),
        ("Stop admitting", layers.stop_c, theme.BLOCKED_INK, theme.BLOCKED),
        ("Migrate", layers.migrate_c, theme.LIMIT, theme.LIMIT),
        ("Trip", layers.trip_c, theme.BREACH, theme.BREACH),
    ]


def _name_layers(figure: go.Figure, layers: Layers, inlet_range: list[float]) -> None:
    """Words beside the plot, each level with its line or, where lines are close, above the words below."""
    lowest = -np.inf
    for words, level_c, ink, _ in _named(layers):
        at_c = max(level_c, lowest)
        lowest = at_c + _LEAST_GAP * (inlet_range[1] - inlet_range[0])
        figure.add_annotation(
            x=1,
            xref="paper",
            xanchor="left",
            xshift=6,
            y=at_c,
            yref="y",
            text=f"<b>{words}</b> {level_c:.1f} °C",
            showarrow=False,
            font={"color": ink, "size": 13},
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


def _range(values: FloatArray) -> list[float]:
    low, high = float(values.min()), float(values.max())
    room = _ROOM * max(high - low, 1e-3)
    return [low - room, high + room]
