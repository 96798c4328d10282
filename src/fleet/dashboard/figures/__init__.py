"""Tables to Plotly figures, for the pages and the report alike. Pure: no page, no file."""

from fleet.dashboard.figures.bounds import bounds_figure, breaches_figure
from fleet.dashboard.figures.errors import errors_figure
from fleet.dashboard.figures.headroom import headroom_figure
from fleet.dashboard.figures.outcome import load_figure, water_figure
from fleet.dashboard.figures.reliability import reliability_figure
from fleet.dashboard.figures.risk import risk_figure
from fleet.dashboard.figures.running import running_figure
from fleet.dashboard.figures.trip import trip_figure
from fleet.dashboard.figures.water import scatter_figure

__all__ = [
    "bounds_figure",
    "breaches_figure",
    "errors_figure",
    "headroom_figure",
    "load_figure",
    "reliability_figure",
    "risk_figure",
    "running_figure",
    "scatter_figure",
    "trip_figure",
    "water_figure",
]
