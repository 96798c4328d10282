"""One hour of decisions: jobs that wait and jobs that arrive, against the conditions ahead."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from fleet.domain.conditions import Conditions
from fleet.domain.decision import Alternative, Decision, Footprint, Verdict
from fleet.domain.job import Job
from fleet.pipeline.explain import binding_of, reason_of, spare_mw
from fleet.pipeline.prepare import Prepared
from fleet.placement.base import Choice, Options, Policy, comparable_cost, least_over_window, sum_over_window
from fleet.units import DUST_MW, FloatArray

_ONE_HOUR = np.timedelta64(1, "h")
_ALTERNATIVES = 3
_COST = 2


@dataclass(frozen=True, kw_only=True)
class State:
    """What is carried from one hour to the next.

    step: number of the origin that is decided next.
    reserved_mw: (region, hour ahead) IT power of the jobs that run or are queued.
    waiting: jobs that have arrived and have no place yet.
    """

    step: int
    reserved_mw: FloatArray
    waiting: tuple[Job, ...] = field(default=())

    @classmethod
    def empty(cls, prepared: Prepared, *, longest_job_h: int) -> Self:
        """Nothing runs and nothing waits before the first origin."""
        hours = prepared.settings.horizon + longest_job_h
        return cls(step=0, reserved_mw=np.zeros((len(prepared.fleet.regions), hours)))


def decide(
    prepared: Prepared, state: State, jobs: Sequence[Job], policy: Policy, policy_name: str
) -> tuple[list[Decision], State]:
    """Decide every job that has arrived and has no place yet; the next state is one hour later.

    A job that no region can hold safely now waits while its window lasts, and is denied when it closes.

    Args:
        jobs: those that have arrived since the last hour; they may start in the first hour ahead of the origin.
    Returns: a decision for each new job, and for each waiting one whose wait ended.
    """
    desk = _Desk(prepared, state, policy, policy_name)
    known = {job.id for job in state.waiting}
    queue = sorted((*state.waiting, *jobs), key=lambda job: (-job.priority, job.latest_start_utc, job.id))
    decisions, waiting = [], []
    for job in queue:
        decision = desk.decide(job)
        if decision.verdict is Verdict.DEFER and decision.start_utc is None:
            waiting.append(job)
            if job.id in known:
                continue
        decisions.append(decision)
    reserved = np.concatenate([desk.reserved_mw[:, 1:], np.zeros_like(desk.reserved_mw[:, :1])], axis=1)
    return decisions, replace(state, step=state.step + 1, reserved_mw=reserved, waiting=tuple(waiting))


class _Desk:
    """The hour's conditions and what is already reserved in them, job after job."""

    def __init__(self, prepared: Prepared, state: State, policy: Policy, policy_name: str) -> None:
        self.reserved_mw = state.reserved_mw.copy()
        self._prepared = prepared
        self._policy = policy
        self._policy_name = policy_name
        self._regions = prepared.fleet.regions
        self._place = {region.id: index for index, region in enumerate(self._regions)}
        self._first = prepared.origin_utc[state.step] + _ONE_HOUR
        self._ahead: Conditions = prepared.ahead(state.step, self.reserved_mw.shape[1])
        # At the bound and at the forecast, in one array because every job asks for both. At the bound it may be below
        # zero, so that among places without headroom the least unsafe can be told.
        spare = spare_mw(self._ahead)
        self._spare_mw = np.stack([spare, self._ahead.forecast_headroom_mw]) - self.reserved_mw
        rates = np.stack([self._ahead.carbon_kg_per_mwh, self._ahead.water_l_per_mwh, self._ahead.cost_usd_per_mwh])
        # Counted apart, because an unknown hour in the running sum would make every later hour unknown.
        self._taken_so_far = _running_sum(np.nan_to_num(rates))
        self._unknown_so_far = _running_sum(np.asarray(np.isnan(rates).any(axis=0), dtype=np.float64))

    def decide(self, job: Job) -> Decision:
        options = self._options(job)
        choice = None if options is None else self._policy.choose(options)
        home = (self._place[job.home_region], 0)
        if choice is None:
            last_call = job.latest_start_utc <= self._first
            verdict = Verdict.DENY if last_call else Verdict.DEFER
            considered = home if options is None else _least_unsafe(options)
        else:
            verdict = Verdict.APPROVE if choice[1] == 0 else Verdict.DEFER
            considered = choice
        binding = binding_of(self._ahead, self._regions, self.reserved_mw, self._first, job, considered)
        contested = self._contested(job, home if choice is None else choice)
        expected = self._footprint(job, home if choice is None else choice)
        decision = Decision(
            job_id=job.id,
            verdict=verdict,
            region=None if choice is None else self._regions[choice[0]].id,
            start_utc=None if choice is None else self._first + choice[1] * _ONE_HOUR,
            confidence=self._prepared.settings.confidence,
            binding=binding,
            reason=reason_of(verdict, job, binding, placed=choice is not None, closed=options is None),
            alternatives=self._alternatives(options, choice),
            expected=expected,
            saved=self._footprint(job, home).less(expected),
            contested=contested,
            policy=self._policy_name,
            origin_utc=self._first - _ONE_HOUR,
        )
        if choice is not None:
            region, start = choice
            self.reserved_mw[region, start : start + job.duration_h] += job.power_mw
            self._spare_mw[:, region, start : start + job.duration_h] -= job.power_mw
        return decision

    def _options(self, job: Job) -> Options | None:
        """None once the window has closed."""
        starts = int((job.latest_start_utc - self._first) / _ONE_HOUR) + 1
        starts = min(starts, self._prepared.settings.horizon)
        if starts < 1:
            return None
        allowed = np.zeros((len(self._regions), starts), dtype=np.bool_)
        allowed[[self._place[name] for name in job.regions] or slice(None)] = True
        room, forecast_room = least_over_window(self._spare_mw, job.duration_h, starts) - job.power_mw + DUST_MW
        cost = job.power_mw * sum_over_window(self._taken_so_far[_COST], job.duration_h, starts)
        unknown = sum_over_window(self._unknown_so_far, job.duration_h, starts) > 0
        return Options(
            allowed=allowed,
            room_mw=room,
            forecast_room_mw=forecast_room,
            cost_usd=np.where(unknown, np.nan, cost),
            home=self._place[job.home_region],
        )

    def _footprint(self, job: Job, choice: Choice) -> Footprint:
        (region, start), end = choice, choice[1] + job.duration_h
        taken = job.power_mw * (self._taken_so_far[:, region, end] - self._taken_so_far[:, region, start])
        if self._unknown_so_far[region, end] > self._unknown_so_far[region, start]:
            taken = np.full_like(taken, np.nan)
        carbon_kg, water_l, cost_usd = taken.tolist()
        return Footprint(carbon_kg=carbon_kg, water_l=water_l, cost_usd=cost_usd)

    def _contested(self, job: Job, choice: Choice) -> bool:
        region, hours = choice[0], slice(choice[1], choice[1] + job.duration_h)
        taken = self.reserved_mw[region, hours] + job.power_mw
        near = self._ahead.near_limit[region, hours] | (taken > self._ahead.near_limit_mw[region, hours])
        full = self._ahead.headroom_mw[region, hours] <= 0
        return bool((near | full).any())

    def _alternatives(self, options: Options | None, choice: Choice | None) -> tuple[Alternative, ...]:
        """The best start in each region but the chosen one: the cheapest safe start, or where none is, the least
        unsafe; safe regions by cost come first, then the others by how much room they lack.
        """
        if options is None:
            return ()
        cost = comparable_cost(options, options.allowed & (options.room_mw >= 0))
        best = cost.argmin(axis=1)
        every = np.arange(len(best))
        unsafe = np.isinf(cost[every, best])
        if unsafe.any():
            best = np.where(unsafe, options.room_mw.argmax(axis=1), best)
        room = options.room_mw[every, best]
        order = np.lexsort((np.where(unsafe, -room, cost[every, best]), unsafe)).tolist()
        chosen = None if choice is None else choice[0]
        rows = [row for row in order if row != chosen and options.allowed[row, 0]]
        return tuple(
            Alternative(
                region=self._regions[row].id,
                start_utc=self._first + int(best[row]) * _ONE_HOUR,
                cost_usd=float(options.cost_usd[row, best[row]]),
                headroom_left_mw=float(room[row]),
            )
            for row in rows[:_ALTERNATIVES]
        )


def _running_sum(values: FloatArray) -> FloatArray:
    """(..., hour + 1): sums of (..., hour) values before each hour."""
    return np.concatenate([np.zeros((*values.shape[:-1], 1)), np.cumsum(values, axis=-1)], axis=-1)


def _least_unsafe(options: Options) -> Choice:
    region, start = np.unravel_index(
        np.where(options.allowed, options.room_mw, -np.inf).argmax(), options.allowed.shape
    )
    return int(region), int(start)
