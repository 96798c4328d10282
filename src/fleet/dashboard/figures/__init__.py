"""Plotly figures from tables, for the pages and the report. Pure functions: they read and write no file."""

from fleet.dashboard.figures.bounds_chart import bounds_figure, breaches_figure
from fleet.dashboard.figures.cells_chart import cells_figure
from fleet.dashboard.figures.errors_chart import errors_figure
from fleet.dashboard.figures.flow_chart import flow_figure
from fleet.dashboard.figures.forecast_chart import forecast_figure
from fleet.dashboard.figures.headroom_chart import headroom_figure
from fleet.dashboard.figures.hour_marks import BLOCKED, OVER, REACHED, first_called_out
from fleet.dashboard.figures.leads_chart import leads_figure
from fleet.dashboard.figures.outcome_chart import load_figure, water_figure
from fleet.dashboard.figures.reliability_chart import reliability_figure
from fleet.dashboard.figures.risk_chart import RiskChart, risk_figure
from fleet.dashboard.figures.running_chart import running_figure
from fleet.dashboard.figures.strip_chart import strip_figure
from fleet.dashboard.figures.timeline_chart import timeline_figure
from fleet.dashboard.figures.trip_chart import trip_figure
from fleet.dashboard.figures.water_chart import LocalHours, scatter_figure
from fleet.dashboard.figures.world_map import world_figure

__all__ = [
    "BLOCKED",
    "OVER",
    "REACHED",
    "LocalHours",
    "RiskChart",
    "bounds_figure",
    "breaches_figure",
    "cells_figure",
    "errors_figure",
    "first_called_out",
    "flow_figure",
    "forecast_figure",
    "headroom_figure",
    "leads_figure",
    "load_figure",
    "reliability_figure",
    "risk_figure",
    "running_figure",
    "scatter_figure",
    "strip_figure",
    "timeline_figure",
    "trip_figure",
    "water_figure",
    "world_figure",
]
