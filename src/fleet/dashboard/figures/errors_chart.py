"""Forecast errors by lead and by hour, beside a naive forecast that repeats the latest day."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from fleet.dashboard import theme
from fleet.dashboard.literal import figure_text
from fleet.evaluation.scores import RegionScores

_ROW_PX = 300
_NAIVE = "repeat of the latest day"


def errors_figure(scores: Mapping[str, RegionScores], *, target: str, forecaster: str) -> go.Figure:
    """Draw one row per region: mean absolute error by lead (left) and by UTC hour of the target (right).

    Args:
        scores: region -> scores.
        target: the forecast column, for the title.
        forecaster: name of the forecaster, for the legend.
    """
    titles = [f"{figure_text(region)}: {axis}" for region in scores for axis in ("by lead", "by hour of UTC")]
    figure = make_subplots(rows=len(scores), cols=2, subplot_titles=titles, vertical_spacing=0.3 / len(scores))
    for row, region_scores in enumerate(scores.values(), start=1):
        panels = (
            (region_scores.mae_by_lead, region_scores.naive_mae_by_lead, 1),
            (region_scores.mae_by_hour, region_scores.naive_mae_by_hour, 0),
        )
        for column, (errors, naive_errors, first) in enumerate(panels, start=1):
            _add_panel(figure, {_NAIVE: naive_errors, forecaster: errors}, first, (row, column))
            figure.update_yaxes(range=[0, 1.1 * _largest(errors, naive_errors)], row=row, col=column)
    title = f"Mean absolute error of {target}"
    theme.style_figure(figure, title=title, x_title="", y_title="", height=110 + _ROW_PX * len(scores))
    figure.update_layout(margin_t=120, legend_y=1 + 40 / (_ROW_PX * len(scores)))
    figure.update_xaxes(dtick=6)
    figure.update_xaxes(title_text="lead, h", col=1)
    figure.update_xaxes(title_text="hour of the target, UTC", col=2)
    return figure


def _add_panel(figure: go.Figure, lines: Mapping[str, Sequence[float]], first: int, cell: tuple[int, int]) -> None:
    """Add the lines of one panel.

    Args:
        lines: errors by name in the legend.
        first: number on the x axis of the first error.
        cell: (row, column) of the panel.
    """
    for name, errors in lines.items():
        is_naive = name == _NAIVE
        figure.add_scatter(
            x=list(range(first, first + len(errors))),
            y=list(errors),
            name=name,
            mode="lines+markers",
            line={
                "color": theme.ACTUAL if is_naive else theme.FORECAST,
                "width": 2,
                "dash": "dot" if is_naive else "solid",
            },
            marker={"size": 5},
            showlegend=cell == (1, 1),
            legendgroup=name,
            hovertemplate=f"{name}: %{{y:.3g}}<extra></extra>",
            row=cell[0],
            col=cell[1],
        )


def _largest(*lines: Sequence[float]) -> float:
    return max((error for line in lines for error in line if error == error), default=1.0) or 1.0
