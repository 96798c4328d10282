"""The decision on a job, with everything that a person needs to judge it."""

from dataclasses import dataclass
from enum import StrEnum

from fleet.domain.clock import Hour
from fleet.domain.limit import UNKNOWN, Limit
from fleet.domain.remedy import Change, Remedy


class Verdict(StrEnum):
    """The outcome of a decision.

    APPROVE: the job starts now, in the hour after the last known one. DEFER: the job has a later start, or waits
    without a start. DENY: the job does not run.
    """

    APPROVE = "approve"
    DEFER = "defer"
    DENY = "deny"


@dataclass(frozen=True, kw_only=True)
class Binding:
    """The limit that leaves the least headroom in a window, and the hour in which it leaves the least.

    Args:
        limit: the binding limit.
        region, hour_utc: where and when the limit binds.
        bound: the value that is compared with `limit_value`. At the bound: the total IT load with the job, the outdoor
            temperature or the dew point. For the limit `controller`: the required level, or the number of approvals
            without a known outcome.
        limit_value: the largest allowed value. If the limit is unknown because of the weather, it is the largest
            weather value for which safe loads are known.
        unit: unit of `bound` and `limit_value`: MW, degC, degC dew point, margins or jobs.
        cause: why no bound can be given, as the end of a sentence; empty if there is no special cause.
    """

    limit: Limit
    region: str
    hour_utc: Hour
    bound: float
    limit_value: float
    unit: str
    cause: str = ""

    @property
    def is_stated(self) -> bool:
        """Tell whether `bound` and `limit_value` have a meaning. An unknown limit in MW has none."""
        return self.limit != UNKNOWN or self.unit != "MW"


def told_apart(bound: float | None, limit: float | None) -> tuple[str, str]:
    """Return both numbers with one decimal, or with up to three if it takes more to see which is larger.

    None is "unknown".
    """
    if bound is None or limit is None:
        return "unknown" if bound is None else f"{bound:,.1f}", "unknown" if limit is None else f"{limit:,.1f}"
    decimals = next((n for n in (1, 2, 3) if f"{bound:.{n}f}" != f"{limit:.{n}f}"), 1)
    return f"{bound:,.{decimals}f}", f"{limit:,.{decimals}f}"


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """A region and start that were considered and not chosen.

    Args:
        cost_usd: cost of the whole run; NaN where it is not known.
        headroom_left_mw: headroom that would remain; if it is negative, the job would exceed a limit at the bound.
    """

    region: str
    start_utc: Hour
    cost_usd: float
    headroom_left_mw: float


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """The resources that a run is expected to use; NaN where they are not known."""

    carbon_kg: float
    water_l: float
    cost_usd: float

    def less(self, other: "Footprint") -> "Footprint":
        """Return this footprint minus another one."""
        return Footprint(
            carbon_kg=self.carbon_kg - other.carbon_kg,
            water_l=self.water_l - other.water_l,
            cost_usd=self.cost_usd - other.cost_usd,
        )


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One decision on one job, made when the origin's hour has ended.

    Args:
        region, start_utc: where and when the job runs; None for a job that waits or is denied.
        confidence: confidence of the one-sided bounds.
        binding: the limit that leaves the least headroom in the window.
        reason: one sentence for a person.
        alternatives: the best start in other regions, cheapest safe ones first.
        expected: footprint of the placement, or of running now at home if the job has no placement.
        saved: footprint of running now at home, minus `expected`; a positive value is a saving.
        contested: in some hour of the window, the upper bounds of the hour leave no headroom, or the forecast comes
            close to a limit.
        policy: name of the policy that decided.
        origin_utc: the last hour whose values were known.
        remedies: for a job without a place, the changes that would give it a safe one, or may.
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
    remedies: tuple[Remedy, ...] = ()

    @property
    def lacks_data(self) -> bool:
        """Tell whether the job has no place, and a region that it allows has silent data."""
        return any(remedy.change is Change.RESTORE_FEED for remedy in self.remedies)
