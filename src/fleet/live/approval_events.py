"""The hours in which recorded decisions change the live controller."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from fleet.domain.clock import Hour
from fleet.domain.job import energy_wh
from fleet.domain.job_outcome import JobOutcome
from fleet.ledger import JobRecord, PlaceRecord
from fleet.live.approval_groups import approval_key
from fleet.placement import POLICIES


def uses_bound(decision: PlaceRecord) -> bool:
    """Tell whether the decision was made at the bound, so that the controller counts it."""
    policy = POLICIES.get(decision.policy)
    return policy is not None and policy.uses_bound()


def taken_back(record: PlaceRecord, *, approvals: int) -> JobOutcome:
    """Return the outcome of a decision whose job left its place: it will never be known.

    Args:
        approvals: 1 if no other job keeps the approval, else 0.
    """
    return JobOutcome(
        region=str(record.region),
        breached=None,
        duration_h=record.duration_h,
        energy_wh=_energy_wh([record]),
        approvals=approvals,
    )


@dataclass(frozen=True, kw_only=True)
class ApprovalEvents:
    """Approvals and parts of approvals, by hour. Their `breached` is None.

    Args:
        approvals: approvals of the policy, by their origin.
        left: jobs that left their place because they were decided again, by the origin of that decision. The last job
            of an approval takes the approval with it.
        withdrawn: jobs that a person took back, by their last hour. Their outcome will never be known.
        reporters: id of a decision -> the approval whose outcome its job reports: one job of each approval whose place
            a job kept.
    """

    approvals: Mapping[Hour, Sequence[JobOutcome]]
    left: Mapping[Hour, Sequence[JobOutcome]]
    withdrawn: Mapping[Hour, Sequence[JobOutcome]]
    reporters: Mapping[str, JobOutcome]

    @classmethod
    def of(
        cls, approvals: Sequence[PlaceRecord], decisions: Sequence[PlaceRecord], recorded: Sequence[JobRecord]
    ) -> Self:
        """Find the events of some approvals.

        Args:
            decisions: all decisions on their jobs, the latest first.
            recorded: the latest record of each of their jobs.
        """
        # A person may have moved a job elsewhere, so such a job reports only if there is no other one.
        kept = {record.id: record.overridden for record in recorded if record.verdict != "deny"}
        next_origin = _next_origins(decisions)
        by_key: dict[Hashable, list[PlaceRecord]] = defaultdict(list)
        for row in approvals:
            by_key[approval_key(row)].append(row)
        came, left, withdrawn = (defaultdict[Hour, list[JobOutcome]](list) for _ in range(3))
        reporters = {}
        for rows in by_key.values():
            came[rows[0].origin_utc].append(_approval(rows))
            staying = sorted((row for row in rows if row.id in kept), key=lambda row: kept[row.id])
            if staying:
                reporters[staying[0].id] = _approval(staying)
            leaving = sorted((row for row in rows if row.id not in kept), key=lambda row: _end(row, next_origin))
            for row in leaving:
                is_last = not staying and row is leaving[-1]
                gone = left if row.id in next_origin else withdrawn
                gone[_end(row, next_origin)].append(taken_back(row, approvals=int(is_last)))
        return cls(approvals=came, left=left, withdrawn=withdrawn, reporters=reporters)


def _approval(rows: Sequence[PlaceRecord]) -> JobOutcome:
    return replace(taken_back(rows[0], approvals=1), energy_wh=_energy_wh(rows))


def _energy_wh(rows: Sequence[PlaceRecord]) -> int:
    power_mw, duration_h = np.array([row.power_mw for row in rows]), np.array([row.duration_h for row in rows])
    return int(energy_wh(power_mw, duration_h).sum())


def _end(row: PlaceRecord, next_origin: Mapping[str, Hour]) -> Hour:
    """Return the hour in which a job left its place."""
    return next_origin[row.id] if row.id in next_origin else _last_hour(row)


def _next_origins(decisions: Sequence[PlaceRecord]) -> dict[str, Hour]:
    """Return decision id -> origin of the next decision on the same job. The decisions are sorted latest first."""
    later: dict[str, PlaceRecord] = {}
    next_origin = {}
    for decision in decisions:
        if decision.job_id in later:
            next_origin[decision.id] = later[decision.job_id].origin_utc
        later[decision.job_id] = decision
    return next_origin


def _last_hour(decision: PlaceRecord) -> Hour:
    if decision.start_utc is None:
        raise ValueError(f"decision {decision.id} has no place")
    return decision.start_utc + np.timedelta64(decision.duration_h - 1, "h")
