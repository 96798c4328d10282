"""How far forecasts miss, by lead and by hour, against tomorrow being like today."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from fleet.dashboard import theme
from fleet.evaluation.scores import RegionScores

_ROW_PX = 300


def errors_figure(scores: Mapping[str, RegionScores], *, target: str, forecaster: str) -> go.Figure:
    """A row a region: mean absolute error by lead on the left, by the target's hour of UTC on the right."""
    titles = [f"{region}: {by}" for region in scores for by in ("by lead", "by hour of UTC")]
    figure = make_subplots(rows=len(scores), cols=2, subplot_titles=titles, vertical_spacing=0.3 / len(scores))
    for row, own in enumerate(scores.values(), start=1):
        pairs = ((own.mae_by_lead, own.naive_mae_by_lead, 1), (own.mae_by_hour, own.naive_mae_by_hour, 0))
        for column, (ours, naive, first) in enumerate(pairs, start=1):
            lines = (("as the latest day", naive, theme.ACTUAL), (forecaster, ours, theme.FORECAST))
            for name, errors, colour in lines:
                figure.add_scatter(
                    x=list(range(first, first + len(errors))),
                    y=list(errors),
                    name=name,
                    mode="lines+markers",
                    line={"color": colour, "width": 2, "dash": "dot" if colour == theme.ACTUAL else "solid"},
                    marker={"size": 5},
                    showlegend=row == column == 1,
                    legendgroup=name,
                    hovertemplate=f"{name}: %{{y:.3g}}<extra></extra>",
                    row=row,
                    col=column,
                )
            figure.update_yaxes(range=[0, 1.1 * _largest(ours, naive)], row=row, col=column)
    title = f"Mean absolute error of {target}"
    theme.dress(figure, title=title, x_title="", y_title="", height=110 + _ROW_PX * len(scores))
    figure.update_layout(margin_t=120, legend_y=1 + 40 / (_ROW_PX * len(scores)))
    figure.update_xaxes(dtick=6)
    figure.update_xaxes(title_text="lead, h", col=1)
    figure.update_xaxes(title_text="hour of the target, UTC", col=2)
    return figure


def _largest(*lines: Sequence[float]) -> float:
    return max((error for line in lines for error in line if error == error), default=1.0) or 1.0
