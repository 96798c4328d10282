"""The desk of one hour: from what was decided, why, and what else there was."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from fleet.conformal.controller import Controller
from fleet.decisions.reasons import Place, binding_of, closed, reason_of, shut, why_unpriced
from fleet.decisions.window_headroom import WindowHeadroom
from fleet.domain.conditions import Limit
from fleet.domain.costs import transfer_usd, waiting_usd
from fleet.domain.decision import Alternative, Binding, Decision, Footprint, Verdict
from fleet.domain.job import Job
from fleet.placement.offer import running_sum
from fleet.preparation.prepared import Prepared
from fleet.units import DUST_MW, FloatArray

_ONE_HOUR = np.timedelta64(1, "h")
_ALTERNATIVES = 3
_COST_DECIMALS = 6

Choice = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class _Options:
    """Places that a job may have, at the bound. Arrays are (region, start).

    room_mw: what is left of the headroom once it runs there; below zero breaks the envelope.
    cost_usd: of the whole run; NaN where it is not known.
    """

    allowed: NDArray[np.bool_]
    room_mw: FloatArray
    cost_usd: FloatArray

    @property
    def unpriced(self) -> bool:
        """Some place has room, and no place with room a known cost."""
        room = self.allowed & (self.room_mw >= 0)
        return bool(room.any() and np.isnan(self.cost_usd[room]).all())


class Explainer:
    """Explains the decisions of one hour.

    Args:
        reserved_mw: (region, hour ahead) with all that has a place after these decisions.
        controller: with the approvals of the hour; None if there is none.
        asks_bound: the policy approves nothing that the bound does not hold.
    """

    def __init__(
        self,
        prepared: Prepared,
        step: int,
        reserved_mw: FloatArray,
        controller: Controller | None,
        *,
        policy_name: str,
        asks_bound: bool,
    ) -> None:
        self._prepared = prepared
        self._step = step
        self._reserved_mw = reserved_mw
        self._controller = controller
        self._policy_name = policy_name
        self._asks_bound = asks_bound
        self._regions = prepared.fleet.regions
        self._place = {region.id: index for index, region in enumerate(self._regions)}
        self._first = prepared.origin_utc[step] + _ONE_HOUR
        self._ahead = prepared.ahead(step, reserved_mw.shape[1])
        extra = np.zeros(len(self._regions)) if controller is None else controller.level
        self._promises = WindowHeadroom(prepared.ladder, step, self._ahead, extra)

    def decision(self, job: Job, verdict: Verdict, place: Choice | None, before: Choice | None = None) -> Decision:
        """The decision on one job, whole.

        Args:
            place, before: region and hour ahead of where it runs, and of where it would have; None for nowhere.
        """
        options = self._options(job, place)
        home = (self._place[job.home_region], 0)
        considered = place or (home if options is None else _least_unsafe(options))
        binding = self._binding(job, considered, placed=place is not None)
        cause = None
        if place is None and options is not None and options.unpriced:
            cause = why_unpriced(self._prepared, self._step, considered[0])
            binding = replace(binding, limit=Limit.UNKNOWN.label)
        expected = self._footprint(job, place or home)
        return Decision(
            job_id=job.id,
            verdict=verdict,
            region=None if place is None else self._regions[place[0]].id,
            start_utc=None if place is None else self._first + place[1] * _ONE_HOUR,
            confidence=self._prepared.settings.confidence,
            binding=binding,
            reason=reason_of(
                verdict,
                job,
                binding,
                place=self._named(place),
                before=self._named(before),
                closed=options is None,
                asks_bound=self._asks_bound,
                unpriced=cause,
            ),
            alternatives=() if options is None else self._alternatives(options, place),
            expected=expected,
            saved=self._footprint(job, home).less(expected),
            contested=self._contested(job, place),
            policy=self._policy_name,
            origin_utc=self._first - _ONE_HOUR,
        )

    def passed(self, rest: Job, region: int) -> Binding:
        """The limit of what is left of a running job, which has its place in this region from the first hour on."""
        return self._binding(rest, (region, 0), placed=True)

    @cached_property
    def _rates(self) -> tuple[FloatArray, FloatArray]:
        """(quantity, region, hour + 1) sums per megawatt of carbon, water and cost, and counts of unknown hours."""
        ahead = self._ahead
        rates = np.stack([ahead.carbon_kg_per_mwh, ahead.water_l_per_mwh, ahead.cost_usd_per_mwh])
        # Counted apart, because an unknown hour in the running sum would make every later hour unknown.
        return running_sum(np.nan_to_num(rates)), running_sum(np.asarray(np.isnan(rates).any(axis=0), dtype=np.float64))

    def _options(self, job: Job, place: Choice | None) -> _Options | None:
        """None once the window has closed."""
        starts = int((job.latest_start_utc - self._first) / _ONE_HOUR) + 1
        starts = min(starts, self._prepared.settings.horizon)
        if starts < 1:
            return None
        allowed = np.zeros((len(self._regions), starts), dtype=np.bool_)
        allowed[[self._place[name] for name in job.regions] or slice(None)] = True
        taken = sliding_window_view(self._without(job, place), job.duration_h, axis=1)[:, :starts]
        room = (self._promises.spare_mw(job.duration_h)[:, :starts] - taken).min(axis=2) - job.power_mw + DUST_MW
        if self._controller is not None:
            room[~self._controller.open] = -np.inf
        so_far, unknown = self._rates
        hours, end = np.arange(starts), np.arange(starts) + job.duration_h
        cost = job.power_mw * (so_far[2][:, end] - so_far[2][:, hours])
        cost += self._extra_usd(job, np.arange(len(self._regions))[:, None], hours)
        return _Options(
            allowed=allowed,
            room_mw=room,
            cost_usd=np.where(unknown[:, end] > unknown[:, hours], np.nan, np.round(cost, _COST_DECIMALS)),
        )

    def _without(self, job: Job, place: Choice | None) -> FloatArray:
        """(region, hour) what is reserved by others."""
        if place is None:
            return self._reserved_mw
        taken = self._reserved_mw.copy()
        taken[place[0], place[1] : place[1] + job.duration_h] -= job.power_mw
        return taken

    def _extra_usd(self, job: Job, region: NDArray[np.int64], start: NDArray[np.int64]) -> FloatArray:
        """What moving its data and waiting for its start cost a job."""
        costs = self._prepared.fleet.costs
        away = region != self._place[job.home_region]
        waited = start + int((self._first - job.earliest_utc) / _ONE_HOUR)
        return transfer_usd(costs, job.data_gb, away) + waiting_usd(costs, job.energy_mwh, np.maximum(waited, 0))

    def _binding(self, job: Job, choice: Choice, *, placed: bool) -> Binding:
        index, start = choice
        region, start_utc = self._regions[index], self._first + start * _ONE_HOUR
        barred = None if placed else shut(self._controller, index, region, start_utc)
        if barred is not None:
            return barred
        held = self._promises.held(index, start, job.duration_h)
        highest = self._promises.highest
        if np.isfinite(held.asked) and held.asked > highest:
            return closed(region, start_utc, asked=held.asked, highest=highest, unit="margins")
        taken = self._without(job, choice if placed else None)[index, start : start + job.duration_h]
        return binding_of(held, taken, region, start_utc, job.power_mw)

    def _footprint(self, job: Job, choice: Choice) -> Footprint:
        (region, start), end = choice, choice[1] + job.duration_h
        so_far, unknown = self._rates
        taken = job.power_mw * (so_far[:, region, end] - so_far[:, region, start])
        if unknown[region, end] > unknown[region, start]:
            taken = np.full_like(taken, np.nan)
        carbon_kg, water_l, cost_usd = taken.tolist()
        extra = float(self._extra_usd(job, np.array(region), np.array(start)))
        return Footprint(carbon_kg=carbon_kg, water_l=water_l, cost_usd=cost_usd + extra)

    def _contested(self, job: Job, place: Choice | None) -> bool:
        region, start = place or (self._place[job.home_region], 0)
        hours = slice(start, start + job.duration_h)
        taken = self._reserved_mw[region, hours] + (job.power_mw if place is None else 0.0)
        near = self._ahead.near_limit[region, hours] | (taken > self._ahead.near_limit_mw[region, hours])
        full = taken >= self._ahead.headroom_mw[region, hours]
        return bool((near | full).any())

    def _alternatives(self, options: _Options, place: Choice | None) -> tuple[Alternative, ...]:
        """The best start in each region but the chosen one: the cheapest safe start, or where none is, the least
        unsafe; safe regions by cost come first, then the others by how much room they lack.
        """
        # An unknown cost comes after all others.
        ranked = np.nan_to_num(options.cost_usd, nan=np.finfo(np.float64).max)
        cost = np.where(options.allowed & (options.room_mw >= 0), ranked, np.inf)
        best = cost.argmin(axis=1)
        every = np.arange(len(best))
        unsafe = np.isinf(cost[every, best])
        if unsafe.any():
            best = np.where(unsafe, options.room_mw.argmax(axis=1), best)
        room = options.room_mw[every, best]
        order = np.lexsort((np.where(unsafe, -room, cost[every, best]), unsafe)).tolist()
        rows = [row for row in order if (place is None or row != place[0]) and options.allowed[row, 0]]
        return tuple(
            Alternative(
                region=self._regions[row].id,
                start_utc=self._first + int(best[row]) * _ONE_HOUR,
                cost_usd=float(options.cost_usd[row, best[row]]),
                headroom_left_mw=float(room[row]),
            )
            for row in rows[:_ALTERNATIVES]
        )

    def _named(self, choice: Choice | None) -> Place | None:
        return None if choice is None else Place(self._regions[choice[0]].id, self._first + choice[1] * _ONE_HOUR)


def _least_unsafe(options: _Options) -> Choice:
    # Without any bound a room is -inf too, and the first region might not even be allowed.
    room = np.where(options.allowed, np.maximum(options.room_mw, np.finfo(np.float64).min), -np.inf)
    region, start = np.unravel_index(room.argmax(), room.shape)
    return int(region), int(start)
