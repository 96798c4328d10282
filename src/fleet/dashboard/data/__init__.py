"""What the pages and the report read from a workspace. Pure: tables in, tables and numbers out."""

from fleet.dashboard.data.coverage import Coverage, coverage
from fleet.dashboard.data.footprint import (
    Period,
    Totals,
    complete_days,
    day_hours,
    hottest_day,
    periods,
    policies,
    steps,
    totals,
)
from fleet.dashboard.data.outcome import (
    OPTIMISED,
    ORIGINAL,
    Metric,
    comparison,
    load_sentence,
    period_metrics,
    policy_label,
    safety_metrics,
    weights_sentence,
)
from fleet.dashboard.data.promise import LIKELY, NO, NO_EVIDENCE, OPEN, VARIABLES, YES, Tile, Verdict, cells_of, verdict
from fleet.dashboard.data.risk import BAND_PERCENT, QUANTITIES, offered_origins, origins, window
from fleet.dashboard.data.workspace import Views, open_views

__all__ = [
    "BAND_PERCENT",
    "LIKELY",
    "NO",
    "NO_EVIDENCE",
    "OPEN",
    "OPTIMISED",
    "ORIGINAL",
    "QUANTITIES",
    "VARIABLES",
    "YES",
    "Coverage",
    "Metric",
    "Period",
    "Tile",
    "Totals",
    "Verdict",
    "Views",
    "cells_of",
    "comparison",
    "complete_days",
    "coverage",
    "day_hours",
    "hottest_day",
    "load_sentence",
    "offered_origins",
    "open_views",
    "origins",
    "period_metrics",
    "periods",
    "policies",
    "policy_label",
    "safety_metrics",
    "steps",
    "totals",
    "verdict",
    "weights_sentence",
    "window",
]
