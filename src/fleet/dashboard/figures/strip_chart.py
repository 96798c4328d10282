"""The next hours of each region as a strip of cells: safe, risk blocked, unsafe or unknown."""

from collections.abc import Mapping

import plotly.graph_objects as go
import polars as pl

from fleet.dashboard import theme
from fleet.domain.local_clock import local_clocks
from fleet.domain.region import Fleet
from fleet.physics.limits import limit_named

# State -> colour, name and the sign in the cell, so that colours are not needed. A safe cell shows its headroom.
STATES: Mapping[str, tuple[str, str, str]] = {
    "safe": (theme.SAFE_CELL, "safe: MW that may be added", ""),
    "blocked": (theme.BLOCKED_CELL, "risk blocked: headroom at the forecast, none at the bound", "◆"),
    "unsafe": (theme.UNSAFE_CELL, "unsafe: none even at the forecast", "✕"),
    "unknown": (theme.UNKNOWN_CELL, "no bound can be given", "?"),
}
_ROW_PX, _LOW_ROW_PX, _AROUND_PX = 44, 24, 118
# From this number of regions on, the rows are lower.
_MANY = 10
_MOST_NUMBERS = 30


def strip_figure(ahead: pl.DataFrame, fleet: Fleet) -> go.Figure:
    """Draw one row per region and one cell per hour ahead.

    Args:
        ahead: the table of `HourFacts.ahead`.
    """
    names, order = list(STATES), [*reversed(fleet.region_ids)]
    labels, clocks = theme.figure_labels(fleet), local_clocks(fleet)
    rows = [ahead.filter(pl.col("region") == region).sort("lead_h") for region in order]
    times = rows[0]["time_utc"].to_list()
    figure = go.Figure()
    figure.add_heatmap(
        x=times,
        y=[labels[region] for region in order],
        z=[[names.index(state) for state in table["state"]] for table in rows],
        zmin=-0.5,
        zmax=len(names) - 0.5,
        colorscale=_colours(),
        showscale=False,
        xgap=2,
        ygap=2,
        text=[[_sign(*cell) for cell in zip(table["state"], table["headroom_mw"], strict=True)] for table in rows],
        texttemplate="%{text}" if len(fleet.regions) <= _MOST_NUMBERS else None,
        textfont={"size": 12, "color": theme.CELL_INK},
        customdata=[
            [
                [
                    STATES[row["state"]][1],
                    row["headroom_mw"],
                    row["forecast_headroom_mw"],
                    limit_named(row["limit"]).words,
                    clocks[region].text(row["time_utc"]),
                ]
                for row in table.iter_rows(named=True)
            ]
            for region, table in zip(order, rows, strict=True)
        ],
        hovertemplate="%{y}, %{x|%d %b %H:%M} UTC (%{customdata[4]})<br>%{customdata[0]}<br>"
        "headroom %{customdata[1]:.1f} MW, at the forecast %{customdata[2]:.1f} MW<br>"
        "limit: %{customdata[3]}<extra></extra>",
    )
    for colour, name, sign in STATES.values():
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="markers",
            name=f"{sign} {name}".strip(),
            marker={"color": colour, "size": 13, "symbol": "square"},
        )
    row_px = _ROW_PX if len(order) < _MANY else _LOW_ROW_PX
    theme.style_figure(figure, title="", x_title="", y_title="", height=_AROUND_PX + row_px * len(order))
    figure.update_layout(margin={"l": 12, "r": 12, "t": 52, "b": 50}, legend={"y": 1.0, "font": {"size": 13}})
    figure.update_xaxes(showgrid=False, tickformat="%H:%M\n%d %b", nticks=13)
    figure.update_yaxes(showgrid=False, ticks="")
    return figure


def _sign(state: str, headroom_mw: float) -> str:
    return f"{headroom_mw:.0f}" if state == "safe" and headroom_mw >= 1 else STATES[state][2] or "<1"


def _colours() -> list[list[object]]:
    """Return a colour scale with one flat colour per state."""
    count = len(STATES)
    scale: list[list[object]] = []
    for number, (colour, _, _) in enumerate(STATES.values()):
        scale += [[number / count, colour], [(number + 1) / count, colour]]
    return scale
