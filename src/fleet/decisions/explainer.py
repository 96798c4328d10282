"""Explains the decisions of one hour: the reason, the binding limit and the alternatives."""

import copy
from dataclasses import replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from fleet.conformal.controller import Controller
from fleet.decisions.caution import Caution
from fleet.decisions.contested import contested_hours
from fleet.decisions.controller_limits import closed_region, level_too_high, probation_limit
from fleet.decisions.data_gaps import gaps_at, gaps_of, place_without_data, restored
from fleet.decisions.level_rows import LevelRows
from fleet.decisions.lost_place import is_given_away, is_safe_beside
from fleet.decisions.place_options import AllowedPlaces, Choice, DurationWindows, MoveCosts, MoveRates, PlaceOptions
from fleet.decisions.reasons import Facts, Place, binding_of, reason_of, why_unpriced, with_cause
from fleet.decisions.remedies import remedies_of
from fleet.decisions.window_headroom import Window, WindowHeadroom
from fleet.decisions.window_rates import WindowRates
from fleet.domain import clock
from fleet.domain.data_gap import DataGap
from fleet.domain.decision import Alternative, Binding, Decision, Footprint, Verdict
from fleet.domain.job import Job
from fleet.domain.limit import UNKNOWN, UNKNOWN_CODE
from fleet.domain.remedy import Remedy
from fleet.preparation.prepared import Prepared
from fleet.units import FloatArray

_ONE_HOUR = np.timedelta64(1, "h")
_MAX_ALTERNATIVES = 3


