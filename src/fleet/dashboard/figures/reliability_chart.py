"""How often bounds held, by lead, hour, season, level and week, and where the actuals fell among the quantiles."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from fleet.dashboard import theme
from fleet.evaluation.intervals import Rate
from fleet.evaluation.reliability import DECILES, Reliability

_HEIGHT = 620
_PANELS = (
    *("by lead", "by hour of the day", "week by week"),
    *("by season", "by level of the forecast", "where the actuals fell"),
)
# Marks of several regions stand beside each other, not on top.
_SPREAD = 0.44
_DECILE_NAMES = ("lowest", *(str(at) for at in range(2, DECILES)), "highest")

Cells = Callable[[Reliability], tuple[Sequence[str | int], Sequence[Rate]]]


def reliability_figure(
    found: Mapping[str, Reliability],
    *,
    nominal: float,
    title: str,
    pit: Mapping[str, Sequence[Rate]],
    colours: Mapping[str, str] | None = None,
) -> go.Figure:
    """Six panels, in each the nominal share as a dashed line and 95 % intervals over whole days as whiskers.

    Args:
        found, pit, colours: by what stands in the legend; one alone needs no colour.
    """
    figure = make_subplots(rows=2, cols=3, subplot_titles=_PANELS, vertical_spacing=0.2, horizontal_spacing=0.07)
    colours = colours or dict.fromkeys(found, theme.FORECAST)
    panels: tuple[tuple[int, int, Cells], ...] = (
        (1, 1, lambda own: (range(1, len(own.by_lead) + 1), own.by_lead)),
        (1, 2, lambda own: (range(len(own.by_hour)), own.by_hour)),
        (2, 1, lambda own: (list(own.by_season), list(own.by_season.values()))),
        (2, 2, lambda own: (_DECILE_NAMES, own.by_decile)),
    )
    for row, column, cells in panels:
        for at, (name, own) in enumerate(found.items()):
            words, of_each = cells(own)
            shift = _SPREAD * ((at + 0.5) / len(found) - 0.5)
            figure.add_trace(
                _marks(name, words, of_each, colours[name], shift, legend=row == column == 1 and len(found) > 1),
                row=row,
                col=column,
            )
        figure.add_hline(y=100 * nominal, line={"color": theme.INK, "width": 1.5, "dash": "dash"}, row=row, col=column)
    _add_weeks(figure, found, nominal, colours)
    _add_pit(figure, pit, colours)
    theme.dress(figure, title=title, x_title="", y_title="", height=_HEIGHT)
    several = len(found) > 1
    figure.update_layout(height=_HEIGHT + 30 * several, margin_t=84 + 30 * several, legend_y=1.07, bargap=0.15)
    _set_axes(figure, found)
    return figure


def _marks(
    name: str, words: Sequence[str | int], of_each: Sequence[Rate], colour: str, shift: float, *, legend: bool
) -> go.Scatter:
    share = [100 * each.share for each in of_each]
    return go.Scatter(
        x=[at + shift for at in range(len(share))],
        y=share,
        name=name,
        mode="markers",
        marker={"color": colour, "size": 6},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [100 * (each.interval_95[1] - each.share) for each in of_each],
            "arrayminus": [100 * (each.share - each.interval_95[0]) for each in of_each],
            "color": colour,
            "thickness": 1.2,
            "width": 0,
        },
        customdata=[
            [word, each.count, *(100 * end for end in each.interval_95)]
            for word, each in zip(words, of_each, strict=True)
        ],
        hovertemplate="%{customdata[0]}<br>%{y:.1f} % [%{customdata[2]:.1f}, %{customdata[3]:.1f}] of "
        "%{customdata[1]:,}<extra>" + name + "</extra>",
        legendgroup=name,
        showlegend=legend,
    )


def _add_weeks(figure: go.Figure, found: Mapping[str, Reliability], nominal: float, colours: Mapping[str, str]) -> None:
    for name, own in found.items():
        figure.add_scatter(
            x=[datetime.fromisoformat(week.start_utc) for week in own.weeks],
            y=[100 * week.share for week in own.weeks],
            name=name,
            mode="lines+markers",
            line={"color": colours[name], "width": 1.2},
            marker={"size": 4},
            customdata=[week.count for week in own.weeks],
            hovertemplate="week from %{x|%d %b %Y}<br>%{y:.1f} % of %{customdata:,}<extra>" + name + "</extra>",
            legendgroup=name,
            showlegend=False,
            row=1,
            col=3,
        )
    figure.add_hline(y=100 * nominal, line={"color": theme.INK, "width": 1.5, "dash": "dash"}, row=1, col=3)


def _add_pit(figure: go.Figure, pit: Mapping[str, Sequence[Rate]], colours: Mapping[str, str]) -> None:
    for name, bins in pit.items():
        share = [100 * each.share for each in bins]
        figure.add_bar(
            x=[f"{100 * at // len(bins)}-{100 * (at + 1) // len(bins)} %" for at in range(len(bins))],
            y=share,
            name=name,
            marker={"color": colours[name], "opacity": 0.75},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [100 * (each.interval_95[1] - each.share) for each in bins],
                "arrayminus": [100 * (each.share - each.interval_95[0]) for each in bins],
                "color": theme.INK,
                "thickness": 1.2,
                "width": 0,
            },
            hovertemplate="between the quantiles of %{x}<br>%{y:.1f} % of actuals<extra>" + name + "</extra>",
            legendgroup=name,
            showlegend=False,
            row=2,
            col=3,
        )
        fair = 100 / len(bins)
        figure.add_hline(y=fair, line={"color": theme.INK, "width": 1.5, "dash": "dash"}, row=2, col=3)


def _set_axes(figure: go.Figure, found: Mapping[str, Reliability]) -> None:
    floor = _floor(end for own in found.values() for each in _every(own) for end in each.interval_95)
    weekly = _floor(week.share for own in found.values() for week in own.weeks)
    for row, column in ((1, 1), (1, 2), (2, 1), (2, 2)):
        figure.update_yaxes(range=[floor, 100.5], row=row, col=column)
    figure.update_yaxes(range=[weekly, 100.5], row=1, col=3)
    figure.update_yaxes(rangemode="tozero", row=2, col=3)
    figure.update_yaxes(ticksuffix=" %")
    first = next(iter(found.values()))
    leads = len(first.by_lead)
    every = max(leads // 6, 1)
    shown = [0, *range(every - 1, leads, every)] if every > 1 else list(range(leads))
    _name_ticks(figure, 1, 1, {at: str(at + 1) for at in shown}, "hours ahead")
    _name_ticks(figure, 1, 2, {at: f"{at}" for at in range(0, 24, 6)}, "hour of the target, UTC")
    _name_ticks(figure, 2, 1, dict(enumerate(first.by_season)), "season of the target")
    deciles = {at: _DECILE_NAMES[at] for at in (0, 2, 4, 6, DECILES - 1)}
    _name_ticks(figure, 2, 2, deciles, "tenth of the forecasts")
    figure.update_xaxes(tickformat="%b\n%Y", tickangle=0, nticks=6, title_text="week of the origins", row=1, col=3)
    figure.update_xaxes(title_text="tenth of the distribution that was forecast", tickangle=0, nticks=5, row=2, col=3)


def _name_ticks(figure: go.Figure, row: int, column: int, words: Mapping[int, str], title: str) -> None:
    figure.update_xaxes(
        tickmode="array", tickvals=list(words), ticktext=list(words.values()), title_text=title, row=row, col=column
    )


def _every(own: Reliability) -> list[Rate]:
    return [*own.by_lead, *own.by_hour, *own.by_season.values(), *own.by_decile]


def _floor(shares: Iterable[float]) -> float:
    """The lowest share, in percent, with some room below."""
    lowest = 100 * min((share for share in shares if math.isfinite(share)), default=0.0)
    return max(lowest - 0.08 * (100 - lowest) - 0.5, -1.0)
