"""The default policy with one ingredient changed at a time, to show what each of them earns, or holds back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from fleet.domain.workload import Workload
from fleet.placement import Belief, Policy
from fleet.placement.greedy import Greedy
from fleet.placement.priced import Priced
from fleet.preparation.headroom_levels import GATES
from fleet.preparation.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What is changed.

    work: the jobs as it is allowed to see them.
    outlooks: whether forecasts by others are used.
    known_limits, known_costs: whether the truth of the horizon is known instead of forecast and bound.
    """

    settings: Settings
    policy: type[Policy]
    work: Callable[[Workload], Workload] = lambda work: work
    outlooks: bool = True
    known_limits: bool = False
    known_costs: bool = False


class _BelievesTheForecast(Priced):
    """Without a bound."""

    belief = Belief.FORECAST


class _FixesAtOnce(Priced):
    """A place that was given is final."""

    replans = False


class _Unpriced(Greedy):
    """One job after another, each where it is cheapest."""

    replans = True


def variants(settings: Settings) -> Mapping[str, Variant]:
    """By name; the first is the default as it is."""
    plain = Variant(settings=settings, policy=Priced)
    unwatched = replace(plain, settings=replace(settings, controlled=False))
    gates = sorted(GATES, key=lambda gate: gate != settings.gate)
    return {
        **{f"{gate} gate": replace(plain, settings=replace(settings, gate=gate)) for gate in gates},
        "no bound": replace(plain, policy=_BelievesTheForecast),
        "no controller": unwatched,
        "no outlooks": replace(plain, outlooks=False),
        "no prices": replace(plain, policy=_Unpriced),
        "no new plans": replace(plain, policy=_FixesAtOnce),
        "known costs": replace(plain, known_costs=True),
        "known limits": replace(unwatched, known_limits=True),
        "no deferral": replace(plain, work=at_once),
        "no other regions": replace(plain, work=at_home),
    }


def at_once(work: Workload) -> Workload:
    """Every job must start when it arrives."""
    jobs = [replace(job, deadline_utc=job.earliest_utc + np.timedelta64(job.duration_h, "h")) for job in work.jobs]
    return replace(work, jobs=jobs, latest_start_h=work.earliest_h)


def at_home(work: Workload) -> Workload:
    """Every job must run where it was submitted."""
    jobs = [replace(job, regions=(job.home_region,)) for job in work.jobs]
    return replace(work, jobs=jobs, sets=np.eye(work.sets.shape[1], dtype=np.bool_), region_set=work.home)
