"""Typed records of the ledger's rows. Their JSON keys are public: add keys, never change them."""

import math
from functools import lru_cache
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, PlainSerializer

from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.decision import Alternative, Binding, Footprint, Verdict
from fleet.domain.limit import Limit
from fleet.domain.remedy import Change
from fleet.ledger.asked_record import AskedRecord
from fleet.ledger.record import Record
from fleet.physics.limits import limit_named

Mode = Literal["live", "replay"]
_ONE_HOUR = np.timedelta64(1, "h")


def _hour(value: Any) -> Any:
    return clock.parse_hour(value) if isinstance(value, str) else value


# There are few limits, and many rows.
_limit_named = lru_cache(maxsize=64)(limit_named)


def _limit(value: Any) -> Any:
    return _limit_named(value) if isinstance(value, str) else value


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


# Stored as ISO text, in UTC.
HourUtc = Annotated[np.datetime64, BeforeValidator(_hour), PlainSerializer(clock.iso, return_type=str)]
# Stored as the label of the limit.
StoredLimit = Annotated[Limit, BeforeValidator(_limit), PlainSerializer(lambda limit: limit.label, return_type=str)]
# JSON has no infinity and no NaN: such a value is stored as null.
Finite = Annotated[float | None, BeforeValidator(_finite)]


class BindingRecord(Record):
    """See domain.decision.Binding; `bound` and `limit_value` are null where they are not finite."""

    limit: StoredLimit
    region: str
    hour_utc: HourUtc
    bound: Finite
    limit_value: Finite
    unit: str

    @staticmethod
    def cell_of(binding: Binding) -> dict[str, Any]:
        """Return what the database holds of a binding limit."""
        return {
            "limit": binding.limit.label,
            "region": binding.region,
            "hour_utc": clock.iso(binding.hour_utc),
            "bound": _number(binding.bound),
            "limit_value": _number(binding.limit_value),
            "unit": binding.unit,
        }


class AlternativeRecord(Record):
    """See domain.decision.Alternative."""

    region: str
    start_utc: HourUtc
    cost_usd: Finite
    headroom_left_mw: Finite

    @staticmethod
    def cell_of(alternative: Alternative) -> dict[str, Any]:
        """Return what the database holds of an alternative."""
        return {
            "region": alternative.region,
            "start_utc": clock.iso(alternative.start_utc),
            "cost_usd": _number(alternative.cost_usd),
            "headroom_left_mw": _number(alternative.headroom_left_mw),
        }


class RemedyRecord(Record):
    """See domain.remedy.Remedy."""

    change: Change
    region: str
    start_utc: HourUtc
    less_mw: float
    later_h: int
    column: str = ""


class FootprintRecord(Record):
    """See domain.decision.Footprint."""

    carbon_kg: Finite
    water_l: Finite
    cost_usd: Finite

    @staticmethod
    def cell_of(footprint: Footprint) -> dict[str, Any]:
        """Return what the database holds of a footprint."""
        return {
            "carbon_kg": _number(footprint.carbon_kg),
            "water_l": _number(footprint.water_l),
            "cost_usd": _number(footprint.cost_usd),
        }


class OverrideRecord(Record):
    """A person's override of a recorded decision."""

    seq: int
    id: str
    decision_id: str
    made_utc: str
    verdict: Verdict
    region: str | None
    start_utc: HourUtc | None
    by: str
    reason: str
    after_seq: int | None = None


class AdviceRecord(Record):
    """Advice to migrate a running job, as recorded."""

    seq: int
    id: str
    job_id: str
    decision_id: str | None
    made_utc: str
    origin_utc: HourUtc
    mode: Mode
    region: str
    to_region: str | None
    binding: BindingRecord
    reason: str
    input_hash: str


class DecisionRecord(Record):
    """A decision, as recorded; see domain.decision.Decision and DecisionEntry."""

    seq: int
    id: str
    job_id: str
    made_utc: str
    origin_utc: HourUtc
    mode: Mode
    policy: str
    verdict: Verdict
    region: str | None
    start_utc: HourUtc | None
    duration_h: int
    power_mw: float
    confidence: float
    binding: BindingRecord
    reason: str
    alternatives: tuple[AlternativeRecord, ...]
    expected: FootprintRecord
    saved: FootprintRecord
    contested: bool
    model: str
    bands: str
    input_hash: str
    asked: AskedRecord | None = None
    remedies: Annotated[tuple[RemedyRecord, ...], BeforeValidator(lambda value: value or ())] = ()

    @property
    def is_too_late(self) -> bool:
        """Tell whether the job's last start had passed when it was denied.

        No limit binds then, and `binding` is that of a start at home in the first hour ahead. False if an earlier
        version recorded the decision, without what was asked.
        """
        if self.asked is None or self.verdict is not Verdict.DENY:
            return False
        latest_start = clock.parse_hour(self.asked.deadline_utc) - self.duration_h * _ONE_HOUR
        return bool(latest_start < self.origin_utc + _ONE_HOUR)


class ExplainedDecision(DecisionRecord):
    """A decision with its overrides, and with the advice on its job, both in the order in which they were made."""

    overrides: tuple[OverrideRecord, ...]
    advices: tuple[AdviceRecord, ...]


class PlaceRecord(Record):
    """A decision on a job: what was asked, and the place that the job got.

    Args:
        asked: the other properties of the job that was decided; null if an earlier version recorded the decision.
    """

    id: str
    job_id: str
    origin_utc: HourUtc
    policy: str
    verdict: Verdict
    region: str | None
    start_utc: HourUtc | None
    duration_h: int
    power_mw: float
    asked: AskedRecord | None = None


class JobRecord(PlaceRecord):
    """The latest decision on a job, with the verdict, region and start of its latest override.

    Args:
        overridden: the decision has an override.
        placed_after: `seq` of the newest decision when the job got its place. An earlier version did not record it; the
            value is then at least as late as the true one.
    """

    placed_after: int
    alternative_regions: tuple[str, ...]
    overridden: bool

    @property
    def waits(self) -> bool:
        """The job has no place yet and will be decided again."""
        return self.verdict is Verdict.DEFER and self.start_utc is None

    @property
    def runs_now(self) -> bool:
        """The decision said that the job runs now."""
        return self.verdict is Verdict.APPROVE

    @property
    def has_place(self) -> bool:
        """The job runs, has run or will run somewhere."""
        return self.verdict is not Verdict.DENY and self.region is not None and self.start_utc is not None

    @property
    def end_utc(self) -> Hour:
        """The hour after the job's last hour. Assumes that the job has a place."""
        return _place_start(self) + self.duration_h * _ONE_HOUR

    def begins_before(self, hour: Hour) -> bool:
        """Tell whether the job begins before an hour. Assumes that the job has a place."""
        return bool(_place_start(self) < hour)


def _place_start(record: JobRecord) -> Hour:
    if record.start_utc is None:
        raise ValueError(f"job {record.job_id} has no place")
    return record.start_utc
