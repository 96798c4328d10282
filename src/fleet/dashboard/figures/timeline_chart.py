"""The times of one job: the window that was asked for, the first possible start, and the run."""

from datetime import datetime, timedelta

import plotly.graph_objects as go

from fleet.dashboard import theme
from fleet.domain.clock import Hour, parse_hour
from fleet.ledger import ExplainedDecision

_HEIGHT = 170
_WINDOW, _RUN = "Window asked for", "Runs"


def timeline_figure(decision: ExplainedDecision) -> go.Figure:
    """Draw the window as a wide bar, the run as a narrow one on it, and the first possible start as a line."""
    held = decision.overrides[-1] if decision.overrides else decision
    figure = go.Figure()
    first_start = _moment(decision.origin_utc) + timedelta(hours=1)
    times = [first_start]
    if decision.asked is not None:
        first, last = (_moment(parse_hour(text)) for text in (decision.asked.earliest_utc, decision.asked.deadline_utc))
        _add_bar(figure, _WINDOW, first, last, theme.BAND, 30)
        times += [first, last]
    if held.start_utc is not None:
        start = _moment(held.start_utc)
        end = start + timedelta(hours=decision.duration_h)
        _add_bar(figure, _RUN, start, end, theme.FORECAST, 14)
        times += [start, end]
    figure.add_scatter(
        x=[first_start],
        y=[0],
        name=f"First possible start {first_start:%d %b %H:%M} UTC",
        mode="markers",
        marker={"symbol": "line-ns", "size": 40, "line": {"color": theme.LIMIT, "width": 3}},
        hovertemplate="first possible start %{x|%d %b %H:%M} UTC<extra></extra>",
    )
    theme.style_figure(figure, title="", x_title="", y_title="", height=_HEIGHT)
    space = max((max(times) - min(times)) * 0.06, timedelta(hours=1))
    figure.update_layout(margin={"t": 44, "b": 46, "l": 12, "r": 12})
    figure.update_xaxes(range=[min(times) - space, max(times) + space], tickformat="%H:%M\n%d %b", nticks=9)
    figure.update_yaxes(visible=False, range=[-1, 1])
    return figure


def _add_bar(figure: go.Figure, name: str, start: datetime, end: datetime, colour: str, width: float) -> None:
    figure.add_scatter(
        x=[start, end],
        y=[0, 0],
        name=f"{name}: {start:%d %b %H:%M} to {end:%d %b %H:%M} UTC",
        mode="lines",
        line={"color": colour, "width": width},
        hovertemplate=f"{name}: %{{x|%d %b %H:%M}} UTC<extra></extra>",
    )


def _moment(hour: Hour) -> datetime:
    moment: datetime = hour.astype("datetime64[s]").item()
    return moment
