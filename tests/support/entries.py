"""Entries of the ledger, made without a pipeline."""

from dataclasses import replace
from typing import Any

import numpy as np

from fleet.domain.decision import Alternative, Binding, Decision, Footprint, Verdict
from fleet.domain.job import Job
from fleet.ledger import Entry

ORIGIN = np.datetime64("2024-05-20T00", "h")
FIRST = np.datetime64("2024-05-20T01", "h")


def decision(name: str = "job", **changes: Any) -> Decision:
    """Approved in alpha from the first hour on."""
    footprint = Footprint(carbon_kg=1.0, water_l=2.0, cost_usd=3.0)
    usual: dict[str, Any] = {
        "job_id": name,
        "verdict": Verdict.APPROVE,
        "region": "alpha",
        "start_utc": FIRST,
        "confidence": 0.95,
        "binding": Binding(limit="grid", region="alpha", hour_utc=FIRST, bound=7.0, limit_value=10.0, unit="MW"),
        "reason": "Runs now.",
        "alternatives": (),
        "expected": footprint,
        "saved": replace(footprint, cost_usd=0.0),
        "contested": False,
        "policy": "greedy",
        "origin_utc": ORIGIN,
    }
    return Decision(**(usual | changes))


def job(name: str = "job", **changes: Any) -> Job:
    """One MW for two hours, to be done within six."""
    usual: dict[str, Any] = {
        "id": name,
        "power_mw": 1.0,
        "duration_h": 2,
        "earliest_utc": FIRST,
        "deadline_utc": FIRST + 6,
        "home_region": "alpha",
    }
    return Job(**(usual | changes))


def denied(name: str = "job", **changes: Any) -> Decision:
    """Denied, with beta as its least unsafe alternative and alpha as the next."""
    others = tuple(
        Alternative(region=region, start_utc=FIRST + 1, cost_usd=4.0, headroom_left_mw=room)
        for region, room in (("beta", -0.5), ("alpha", -2.0))
    )
    usual = {"verdict": Verdict.DENY, "region": None, "start_utc": None, "alternatives": others, "reason": "Denied."}
    return decision(name, **(usual | changes))


def entry(made: Decision | str = "job", **changes: Any) -> Entry:
    own = decision(made) if isinstance(made, str) else made
    usual: dict[str, Any] = {
        "decision": own,
        "job": job(own.job_id),
        "mode": "live",
        "made_utc": "2024-05-20T01:00:00Z",
        "model": "ridge 0",
        "bands": "split 0",
        "input_hash": "0" * 64,
    }
    return Entry(**(usual | changes))
