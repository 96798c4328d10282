"""Plotly figures from tables, for the pages and the report. Pure functions: they read and write no file."""

from fleet.dashboard.figures.bounds_chart import bounds_figure, breaches_figure
from fleet.dashboard.figures.errors_chart import errors_figure
from fleet.dashboard.figures.forecast_chart import forecast_figure
from fleet.dashboard.figures.headroom_chart import headroom_figure
from fleet.dashboard.figures.outcome_chart import load_figure, water_figure
from fleet.dashboard.figures.reliability_chart import reliability_figure
from fleet.dashboard.figures.risk_chart import risk_figure
from fleet.dashboard.figures.running_chart import running_figure
from fleet.dashboard.figures.trip_chart import trip_figure
from fleet.dashboard.figures.water_chart import scatter_figure

__all__ = [
    "bounds_figure",
    "breaches_figure",
    "errors_figure",
    "forecast_figure",
    "headroom_figure",
    "load_figure",
    "reliability_figure",
    "risk_figure",
    "running_figure",
    "scatter_figure",
    "trip_figure",
    "water_figure",
]
