"""The hours in which recorded decisions change the live controller."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from fleet.domain.clock import Hour
from fleet.ledger import JobRecord, PlaceRecord
from fleet.live.approval_groups import approval_key
from fleet.placement import POLICIES


def uses_bound(decision: PlaceRecord) -> bool:
    """Tell whether the decision was made at the bound, so that the controller counts it."""
    policy = POLICIES.get(decision.policy)
    return policy is not None and policy.uses_bound()


@dataclass(frozen=True, kw_only=True)
class ApprovalEvents:
    """Counts by (hour, region).

    Args:
        approvals: approvals of the policy, by their origin.
        left: approvals whose jobs all left their place because they were decided again, by the last of these origins.
        withdrawn: approvals that a person took back, by their last hour. Their outcome will never be known.
        reporters: ids of the decisions whose jobs report the outcomes: one of each approval whose place a job kept.
    """

    approvals: Counter[tuple[Hour, str]]
    left: Counter[tuple[Hour, str]]
    withdrawn: Counter[tuple[Hour, str]]
    reporters: frozenset[str]

    @classmethod
    def of(
        cls, approvals: Sequence[PlaceRecord], decisions: Sequence[PlaceRecord], recorded: Sequence[JobRecord]
    ) -> Self:
        """Find the events of some approvals.

        Args:
            decisions: all decisions on their jobs, the latest first.
            recorded: the latest record of each of their jobs.
        """
        groups = _Group.all_of(approvals, decisions, recorded)
        withdrawn = [group.decision for group in groups if not group.reporter and group.left_utc is None]
        return cls(
            approvals=Counter((group.decision.origin_utc, str(group.decision.region)) for group in groups),
            left=Counter(
                (group.left_utc, str(group.decision.region)) for group in groups if group.left_utc is not None
            ),
            withdrawn=Counter((_last_hour(row), str(row.region)) for row in withdrawn),
            reporters=frozenset(group.reporter for group in groups),
        )


@dataclass(frozen=True, kw_only=True)
class _Group:
    """The decisions that are one approval, and how the approval ends.

    Args:
        decision: one of them.
        reporter: the decision whose job reports the outcome; empty if no job has kept the place.
        left_utc: the origin in which the last job left the place because it was decided again; None if some job kept
            the place, or if a person withdrew it.
    """

    decision: PlaceRecord
    reporter: str
    left_utc: Hour | None

    @classmethod
    def all_of(
        cls, approvals: Sequence[PlaceRecord], decisions: Sequence[PlaceRecord], recorded: Sequence[JobRecord]
    ) -> "list[_Group]":
        # A person may have moved a job elsewhere, so such a job reports only if there is no other one.
        kept = {record.id: record.overridden for record in recorded if record.verdict != "deny"}
        next_origin = _next_origins(decisions)
        by_key: dict[Hashable, list[PlaceRecord]] = defaultdict(list)
        for row in approvals:
            by_key[approval_key(row)].append(row)
        groups = []
        for rows in by_key.values():
            reporters = sorted((row.id for row in rows if row.id in kept), key=kept.__getitem__)
            is_left = not reporters and all(row.id in next_origin for row in rows)
            left_utc = max(next_origin[row.id] for row in rows) if is_left else None
            groups.append(cls(decision=rows[0], reporter=reporters[0] if reporters else "", left_utc=left_utc))
        return groups


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
