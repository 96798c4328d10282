"""Where the promise is weakest: the breach rate of contested jobs by region and season, as a heat map."""

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from fleet.dashboard import theme
from fleet.domain.clock import SEASONS
from fleet.domain.region import Fleet
from fleet.replay.breakdown import Cell

_ROW_PX, _AROUND_PX = 56, 130
# Rates below this one have the palest colour [%].
_PALEST_PERCENT = 0.05
_MOST_PERCENT = 100.0


def cells_figure(cells: Sequence[Cell], fleet: Fleet, *, allowed: float, title: str) -> go.Figure:
    """Draw a row per region and a column per season: breached and judged contested jobs, and their rate.

    The colour follows the logarithm of the rate and turns to red at the allowed one.

    Args:
        allowed: the accepted breach rate, as a share.
    """
    by_place = {(cell.region, cell.season): cell for cell in cells}
    order, labels = [*reversed(fleet.region_ids)], theme.figure_labels(fleet)
    rows = [[by_place.get((region, season)) for season in SEASONS] for region in order]
    low, high, limit = (math.log10(value) for value in (_PALEST_PERCENT, _MOST_PERCENT, 100 * allowed))
    turn = (limit - low) / (high - low)
    figure = go.Figure()
    figure.add_heatmap(
        x=list(SEASONS),
        y=[labels[region] for region in order],
        z=[[None if cell is None else _height(cell) for cell in row] for row in rows],
        zmin=low,
        zmax=high,
        colorscale=[
            [0, theme.SAFE_CELL],
            [turn, theme.BLOCKED_CELL],
            [min(turn + 1e-6, 1), theme.UNSAFE_CELL],
            [1, theme.UNSAFE_CELL],
        ],
        showscale=False,
        xgap=3,
        ygap=3,
        text=[[_text(cell, allowed) for cell in row] for row in rows],
        texttemplate="%{text}",
        textfont={"size": 13, "color": theme.CELL_INK},
        hovertemplate="%{y}, %{x}<br>%{text}<extra></extra>",
    )
    theme.style_figure(figure, title=title, x_title="", y_title="", height=_AROUND_PX + _ROW_PX * len(order))
    figure.update_layout(margin={"t": 60, "b": 40})
    figure.update_xaxes(showgrid=False, side="top", ticks="")
    return figure.update_yaxes(showgrid=False, ticks="")


def _height(cell: Cell) -> float:
    return math.log10(min(max(100 * cell.breach_rate, _PALEST_PERCENT), _MOST_PERCENT))


def _text(cell: Cell | None, allowed: float) -> str:
    if cell is None or not cell.approved:
        return "none"
    mark = "✕ " if cell.breach_rate > allowed else ""
    return f"{mark}{100 * cell.breach_rate:.2f} %<br>{cell.breached:,} of {cell.approved:,}"