class Explainer:
    """Explains the decisions of one hour.

    Args:
        reserved_mw: (region, hour ahead) power of all jobs that have a place after these decisions.
        controller: after the approvals of the hour; None if there is none.
        uses_bound: the policy approves only jobs that are safe at the bound.
        rows: the spare power on which the hour was decided, for the same hours ahead; None if it is not known.
    """

    def __init__(
        self,
        prepared: Prepared,
        step: int,
        reserved_mw: FloatArray,
        controller: Controller | None,
        *,
        policy_name: str,
        uses_bound: bool,
        rows: LevelRows | None = None,
    ) -> None:
        self._prepared, self._step = prepared, step
        self._reserved_mw, self._controller = reserved_mw, controller
        self._policy_name, self._uses_bound = policy_name, uses_bound
        self._regions = prepared.fleet.regions
        self._position = {region.id: index for index, region in enumerate(self._regions)}
        self._first_utc = prepared.origin_utc[step] + _ONE_HOUR
        hours = reserved_mw.shape[1]
        ahead = prepared.ahead(step, hours)
        self._rates = WindowRates(ahead, prepared.settings.horizon)
        self._rates_of_moves = MoveRates.of(prepared.fleet.costs)
        self._near = ahead.near_limit, ahead.near_limit_mw, ahead.headroom_mw
        self._has_bound = np.asarray((ahead.binding[:, : prepared.settings.horizon] != UNKNOWN_CODE).any(axis=1))
        caution = Caution.of(controller, len(self._regions))
        rows = LevelRows.of(prepared, step, hours, caution) if rows is None else rows
        self._windows = WindowHeadroom(prepared, step, rows.for_caution(prepared, step, caution))
        self._horizon = prepared.settings.horizon
        self._hours_utc = self._first_utc + np.arange(hours) * _ONE_HOUR
        # Many jobs share a duration, a window or a set of regions. Values that depend on these alone are computed once.
        self._windows_of_duration: dict[int, DurationWindows] = {}
        self._room_of_duration: dict[int, bool] = {}
        self._of_window: dict[tuple[int, int, int], Window] = {}
        self._closed: dict[tuple[int, int, int], Binding | None] = {}
        self._of_regions: dict[tuple[tuple[str, ...], int, int], AllowedPlaces] = {}

    def after(self, reserved_mw: FloatArray, controller: Controller | None) -> Self:
        """Return the explainer after one more decision of the same hour. Costs and levels stay the same."""
        later = copy.copy(self)
        later._reserved_mw, later._controller = reserved_mw, controller
        later._windows_of_duration, later._room_of_duration, later._closed = {}, {}, {}
        return later

    def decision(self, job: Job, verdict: Verdict, choice: Choice | None, before: Choice | None = None) -> Decision:
        """Return the decision on one job in full.

        Args: choice, before: the places of the job after and before this hour; None for no place.
        """
        moves = MoveCosts.of(
            self._rates_of_moves, job, home=self._position[job.home_region], waits_h=self._waits_h(job)
        )
        options = self._options(job, moves)
        home = (moves.home, 0)
        is_beyond = options is not None and not options.places.regions
        gaps: tuple[DataGap, ...] = ()
        considered = choice or home
        if choice is None and options is not None and not is_beyond:
            if self._uses_bound:
                gaps = gaps_of(self._prepared, self._step, job, options, self._gaps)
            silent = None if options.is_unpriced else place_without_data(gaps, tuple(self._position), options)
            considered = silent or options.least_unsafe
        binding = self._binding(job, considered, is_placed=choice is not None)
        cause = None
        if choice is None and options is not None and options.is_unpriced:
            cause = why_unpriced(self._prepared, self._step, considered[0])
            binding = replace(binding, limit=UNKNOWN)
        is_refused = choice is None and self._uses_bound
        remedies = (*self._remedies(job, moves), *restored(gaps, self._first_utc)) if is_refused else ()
        at_home = self._footprint(job, moves, home)
        expected = at_home if choice is None else self._footprint(job, moves, choice)
        is_safe = None if options is None else self._is_safe(job, before or home, choice, options.places)
        facts = Facts(
            verdict=verdict,
            job=job,
            binding=binding,
            place=self._place(choice),
            before=self._place(before),
            window_closed=options is None,
            begins_beyond=is_beyond,
            uses_bound=self._uses_bound,
            saved_usd=(at_home if before is None else self._footprint(job, moves, before)).cost_usd - expected.cost_usd,
            is_former_safe=is_safe,
            why_no_bound="" if is_safe is not False else self._why_no_bound(job, before or home),
            why_unpriced=cause,
            gaps=gaps,
            is_given_away=is_refused and is_given_away(self._windows, self._controller, job, before),
        )
        return Decision(
            job_id=job.id,
            verdict=verdict,
            region=None if facts.place is None else facts.place.region,
            start_utc=None if facts.place is None else facts.place.start_utc,
            confidence=self._prepared.settings.confidence,
            binding=binding,
            reason=reason_of(facts),
            alternatives=() if options is None else self._alternatives(options, choice),
            expected=expected,
            saved=at_home.less(expected),
            contested=self._is_contested(job, choice),
            policy=self._policy_name,
            origin_utc=self._first_utc - _ONE_HOUR,
            remedies=remedies,
        )

    def spare_mw(self, region: int, start: int, duration_h: int) -> FloatArray:
        """Return the (hour,) power that all jobs together may use in one window, at the level that it requires."""
        return self._window(region, start, duration_h).spare_mw

    def binding_of_rest(self, rest: Job, region: int) -> Binding:
        """Return the binding limit of the rest of a running job. The rest begins in the first hour ahead."""
        return self._binding(rest, (region, 0), is_placed=True)

    def _options(self, job: Job, moves: MoveCosts) -> PlaceOptions | None:
        """The places that the job could have; None if its last start has passed.

        If the job has a place, the reserved power of that region includes the job. Then only other regions are used.
        """
        starts = min(self._starts(job), self._horizon)
        if starts < 1:
            return None
        places = self._allowed(job.regions, starts, max(moves.waits_h, 0))
        return PlaceOptions.of(places, self._of_duration(job.duration_h), job.power_mw, moves)

    @cached_property
    def _gaps(self) -> list[DataGap | None]:
        """(region,) missing data at the origin."""
        return gaps_at(self._prepared, self._step, self._has_bound)

    def _remedies(self, job: Job, moves: MoveCosts) -> tuple[Remedy, ...]:
        """The changes of a job without a place that would give it a safe one."""
        if not self._has_room(job.duration_h):
            return ()
        return remedies_of(
            job,
            self._of_duration(job.duration_h).room_mw,
            self._hours_utc,
            region_ids=tuple(self._position),
            earliest=max(moves.waits_h, 0),
            starts=self._starts(job),
        )

    def _has_room(self, duration_h: int) -> bool:
        """Tell whether some window of a duration may be safe for some job."""
        if duration_h not in self._room_of_duration:
            room_mw = self._of_duration(duration_h).room_mw
            self._room_of_duration[duration_h] = bool((room_mw > -np.inf).any())
        return self._room_of_duration[duration_h]

    def _of_duration(self, duration_h: int) -> DurationWindows:
        """The windows of a duration that start within the horizon."""
        if duration_h not in self._windows_of_duration:
            taken = sliding_window_view(self._reserved_mw, duration_h, axis=1)[:, : self._horizon]
            room_mw = (self._windows.spare_mw(duration_h) - taken).min(axis=2)
            if self._controller is not None:
                room_mw[~self._controller.is_open(duration_h)] = -np.inf
            self._windows_of_duration[duration_h] = DurationWindows(room_mw, *self._rates.usd_per_mw(duration_h))
        return self._windows_of_duration[duration_h]

    def _allowed(self, regions: tuple[str, ...], starts: int, waits_h: int) -> AllowedPlaces:
        """Where a job may run: in its regions, and `waits_h` or more after the first hour."""
        key = regions, starts, waits_h
        if key not in self._of_regions:
            allowed = np.zeros((len(self._regions), starts), dtype=np.bool_)
            allowed[[self._position[name] for name in regions] or slice(None), waits_h:] = True
            self._of_regions[key] = AllowedPlaces.of(allowed)
        return self._of_regions[key]

    def _reserved_by_others_mw(self, job: Job, choice: Choice | None) -> FloatArray:
        """(region, hour) power that is reserved for other jobs."""
        if choice is None:
            return self._reserved_mw
        reserved_mw = self._reserved_mw.copy()
        reserved_mw[choice[0], choice[1] : choice[1] + job.duration_h] -= job.power_mw
        return reserved_mw

    def _is_safe(self, job: Job, place: Choice, choice: Choice | None, places: AllowedPlaces) -> bool | None:
        """Tell whether a place is safe beside the other jobs; None if it is the chosen one, or not allowed."""
        if choice in (None, place) or place[1] >= places.allowed.shape[1] or not places.allowed[place]:
            return None
        hours = slice(place[1], place[1] + job.duration_h)
        others_mw = self._reserved_by_others_mw(job, choice)[place[0], hours]
        return is_safe_beside(self._windows, self._controller, job, place, others_mw)

    def _why_no_bound(self, job: Job, place: Choice) -> str:
        """Return why a place has no bound, as the end of a sentence; empty if it has one, or none can be told."""
        has_bound = np.isfinite(self._window(*place, job.duration_h).spare_mw).all()
        return "" if has_bound else self._binding(job, place, is_placed=False).cause or ""

    def _waits_h(self, job: Job) -> int:
        """Return the hours from the first hour ahead to the job's earliest start; negative if that start has passed."""
        return clock.hours_between(self._first_utc, job.earliest_utc)

    def _starts(self, job: Job) -> int:
        """Return the number of starts from the first hour ahead to the job's latest one; not positive if it passed."""
        return clock.hours_between(self._first_utc, job.deadline_utc) - job.duration_h + 1

    def _binding(self, job: Job, choice: Choice, *, is_placed: bool) -> Binding:
        index, start = choice
        region, start_utc = self._regions[index], self._first_utc + start * _ONE_HOUR
        closed = None if is_placed else self._closed_region(index, start, job.duration_h)
        if closed is not None:
            return closed
        window = self._window(index, start, job.duration_h)
        reserved_mw = self._reserved_by_others_mw(job, choice if is_placed else None)
        reserved_mw = reserved_mw[index, start : start + job.duration_h]
        taken_mw = float(reserved_mw.max()) + job.power_mw
        binding = level_too_high(window, self._windows.highest_level, region, start_utc)
        binding = binding or probation_limit(self._controller, index, region, start_utc, job.duration_h, taken_mw)
        binding = binding or binding_of(window, reserved_mw, region, start_utc, job.power_mw)
        return with_cause(binding, self._prepared, self._step, index)

    def _closed_region(self, index: int, start: int, duration_h: int) -> Binding | None:
        """Return the limit `controller` if it has closed a region for a window. It is stored as windows are."""
        key = index, start, duration_h
        if key not in self._closed:
            start_utc = self._first_utc + start * _ONE_HOUR
            self._closed[key] = closed_region(
                self._controller, index, self._regions[index], start_utc, duration_h, start
            )
        return self._closed[key]

    def _window(self, index: int, start: int, duration_h: int) -> Window:
        """Return one window. It is stored, because many jobs use the same window."""
        key = index, start, duration_h
        if key not in self._of_window:
            self._of_window[key] = self._windows.window(*key)
        return self._of_window[key]

    def _footprint(self, job: Job, moves: MoveCosts, choice: Choice) -> Footprint:
        carbon_kg, water_l, cost_usd = (job.power_mw * rate for rate in self._rates.of_window(choice, job.duration_h))
        return Footprint(carbon_kg=carbon_kg, water_l=water_l, cost_usd=cost_usd + moves.usd(choice))

    def _is_contested(self, job: Job, choice: Choice | None) -> bool:
        region, start = choice or (self._position[job.home_region], 0)
        hours = slice(start, start + job.duration_h)
        taken_mw = self._reserved_mw[region, hours] + (job.power_mw if choice is None else 0.0)
        (near, near_mw, headroom_mw), at = self._near, (region, hours)
        return bool(contested_hours(near[at], near_mw[at], headroom_mw[at], taken_mw).any())

    def _alternatives(self, options: PlaceOptions, choice: Choice | None) -> tuple[Alternative, ...]:
        """The best start in each region except the chosen one, at most three."""
        return tuple(
            Alternative(
                region=self._regions[place[0]].id,
                start_utc=self._hours_utc[place[1]],
                cost_usd=options.cost_usd[place[0]],
                headroom_left_mw=options.room_mw[place[0]],
            )
            for place in options.best_elsewhere(choice)[:_MAX_ALTERNATIVES]
        )

    def _place(self, choice: Choice | None) -> Place | None:
        return choice and Place(self._regions[choice[0]].id, self._first_utc + choice[1] * _ONE_HOUR)
