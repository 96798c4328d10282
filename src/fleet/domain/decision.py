"""What was decided for a job, and everything a person needs to judge it."""

from dataclasses import dataclass
from enum import StrEnum

from fleet.domain.clock import Hour


class Verdict(StrEnum):
    """APPROVE runs in the next hour, DEFER later (or waits where no start is named yet), DENY not at all."""

    APPROVE = "approve"
    DEFER = "defer"
    DENY = "deny"


@dataclass(frozen=True, kw_only=True)
class Binding:
    """The limit that leaves least room in a window: where and when, what the bound reaches, and what is allowed."""

    limit: str
    region: str
    hour_utc: Hour
    bound: float
    limit_value: float
    unit: str


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """A place and start that was considered. A negative headroom_left_mw would have broken the envelope."""

    region: str
    start_utc: Hour
    cost_usd: float
    headroom_left_mw: float


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """What running a job is expected to take."""

    carbon_kg: float
    water_l: float
    cost_usd: float

    def less(self, other: "Footprint") -> "Footprint":
        return Footprint(
            carbon_kg=self.carbon_kg - other.carbon_kg,
            water_l=self.water_l - other.water_l,
            cost_usd=self.cost_usd - other.cost_usd,
        )


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One decision about one job, made when the origin's hour had ended.

    region, start_utc: where and when it runs; None for a job that waits or is denied.
    expected: for the placement, or for running now at home where there is none.
    saved: expected against running now at home; positive is less.
    contested: the bound leaves no headroom somewhere in the window, or the forecast comes close to a limit there.
    """

    job_id: str
    verdict: Verdict
    region: str | None
    start_utc: Hour | None
    confidence: float
    binding: Binding
    reason: str
    alternatives: tuple[Alternative, ...]
    expected: Footprint
    saved: Footprint
    contested: bool
    policy: str
    origin_utc: Hour
