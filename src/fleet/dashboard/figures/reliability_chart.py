"""Coverage by lead, hour, week, season and size of the forecast, and the calibration of the quantiles (PIT)."""

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
    *("By lead", "By hour of the day", "By week"),
    *("By season", "By size of the forecast", "Calibration (PIT)"),
)
# The marks of several series stand beside each other, so that none covers another.
_SPREAD = 0.44
_DECILE_NAMES = ("lowest", *(str(number) for number in range(2, DECILES)), "highest")
_TARGET_LINE = {"color": theme.INK, "width": 1.5, "dash": "dash"}

# Returns the names of a panel's cells, and their rates. A cell is a lead, an hour, a season or a tenth of forecasts.
Cells = Callable[[Reliability], tuple[Sequence[str | int], Sequence[Rate]]]

_CELL_PANELS: tuple[tuple[int, int, Cells], ...] = (
    (1, 1, lambda series: (range(1, len(series.by_lead) + 1), series.by_lead)),
    (1, 2, lambda series: (range(len(series.by_hour)), series.by_hour)),
    (2, 1, lambda series: (list(series.by_season), list(series.by_season.values()))),
    (2, 2, lambda series: (_DECILE_NAMES, series.by_decile)),
)


def reliability_figure(
    reliability: Mapping[str, Reliability],
    *,
    nominal: float,
    title: str,
    pit: Mapping[str, Sequence[Rate]],
    colours: Mapping[str, str] | None = None,
) -> go.Figure:
    """Draw six panels, each with the target as a dashed line.

    Whiskers are 95 % intervals from resampling whole days; the weeks have none.

    Args:
        reliability: name in the legend -> coverage.
        nominal: the target coverage, as a share.
        pit: name -> the share of actual values in each bin between quantiles of the forecast, lowest bin first.
        colours: name -> colour; may be left out for a single name.
    """
    figure = make_subplots(rows=2, cols=3, subplot_titles=_PANELS, vertical_spacing=0.2, horizontal_spacing=0.07)
    colours = colours or dict.fromkeys(reliability, theme.FORECAST)
    is_several = len(reliability) > 1
    for row, column, cells_of in _CELL_PANELS:
        for index, (name, series) in enumerate(reliability.items()):
            names, rates = cells_of(series)
            shift = _SPREAD * ((index + 0.5) / len(reliability) - 0.5)
            marks = _marks(names, rates, shift)
            marks.update(name=name, legendgroup=name, showlegend=row == column == 1 and is_several)
            marks.update(marker_color=colours[name], error_y_color=colours[name])
            figure.add_trace(marks, row=row, col=column)
        figure.add_hline(y=100 * nominal, line=_TARGET_LINE, row=row, col=column)
    _add_weeks(figure, reliability, nominal, colours)
    _add_pit(figure, pit, colours)
    theme.style_figure(figure, title=title, x_title="", y_title="", height=_HEIGHT)
    figure.update_layout(height=_HEIGHT + 30 * is_several, margin_t=84 + 30 * is_several, legend_y=1.07, bargap=0.15)
    _set_coverage_axes(figure, reliability)
    _name_axes(figure, reliability)
    return figure


def _marks(names: Sequence[str | int], rates: Sequence[Rate], shift: float) -> go.Scatter:
    """Return a mark with its interval for each cell of a panel.

    Args:
        names: names of the cells, for the hover text.
        shift: how far the marks stand beside the middle of their cells, in cells.
    """
    return go.Scatter(
        x=[index + shift for index in range(len(rates))],
        y=[100 * rate.share for rate in rates],
        mode="markers",
        marker={"size": 6},
        error_y=_whiskers(rates),
        customdata=[
            [name, rate.count, *(100 * end for end in rate.interval_95)]
            for name, rate in zip(names, rates, strict=True)
        ],
        hovertemplate="%{customdata[0]}<br>%{y:.1f} % [%{customdata[2]:.1f}, %{customdata[3]:.1f}] of "
        "%{customdata[1]:,}<extra>%{fullData.name}</extra>",
    )


