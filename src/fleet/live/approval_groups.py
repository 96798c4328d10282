"""Which recorded decisions are one approval to the controller; see `fleet.decisions.approvals`."""

from collections.abc import Hashable, Sequence

import numpy as np

from fleet.ledger import JobRecord, PlaceRecord
from fleet.units import IntArray


def approval_key(record: PlaceRecord) -> Hashable:
    """Return what the decisions of one approval have in common.

    Decisions of older ledgers do not tell what was asked, so each of them is an approval of its own.
    """
    if record.asked is None:
        return record.id
    place = (record.origin_utc, record.region, record.start_utc)
    return (*place, record.duration_h, record.power_mw, record.asked)


def numbered(records: Sequence[JobRecord]) -> IntArray:
    """Return the (record,) number of each record's approval. Each record has a place."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(approval_key(record), len(numbers)) for record in records], dtype=np.int64)
