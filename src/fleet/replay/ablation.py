"""Variants of the default policy, each with one changed component, to show the effect of the component."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from fleet.domain.workload import Workload
from fleet.placement import Belief, Policy
from fleet.placement.greedy import Greedy
from fleet.placement.priced import Priced
from fleet.preparation.settings import GATES, Settings


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A changed default policy.

    Args:
        work: changes the jobs, for example their allowed regions.
        outlooks: True if forecasts by others are used.
        known_limits: True if limits come from the actual weather and load of the horizon, not from the bounds.
        known_costs: True if costs come from the actual values of the horizon, not from the forecasts.
    """

    settings: Settings
    policy: type[Policy]
    work: Callable[[Workload], Workload] = lambda work: work
    outlooks: bool = True
    known_limits: bool = False
    known_costs: bool = False


class _WithoutBound(Priced):
    """Decides on the point forecast, without a bound and so without a controller."""

    belief = Belief.FORECAST


class _WithoutReplanning(Priced):
    """Keeps the place that a job has got."""

    replans = False


class _WithoutPrices(Greedy):
    """Places one job after another where it is cheapest, and replans."""

    replans = True


def variants(settings: Settings) -> Mapping[str, Variant]:
    """Return the variants by name. The first, with the gate of `settings`, is the unchanged default policy.

    "known limits" has no controller either.
    """
    default = Variant(settings=settings, policy=Priced)
    without_controller = replace(default, settings=replace(settings, controlled=False))
    gates = sorted(GATES, key=lambda gate: gate != settings.gate)
    return {
        **{f"{gate} gate": replace(default, settings=replace(settings, gate=gate)) for gate in gates},
        "no bound": replace(default, policy=_WithoutBound),
        "no controller": without_controller,
        "no outlooks": replace(default, outlooks=False),
        "no prices": replace(default, policy=_WithoutPrices),
        "no new plans": replace(default, policy=_WithoutReplanning),
        "known costs": replace(default, known_costs=True),
        "known limits": replace(without_controller, known_limits=True),
        "no deferral": replace(default, work=at_once),
        "no other regions": replace(default, work=at_home),
    }


def at_once(work: Workload) -> Workload:
    """Return the jobs, changed so that each job must start when it arrives."""
    jobs = [replace(job, deadline_utc=job.earliest_utc + np.timedelta64(job.duration_h, "h")) for job in work.jobs]
    return replace(work, jobs=jobs, latest_start_h=work.earliest_h)


def at_home(work: Workload) -> Workload:
    """Return the jobs, changed so that each job must run in its home region."""
    jobs = [replace(job, regions=(job.home_region,)) for job in work.jobs]
    return replace(work, jobs=jobs, sets=np.eye(work.sets.shape[1], dtype=np.bool_), region_set=work.home)
