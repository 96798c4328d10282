"""Compares a ledger with what clients of the service were told."""

from itertools import pairwise
from typing import Any

import numpy as np
from support.service_homes import FLEET, NOW

from fleet.ledger import Ledger
from fleet.ledger.decision_page import DecisionFilter, decision_page
from fleet.ledger.records import DecisionRecord
from fleet.live.reservations import reserved_mw

HEADROOM_MW = 4.0


def check_ledger(url: str, told: dict[str, dict[str, Any]]) -> int:
    """Check that no acknowledged decision is lost or doubled, and that no power is promised twice.

    Args:
        told: job id -> the decision that the client was told. A plan of the hour may have moved the job since then.
    Returns: the number of jobs in the ledger.
    """
    with Ledger(url) as ledger:
        assert list(ledger.verify().faults) == []
        with ledger.reading() as connection:
            recorded = decision_page(connection, DecisionFilter(), {}, limit=10**6)
        by_job: dict[str, list[DecisionRecord]] = {}
        for record in reversed(recorded):
            by_job.setdefault(record.job_id, []).append(record)
        for job_id, decision in told.items():
            assert by_job[job_id][0].as_dict() == decision
        # No decision is doubled: a plan records only the jobs that it moves.
        for decisions in by_job.values():
            places = [(record.region, record.start_utc) for record in decisions]
            assert all(before != after for before, after in pairwise(places))
        # Reservations equal the sum of approvals.
        records = [record for record in ledger.jobs(mode="live") if record.has_place]
        held = reserved_mw(records, FLEET, NOW, 48)
        summed = np.zeros_like(held)
        for *_, record in by_job.values():
            if record.region is not None and record.start_utc is not None:
                start = int((record.start_utc - NOW) / np.timedelta64(1, "h"))
                summed[FLEET.region_ids.index(record.region), start : start + record.duration_h] += record.power_mw
        assert np.allclose(held, summed)
        assert held.max() <= HEADROOM_MW + 1e-6
        return len(by_job)
