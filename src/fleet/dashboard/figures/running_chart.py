"""The breach rate of approved jobs as it went, against what it may come to."""

from collections.abc import Sequence

import plotly.graph_objects as go

from fleet.dashboard import theme
from fleet.replay.running_rate import Running

_HEIGHT = 380
# A bound is far above everything while few jobs have ended; what it was then is told by the first one drawn.
_HIGHEST = 0.16


def running_figure(found: Running, *, aim: float, title: str) -> go.Figure:
    """Rates since the beginning, at the end of each day, with the aim and the bound that was published then."""
    figure = go.Figure()
    if found.bound is not None:
        figure.add_scatter(
            x=list(found.day),
            y=[100 * bound if bound <= _HIGHEST else None for bound in found.bound],
            name="Published bound of all approved",
            mode="lines",
            line={"color": theme.PATH, "width": 2, "dash": "dot"},
            hovertemplate="%{x|%d %b %Y}<br>bound %{y:.2f} %<extra></extra>",
        )
    for name, of, bad, colour, width in (
        ("Contested jobs", found.contested, found.contested_breached, theme.BLOCKED, 3.0),
        ("All approved jobs", found.resolved, found.breached, theme.OPTIMISED, 3.0),
    ):
        figure.add_scatter(
            x=list(found.day),
            y=_percent(bad, of),
            name=name,
            mode="lines",
            line={"color": colour, "width": width},
            customdata=list(zip(bad, of, strict=True)),
            hovertemplate="until %{x|%d %b %Y}<br>%{y:.2f} %, %{customdata[0]:,} of %{customdata[1]:,}<extra>"
            + name
            + "</extra>",
        )
    figure.add_scatter(
        x=[found.day[0], found.day[-1]] if found.day else [],
        y=[100 * aim, 100 * aim],
        name=f"Allowed: {100 * aim:g} %",
        mode="lines",
        line={"color": theme.LIMIT, "width": 2, "dash": "dash"},
        hoverinfo="skip",
    )
    theme.dress(figure, title=title, x_title="", y_title="In breach since the beginning", height=_HEIGHT)
    figure.update_yaxes(range=[0, 100 * _HIGHEST], ticksuffix=" %")
    figure.update_xaxes(tickformat="%b\n%Y", nticks=13)
    return figure


def _percent(part: Sequence[int], whole: Sequence[int]) -> list[float | None]:
    return [100 * each / of if of else None for each, of in zip(part, whole, strict=True)]
