"""Prepares the hours of a replay once, and runs any policy over them."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from fleet.actuals.actual_hours import ActualHours
from fleet.actuals.job_outcomes import OutcomeTracker
from fleet.domain.outlooks import Outlooks
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.domain.workload import Workload
from fleet.forecasting import FORECASTERS
from fleet.forecasting.base import Progress
from fleet.placement import POLICIES, Belief, Policy
from fleet.preparation.prepare import prepare, with_far_foresight, with_foresight, with_settings
from fleet.preparation.prepared import Prepared
from fleet.preparation.settings import Settings
from fleet.replay.ablation import Variant, variants
from fleet.replay.hour_loop import RunRecord, decide_all
from fleet.replay.lower_bound import LowerBound, lower_bound
from fleet.replay.run import Run, judge
from fleet.side_by_side import Runner, run_in_turn, run_side_by_side

# Called with the name of a stage and its finished share.
Report = Callable[[str, float], None]


@dataclass(frozen=True, kw_only=True)
class _Case:
    """A policy, and the jobs that it decides.

    believed: computes the hours that the policy believes. It is called in the process of the run.
    """

    policy: Policy
    believed: Callable[[], Prepared]
    work: Workload


class PolicyPlayer:
    """Runs any policy over the same hours.

    Args:
        telemetry: of the regions of the fleet.
        start: position of the first origin.
        explain: policies for which the last decision on each job is kept in full.
        report: called with the progress of each stage; None for no reports.
    """

    def __init__(
        self,
        telemetry: Telemetry,
        fleet: Fleet,
        work: Workload,
        start: int,
        settings: Settings,
        outlooks: Outlooks | None,
        report: Report | None,
    ) -> None:
        self._telemetry, self._fleet, self._work, self._start = telemetry, fleet, work, start
        self._settings, self._outlooks, self._report = settings, outlooks, report
        self.seconds: dict[str, float] = {}
        started = time.perf_counter()
        FORECASTERS[settings.forecaster].load_libraries()
        self.prepared = self._prepare(outlooks, run_side_by_side, self._stage("forecasts and bounds"))
        self.actuals = ActualHours.of(telemetry, fleet)
        self._foresight = with_foresight(self.prepared)
        self.seconds["prepare"] = time.perf_counter() - started
        self.bound = self._bound()
        self.seconds["bound"] = time.perf_counter() - started - self.seconds["prepare"]

    def run_policies(self, names: Collection[str], explain: Collection[str] = ()) -> dict[str, Run]:
        """Run policies of the catalogue. Only the oracles decide on actual values of the hours ahead.

        Args:
            explain: policies for which the last decision on each job is kept in full.
        """
        return self._run_all({name: self._case(POLICIES[name]()) for name in names}, explain)

    def run_variants(self) -> dict[str, Run]:
        """Run the variants of the default policy."""
        return self._run_all(
            {
                name: _Case(
                    policy=variant.policy(),
                    believed=partial(self._believed_by, variant),
                    work=variant.work(self._work),
                )
                for name, variant in variants(self._settings).items()
            }
        )

    def _case(self, policy: Policy) -> _Case:
        believed: dict[Belief, Callable[[], Prepared]] = {
            Belief.TRUTH: lambda: self._foresight,
            Belief.FAR_TRUTH: lambda: with_far_foresight(self.prepared),
        }
        return _Case(policy=policy, believed=believed.get(policy.belief, lambda: self.prepared), work=self._work)

    def _believed_by(self, variant: Variant) -> Prepared:
        if variant.outlooks or self._outlooks is None:
            prepared = with_settings(self.prepared, variant.settings)
        else:
            prepared = self._prepare(None, run_in_turn)
        if variant.known_limits or variant.known_costs:
            return with_foresight(prepared, of_limits=variant.known_limits, of_costs=variant.known_costs)
        return prepared

    def _run_all(self, cases: Mapping[str, _Case], explain: Collection[str] = ()) -> dict[str, Run]:
        first_hour = self._telemetry.time_utc[0]

        def task(name: str, case: _Case, progress: Progress) -> RunRecord:
            tracker = OutcomeTracker(self.actuals, first_hour)
            believed = case.believed()
            return decide_all(believed, case.work, case.policy, tracker, self._start, progress, explain=name in explain)

        # Long runs start first: those that are explained, then the last ones of the catalogue, which plan the most.
        from_last = list(reversed([*cases]))
        in_order = sorted(from_last, key=lambda name: name not in explain)
        tasks = {name: partial(task, name, cases[name]) for name in in_order}
        timed = run_side_by_side(tasks, lambda name, share: self._stage(name)(share), shared=self._work.jobs)
        self.seconds |= {name: timed[name].seconds for name in cases}
        return {name: judge(name, timed[name].result, self.prepared, self.actuals, first_hour) for name in cases}

    def _prepare(self, outlooks: Outlooks | None, run: Runner, progress: Progress | None = None) -> Prepared:
        telemetry, origins = self._telemetry, np.arange(self._start, len(self._telemetry.time_utc) - 1)
        return prepare(telemetry, self._fleet, origins, self._settings, outlooks=outlooks, progress=progress, run=run)

    def _bound(self) -> LowerBound:
        """Lower bound of all plans for the hours after the first origin."""
        return lower_bound(
            self._work,
            (self.actuals.safe_load_mw - self.actuals.base_load_mw)[:, self._start + 1 :],
            np.ascontiguousarray(self._foresight.near.cost_usd_per_mwh[:, :, 0].T),
            self._fleet.costs,
            int(self._foresight.origin_utc[0].astype(np.int64)) + 1,
        )

    def _stage(self, name: str) -> Progress:
        return lambda share: None if self._report is None else self._report(name, share)
