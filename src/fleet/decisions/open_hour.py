"""Decides submitted jobs at once, between two plans of the hour, in the capacity that is left.

A single job takes its cheapest window. Several jobs that come together are planned together. Jobs that have a place
keep it; only the plan of the hour moves them.
"""

from collections.abc import Sequence

import numpy as np

from fleet.conformal.controller import Controller
from fleet.conformal.controller_rules import NEAR
from fleet.decisions.build_curve import curve_of, hours_needed
from fleet.decisions.build_offer import offer_of
from fleet.decisions.caution import Caution
from fleet.decisions.decide import decide_further, is_due, verdict_codes
from fleet.decisions.explainer import Explainer
from fleet.decisions.hour_result import VERDICTS
from fleet.decisions.level_rows import LevelRows
from fleet.decisions.state import State
from fleet.domain.clock import Hour
from fleet.domain.decision import Decision
from fleet.domain.headroom_curve import HeadroomCurve
from fleet.domain.job import MAX_DURATION_H, Job, energy_wh
from fleet.domain.workload import Workload
from fleet.placement import DEFAULT_POLICY, POLICIES, Belief
from fleet.placement.stream import Stream
from fleet.preparation.prepared import Prepared
from fleet.units import FloatArray

_ONE_HOUR = np.timedelta64(1, "h")


class OpenHour:
    """The hour after one origin, with the power that is reserved in it.

    Args:
        prepared: the conditions; the last origin counts.
        controller: before the next decision; None if there is none.
        reserved_mw: (region, hour ahead) power of all jobs that have a place, for `hours_ahead` hours.
    """

    def __init__(self, prepared: Prepared, controller: Controller | None, reserved_mw: FloatArray) -> None:
        self._prepared, self._controller = prepared, controller
        self._step = len(prepared.origin_utc) - 1
        self._position = {name: index for index, name in enumerate(prepared.fleet.region_ids)}
        self._allowed: dict[tuple[str, ...], np.ndarray] = {}
        caution = Caution.of(controller, len(reserved_mw))
        self._rows = LevelRows.of(prepared, self._step, reserved_mw.shape[1], caution)
        self._explainer = Explainer(
            *(prepared, self._step, reserved_mw, controller),
            policy_name=DEFAULT_POLICY,
            uses_bound=True,
            rows=self._rows,
        )
        self._start(reserved_mw.copy())

    @property
    def origin_utc(self) -> Hour:
        """The last hour that is known."""
        origin: Hour = self._prepared.origin_utc[self._step]
        return origin

    @property
    def reserved_mw(self) -> FloatArray:
        """(region, hour ahead) power of all jobs that have a place."""
        return self._reserved_mw

    @property
    def controller(self) -> Controller | None:
        """The controller after the decisions up to now; None if there is none."""
        return self._controller

    def decide(self, jobs: Sequence[Job]) -> list[Decision]:
        """Decide jobs that are submitted together, and reserve the power of those that get a place.

        Returns: the decisions, in the order of the jobs.
        """
        return [self._decide_one(jobs[0])] if len(jobs) == 1 else self._decide_together(jobs)

    def curve(self, duration_h: int) -> HeadroomCurve:
        """Return the headroom that is left for jobs of a duration."""
        hours = hours_needed(self._prepared.settings.horizon, duration_h)
        return curve_of(self._prepared, self._step, self._reserved_mw[:, :hours], self._controller, duration_h)

    def copy(self) -> "OpenHour":
        """Return the same hour as an object of its own."""
        return OpenHour(self._prepared, self._controller, self._reserved_mw)

    def hold(self, region: str, start_utc: Hour, duration_h: int, power_mw: float) -> None:
        """Reserve the power of a job that got its place elsewhere."""
        index, start = self._position[region], self._hours_ahead(start_utc)
        self._stream.hold(index, start, duration_h, power_mw)
        self._reserve(index, start, duration_h, power_mw)
        self._explainer = self._explainer.after(self._reserved_mw, self._controller)

    def _start(self, reserved_mw: FloatArray) -> None:
        """Begin to place single jobs in the capacity that is left."""
        self._reserved_mw = reserved_mw
        controller, horizon = self._controller, self._prepared.settings.horizon
        self._rows = self._rows.for_caution(self._prepared, self._step, Caution.of(controller, len(reserved_mw)))
        offer = offer_of(
            self._prepared,
            self._step,
            Belief.BOUND,
            np.maximum(reserved_mw[:, : horizon - 1 + MAX_DURATION_H], 0.0),
            rows=self._rows,
            most_jobs=None if controller is None else controller.places()[NEAR],
        )
        self._stream = Stream(offer, MAX_DURATION_H)
        self._explainer = self._explainer.after(reserved_mw, controller)

    def _decide_one(self, job: Job) -> Decision:
        starts = self._prepared.settings.horizon
        latest = self._hours_ahead(job.latest_start_utc)
        choice = self._stream.place(
            float(job.power_mw),
            int(job.duration_h),
            max(self._hours_ahead(job.earliest_utc), 0),
            min(latest, starts - 1),
            self._regions(job),
            self._position[job.home_region],
            float(job.data_gb),
        )
        if choice is not None:
            self._reserve(choice[0], choice[1], job.duration_h, job.power_mw)
            self._explainer = self._explainer.after(self._reserved_mw, self._controller)
        starts_now = choice is not None and choice[1] == 0
        is_denied = is_due(np.array([latest]), 0) & (choice is None)
        (code,) = verdict_codes(np.array([starts_now]), is_denied).tolist()
        return self._explainer.decision(job, VERDICTS[code], choice)

    def _decide_together(self, jobs: Sequence[Job]) -> list[Decision]:
        work = Workload.of(jobs, self._prepared.fleet.region_ids)
        state = State(step=self._step, reserved_mw=self._reserved_mw, controller=self._controller)
        result, _ = decide_further(self._prepared, state, work, np.arange(len(work)), POLICIES[DEFAULT_POLICY]())
        self._controller = result.controller
        by_id = {decision.job_id: decision for decision in result.decisions()}
        self._start(result.taken_mw.copy())
        return [by_id[job.id] for job in jobs]

    def _reserve(self, region: int, start: int, duration_h: int, power_mw: float) -> None:
        self._reserved_mw = self._reserved_mw.copy()
        self._reserved_mw[region, max(start, 0) : max(start + duration_h, 0)] += power_mw
        if self._controller is not None:
            duration, energy = np.array([duration_h]), energy_wh(np.array([power_mw]), np.array([duration_h]))
            amount = self._controller.rules.amounts(
                len(self._position), np.array([region]), duration, np.ones(1, dtype=np.int64), energy
            )
            self._controller = self._controller.with_approvals(amount)

    def _regions(self, job: Job) -> np.ndarray:
        """(region,) where the job may run."""
        names = job.regions
        if names not in self._allowed:
            allowed = np.zeros(len(self._position), dtype=np.bool_)
            allowed[[self._position[name] for name in names] or slice(None)] = True
            self._allowed[names] = allowed
        if self._controller is None or not self._controller.on_probation.any():
            return self._allowed[names]
        # On probation a track may have fewer places than its region, and the stream counts those of the region.
        return self._allowed[names] & self._controller.is_open(job.duration_h)

    def _hours_ahead(self, hour: Hour) -> int:
        return int((hour - self.origin_utc) / _ONE_HOUR) - 1


def hours_ahead(horizon: int) -> int:
    """Return how many hours ahead the windows of any job reach."""
    return horizon + MAX_DURATION_H
