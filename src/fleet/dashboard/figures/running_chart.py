"""The cumulative breach rate of approved jobs, day by day."""

from collections.abc import Sequence

import plotly.graph_objects as go

from fleet.dashboard import theme
from fleet.replay.running_rate import RunningCounts

_HEIGHT = 380
# Top of the axis, as a share. While few jobs have ended, the guaranteed maximum is far above all other lines.
_HIGHEST_RATE = 0.16


def running_figure(breaches: RunningCounts, *, allowed: float, title: str) -> go.Figure:
    """Draw the breach rates at the end of each day, cumulative since the first day.

    A guaranteed maximum above the top of the axis is not drawn.

    Args:
        allowed: the accepted breach rate, as a share.
    """
    figure = go.Figure()
    if breaches.bound is not None:
        figure.add_scatter(
            x=list(breaches.day),
            y=[100 * bound if bound <= _HIGHEST_RATE else None for bound in breaches.bound],
            name="Guaranteed maximum, all approvals",
            mode="lines",
            line={"color": theme.PATH, "width": 2, "dash": "dot"},
            hovertemplate="%{x|%d %b %Y}<br>guaranteed maximum %{y:.2f} %<extra></extra>",
        )
    for name, jobs, breached, colour in (
        ("Contested jobs", breaches.contested, breaches.contested_breached, theme.BLOCKED),
        ("All approved jobs", breaches.resolved, breaches.breached, theme.OPTIMISED),
    ):
        figure.add_scatter(
            x=list(breaches.day),
            y=_percent(breached, jobs),
            name=name,
            mode="lines",
            line={"color": colour, "width": 3.0},
            customdata=list(zip(breached, jobs, strict=True)),
            hovertemplate="until %{x|%d %b %Y}<br>%{y:.2f} %, %{customdata[0]:,} of %{customdata[1]:,}<extra>"
            + name
            + "</extra>",
        )
    figure.add_scatter(
        x=[breaches.day[0], breaches.day[-1]] if breaches.day else [],
        y=[100 * allowed, 100 * allowed],
        name=f"Allowed: {100 * allowed:g} %",
        mode="lines",
        line={"color": theme.LIMIT, "width": 2, "dash": "dash"},
        hoverinfo="skip",
    )
    theme.style_figure(figure, title=title, x_title="", y_title="Cumulative breach rate", height=_HEIGHT)
    figure.update_yaxes(range=[0, 100 * _HIGHEST_RATE], ticksuffix=" %")
    figure.update_xaxes(tickformat="%b\n%Y", nticks=13)
    return figure


def _percent(parts: Sequence[int], wholes: Sequence[int]) -> list[float | None]:
    return [100 * part / whole if whole else None for part, whole in zip(parts, wholes, strict=True)]
