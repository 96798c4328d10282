"""Entries of the ledger, made without forecasts and decisions."""

from dataclasses import replace
from typing import Any

import numpy as np

from fleet.domain.decision import Alternative, Binding, Decision, Footprint, Verdict
from fleet.domain.job import Job
from fleet.ledger import DecisionEntry
from fleet.physics.limits import GRID

ORIGIN = np.datetime64("2024-05-20T00", "h")
FIRST = np.datetime64("2024-05-20T01", "h")


def decision(name: str = "job", **changes: Any) -> Decision:
    """Return a decision that approves a job in alpha from FIRST on."""
    footprint = Footprint(carbon_kg=1.0, water_l=2.0, cost_usd=3.0)
    defaults: dict[str, Any] = {
        "job_id": name,
        "verdict": Verdict.APPROVE,
        "region": "alpha",
        "start_utc": FIRST,
        "confidence": 0.95,
        "binding": Binding(limit=GRID, region="alpha", hour_utc=FIRST, bound=7.0, limit_value=10.0, unit="MW"),
        "reason": "Runs now.",
        "alternatives": (),
        "expected": footprint,
        "saved": replace(footprint, cost_usd=0.0),
        "contested": False,
        "policy": "greedy",
        "origin_utc": ORIGIN,
    }
    return Decision(**(defaults | changes))


def job(name: str = "job", **changes: Any) -> Job:
    """Return a job of 1 MW for two hours within a window of six hours."""
    defaults: dict[str, Any] = {
        "id": name,
        "power_mw": 1.0,
        "duration_h": 2,
        "earliest_utc": FIRST,
        "deadline_utc": FIRST + 6,
        "home_region": "alpha",
    }
    return Job(**(defaults | changes))


def denied(name: str = "job", **changes: Any) -> Decision:
    """Return a denied decision, with beta as the best alternative and alpha as the next one."""
    alternatives = tuple(
        Alternative(region=region, start_utc=FIRST + 1, cost_usd=4.0, headroom_left_mw=headroom_mw)
        for region, headroom_mw in (("beta", -0.5), ("alpha", -2.0))
    )
    defaults = {
        "verdict": Verdict.DENY,
        "region": None,
        "start_utc": None,
        "alternatives": alternatives,
        "reason": "Denied.",
    }
    return decision(name, **(defaults | changes))


def entry(given: Decision | str = "job", **changes: Any) -> DecisionEntry:
    """Return a ledger entry with a decision, or with the decision that approves the named job."""
    made = decision(given) if isinstance(given, str) else given
    defaults: dict[str, Any] = {
        "decision": made,
        "job": job(made.job_id),
        "mode": "live",
        "made_utc": "2024-05-20T01:00:00Z",
        "model": "ridge 0",
        "bands": "split 0",
        "input_hash": "0" * 64,
    }
    return DecisionEntry(**(defaults | changes))
