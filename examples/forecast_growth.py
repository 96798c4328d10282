"""Draws the seconds and the memory of forecasting by fleet size: python examples/forecast_growth.py RESULT OUT

RESULT is benchmarks/results/forecast_speed.json, which benchmarks/forecast_speed.py writes. OUT gets the PNG file.
Needs the developers' environment (`make test` makes it) and Debian's Chromium.
"""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots
from twin_pictures import photograph

from fleet.dashboard import theme

CASE = re.compile(r"(?P<regions>\d+) regions x 365 daily origins, (?P<name>\w+)$")
PROPORTION = "in proportion"
COLOURS = {"ridge": "#0072b2", "blend": "#d55e00"}
PANELS = (("Seconds, fit and forecast", "ours_s"), ("Peak memory, MB", "peak_mb_ours"))
HEIGHT = 420


def main() -> None:
    """Read the result, draw the figure and write the PNG file."""
    result, out = map(Path, sys.argv[1:])
    content = json.loads(result.read_text(encoding="utf-8"))
    photograph({"forecast_growth": growth_figure(content["rows"], content["targets_s"])}, out)


def growth_figure(rows: Sequence[Mapping[str, Any]], targets_s: Mapping[str, float]) -> go.Figure:
    """Draw seconds and memory by number of regions, with proportional growth and the targets, on logarithmic axes."""
    figure = make_subplots(cols=2, subplot_titles=[title for title, _ in PANELS], horizontal_spacing=0.1)
    for name, colour in COLOURS.items():
        row_by_regions = _growth(rows, name)
        regions = list(row_by_regions)
        for column, (_, key) in enumerate(PANELS, start=1):
            figure.add_scatter(
                x=regions,
                y=[row[key] for row in row_by_regions.values()],
                mode="lines+markers",
                name=name,
                line={"color": colour, "width": 2},
                marker={"size": 8},
                showlegend=column == 1,
                row=1,
                col=column,
            )
        figure.add_scatter(
            x=regions,
            y=[row["peer_s"] for row in row_by_regions.values()],
            mode="lines",
            name=f"{name}, in proportion to regions",
            line={"color": colour, "width": 1, "dash": "dot"},
            row=1,
            col=1,
        )
        figure.add_scatter(
            x=regions[-1:],
            y=[targets_s[name]],
            mode="markers",
            name=f"{name}, target (upper limit)",
            marker={"color": colour, "size": 12, "symbol": "line-ew-open", "line": {"width": 2}},
            row=1,
            col=1,
        )
    title = "A year of daily forecasts, 24 h ahead, after a year of hours"
    theme.style_figure(figure, title=title, x_title="Regions", y_title="", height=HEIGHT)
    figure.update_xaxes(type="log", title={"text": "Regions"}, tickvals=[3, 30, 300])
    # The legend must not cover the titles of the panels.
    figure.update_layout(margin_t=130, legend_y=1.12)
    return figure.update_yaxes(type="log", dtick=1)


def _growth(rows: Sequence[Mapping[str, Any]], name: str) -> Mapping[int, Mapping[str, Any]]:
    """Return the rows of one forecaster by number of regions."""
    matches = [(CASE.match(row["case"]), row) for row in rows if row["peer"].startswith(PROPORTION)]
    return {int(match["regions"]): row for match, row in matches if match and match["name"] == name}


if __name__ == "__main__":
    main()
