"""The cumulative breach rate of approved jobs, day by day."""

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from fleet.dashboard import theme
from fleet.replay.running_rate import RunningCounts

_HEIGHT = 400
# Ends of the axis, in percent. The axis is logarithmic, because the rates differ by a factor of a hundred.
_LOWEST_PERCENT, _HIGHEST_PERCENT = 0.01, 100.0


def running_figure(breaches: RunningCounts, *, allowed: float, title: str) -> go.Figure:
    """Draw the breach rates at the end of each day, cumulative since the first day, on a logarithmic axis.

    A rate below the axis, such as zero, and a guaranteed maximum above it are not drawn.

    Args:
        allowed: the accepted breach rate, as a share.
    """
    figure = go.Figure()
    if breaches.bound is not None:
        figure.add_scatter(
            x=list(breaches.day),
            y=[100 * bound if 100 * bound <= _HIGHEST_PERCENT else None for bound in breaches.bound],
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
    theme.style_figure(figure, title=title, x_title="", y_title="Breach rate (log)", height=_HEIGHT)
    ends = [math.log10(_LOWEST_PERCENT), math.log10(_HIGHEST_PERCENT)]
    figure.update_yaxes(type="log", range=ends, tickvals=[0.01, 0.1, 1, 5, 10, 100], ticksuffix=" %")
    # In a narrow column, the names of the legend stand below each other.
    figure.update_layout(margin={"t": 134})
    figure.update_xaxes(tickformat="%b\n%Y", nticks=7)
    return figure


def _percent(parts: Sequence[int], wholes: Sequence[int]) -> list[float | None]:
    rates = [100 * part / whole if whole else 0.0 for part, whole in zip(parts, wholes, strict=True)]
    return [rate if rate >= _LOWEST_PERCENT else None for rate in rates]