def _whiskers(rates: Sequence[Rate]) -> dict[str, object]:
    """Return Plotly's error bars from the 95 % intervals, in percent."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [100 * (rate.interval_95[1] - rate.share) for rate in rates],
        "arrayminus": [100 * (rate.share - rate.interval_95[0]) for rate in rates],
        "thickness": 1.2,
        "width": 0,
    }


def _add_weeks(
    figure: go.Figure, reliability: Mapping[str, Reliability], nominal: float, colours: Mapping[str, str]
) -> None:
    for name, series in reliability.items():
        figure.add_scatter(
            x=[datetime.fromisoformat(week.start_utc) for week in series.weeks],
            y=[100 * week.share for week in series.weeks],
            name=name,
            mode="lines+markers",
            line={"color": colours[name], "width": 1.2},
            marker={"size": 4},
            customdata=[week.count for week in series.weeks],
            hovertemplate="week from %{x|%d %b %Y}<br>%{y:.1f} % of %{customdata:,}<extra>" + name + "</extra>",
            legendgroup=name,
            showlegend=False,
            row=1,
            col=3,
        )
    figure.add_hline(y=100 * nominal, line=_TARGET_LINE, row=1, col=3)


def _add_pit(figure: go.Figure, pit: Mapping[str, Sequence[Rate]], colours: Mapping[str, str]) -> None:
    for name, rates in pit.items():
        count = len(rates)
        figure.add_bar(
            x=[f"{100 * number // count}-{100 * (number + 1) // count}" for number in range(count)],
            y=[100 * rate.share for rate in rates],
            name=name,
            marker={"color": colours[name], "opacity": 0.75},
            error_y={**_whiskers(rates), "color": theme.INK},
            hovertemplate="between the quantiles of %{x} %<br>%{y:.1f} % of actual values<extra>" + name + "</extra>",
            legendgroup=name,
            showlegend=False,
            row=2,
            col=3,
        )
        figure.add_hline(y=100 / count, line=_TARGET_LINE, row=2, col=3)


def _set_coverage_axes(figure: go.Figure, reliability: Mapping[str, Reliability]) -> None:
    """Give the four panels of cells one range that holds all intervals, and the panel of weeks another range."""
    rates = [rate for series in reliability.values() for _, _, cells_of in _CELL_PANELS for rate in cells_of(series)[1]]
    lowest = _axis_start(end for rate in rates for end in rate.interval_95)
    lowest_week = _axis_start(week.share for series in reliability.values() for week in series.weeks)
    for row, column, _ in _CELL_PANELS:
        figure.update_yaxes(range=[lowest, 100.5], row=row, col=column)
    figure.update_yaxes(range=[lowest_week, 100.5], row=1, col=3)
    figure.update_yaxes(rangemode="tozero", row=2, col=3)
    figure.update_yaxes(ticksuffix=" %")


def _name_axes(figure: go.Figure, reliability: Mapping[str, Reliability]) -> None:
    first = next(iter(reliability.values()))
    leads = len(first.by_lead)
    step = max(leads // 6, 1)
    shown = [0, *range(step - 1, leads, step)] if step > 1 else list(range(leads))
    _set_ticks(figure, (1, 1), {index: str(index + 1) for index in shown}, "lead, h")
    _set_ticks(figure, (1, 2), {hour: f"{hour}" for hour in range(0, 24, 6)}, "hour of the target, UTC")
    _set_ticks(figure, (2, 1), dict(enumerate(first.by_season)), "season of the target")
    deciles = {index: _DECILE_NAMES[index] for index in (0, 2, 4, 6, DECILES - 1)}
    _set_ticks(figure, (2, 2), deciles, "tenth of the forecasts")
    figure.update_xaxes(tickformat="%b\n%Y", tickangle=0, nticks=6, title_text="week of the origin", row=1, col=3)
    figure.update_xaxes(type="category", title_text="quantiles of the forecast, %", tickangle=0, nticks=5, row=2, col=3)


def _set_ticks(figure: go.Figure, cell: tuple[int, int], texts: Mapping[int, str], title: str) -> None:
    """Set the texts and the title of an x axis.

    Args:
        cell: (row, column) of the panel.
        texts: position on the axis -> text.
    """
    figure.update_xaxes(
        tickmode="array",
        tickvals=list(texts),
        ticktext=list(texts.values()),
        title_text=title,
        row=cell[0],
        col=cell[1],
    )


def _axis_start(shares: Iterable[float]) -> float:
    """Return the lower end of an axis: the lowest share in percent, less some space."""
    lowest = 100 * min((share for share in shares if math.isfinite(share)), default=0.0)
    return max(lowest - 0.08 * (100 - lowest) - 0.5, -1.0)
