"""Compares a ledger with what clients of the service were told."""

from typing import Any

import numpy as np
from support.service_homes import FLEET, NOW

from fleet.ledger import Ledger
from fleet.ledger.decision_page import DecisionFilter, decision_page
from fleet.live.reservations import reserved_mw

HEADROOM_MW = 4.0


def check_ledger(url: str, told: dict[str, dict[str, Any]]) -> int:
    """Check that no acknowledged decision is lost or doubled, and that no power is promised twice.

    Args:
        told: job id -> the decision that the client was told.
    Returns: the number of decisions in the ledger.
    """
    with Ledger(url) as ledger:
        assert list(ledger.verify().faults) == []
        with ledger.reading() as connection:
            recorded = decision_page(connection, DecisionFilter(), {}, limit=10**6)
        by_job = {record.job_id: record.as_dict() for record in recorded}
        assert len(by_job) == len(recorded)
        for job_id, decision in told.items():
            assert by_job[job_id] == decision
        # Reservations equal the sum of approvals.
        records = [record for record in ledger.jobs(mode="live") if record.has_place]
        held = reserved_mw(records, FLEET, NOW, 48)
        summed = np.zeros_like(held)
        for record in recorded:
            if record.region is not None and record.start_utc is not None:
                start = int((record.start_utc - NOW) / np.timedelta64(1, "h"))
                summed[FLEET.region_ids.index(record.region), start : start + record.duration_h] += record.power_mw
        assert np.allclose(held, summed)
        assert held.max() <= HEADROOM_MW + 1e-6
        return len(recorded)
