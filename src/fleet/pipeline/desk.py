"""The desk of one hour: what is left of the hours ahead, job after job."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from fleet.conformal.controller import Controller
from fleet.domain.decision import Alternative, Binding, Decision, Footprint, Verdict
from fleet.domain.job import Job
from fleet.pipeline.explain import binding_of, closed, reason_of
from fleet.pipeline.prepared import Prepared
from fleet.pipeline.promise import Promises
from fleet.placement.options import Choice, Options, Policy, comparable_cost, least_over_window, sum_over_window
from fleet.units import DUST_MW, FloatArray

_ONE_HOUR = np.timedelta64(1, "h")
_ALTERNATIVES = 3
_COST = 2


class Desk:
    """The hour's conditions and what is already reserved in them, job after job.

    reserved_mw: (region, hour ahead) with what has been approved here.
    controller: with the approvals made here; None if there is none.
    """

    def __init__(
        self,
        prepared: Prepared,
        step: int,
        reserved_mw: FloatArray,
        controller: Controller | None,
        policy: Policy,
        policy_name: str,
    ) -> None:
        self.reserved_mw = reserved_mw.copy()
        self.controller = controller
        self._prepared = prepared
        self._policy = policy
        self._policy_name = policy_name
        self._regions = prepared.fleet.regions
        self._place = {region.id: index for index, region in enumerate(self._regions)}
        self._first = prepared.origin_utc[step] + _ONE_HOUR
        self._ahead = prepared.ahead(step, self.reserved_mw.shape[1])
        extra = np.zeros(len(self._regions)) if controller is None else controller.level
        self._promises = Promises(prepared.ladder, step, self._ahead, extra)
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
        binding = self._binding(job, considered)
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
            if self.controller is not None:
                self.controller = self.controller.approved(np.bincount([region], minlength=len(self._regions)))
        return decision

    def _options(self, job: Job) -> Options | None:
        """None once the window has closed."""
        starts = int((job.latest_start_utc - self._first) / _ONE_HOUR) + 1
        starts = min(starts, self._prepared.settings.horizon)
        if starts < 1:
            return None
        allowed = np.zeros((len(self._regions), starts), dtype=np.bool_)
        allowed[[self._place[name] for name in job.regions] or slice(None)] = True
        reserved = sliding_window_view(self.reserved_mw, job.duration_h, axis=1)[:, :starts]
        spare = self._promises.spare_mw(job.duration_h)[:, :starts]
        room = (spare - reserved).min(axis=2) - job.power_mw + DUST_MW
        if self.controller is not None:
            room[~self.controller.open] = -np.inf
        forecast = self._ahead.forecast_headroom_mw - self.reserved_mw
        cost = job.power_mw * sum_over_window(self._taken_so_far[_COST], job.duration_h, starts)
        unknown = sum_over_window(self._unknown_so_far, job.duration_h, starts) > 0
        return Options(
            allowed=allowed,
            room_mw=room,
            forecast_room_mw=least_over_window(forecast, job.duration_h, starts) - job.power_mw + DUST_MW,
            cost_usd=np.where(unknown, np.nan, cost),
            home=self._place[job.home_region],
        )

    def _binding(self, job: Job, choice: Choice) -> Binding:
        index, start = choice
        region, start_utc = self._regions[index], self._first + start * _ONE_HOUR
        if self.controller is not None and not self.controller.open[index]:
            level, rules = float(self.controller.level[index]), self.controller.rules
            if level >= rules.closes_at:
                return closed(region, start_utc, asked=level, highest=rules.closes_at, unit="margins")
            unresolved = float(self.controller.unresolved[index])
            return closed(region, start_utc, asked=unresolved, highest=rules.most_unresolved, unit="jobs")
        held = self._promises.held(index, start, job.duration_h)
        highest = self._promises.highest
        if np.isfinite(held.asked) and held.asked > highest:
            return closed(region, start_utc, asked=held.asked, highest=highest, unit="margins")
        return binding_of(held, self.reserved_mw[index, start : start + job.duration_h], region, start_utc, job)

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
    # Without any bound a room is -inf too, and the first region might not even be allowed.
    room = np.where(options.allowed, np.maximum(options.room_mw, np.finfo(np.float64).min), -np.inf)
    region, start = np.unravel_index(room.argmax(), room.shape)
    return int(region), int(start)
