"""Turns telemetry into conditions: forecasts, bounds, headroom and costs for any number of origins at once."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.conditions import Conditions
from fleet.domain.levels import HeadroomLevels
from fleet.domain.outlooks import Outlooks
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.errors import DataError
from fleet.forecasting import Series
from fleet.forecasting.base import Positions, Progress
from fleet.preparation.beyond_horizon import BeyondHorizon
from fleet.preparation.build_conditions import BOUNDED, EXPECTED, HourlyValues, conditions_of, sure_limits_mw
from fleet.preparation.climatological_band import season_conditions
from fleet.preparation.column_walk import WARM_UP_H
from fleet.preparation.far_forecast import advance_far, known_beyond
from fleet.preparation.forecasts import ColumnInputs, column_tasks, forecasts_of, mean_share
from fleet.preparation.last_heard import held_to_last_heard
from fleet.preparation.observed_limit import last_observed_mw, limits_ahead_mw
from fleet.preparation.prepare_state import PrepareState
from fleet.preparation.prepared import Prepared
from fleet.preparation.settings import Settings
from fleet.preparation.silence import Silence
from fleet.preparation.within_horizon import near_conditions
from fleet.side_by_side import Runner, Task, run_in_turn
from fleet.units import HOURS_PER_DAY, FloatArray

PRICE = "price_usd_per_mwh"
# The task that forecasts beyond the horizon. It takes the longest, so it starts first.
_FAR = "beyond the horizon"


def prepare(
    telemetry: Telemetry,
    fleet: Fleet,
    origins: Positions,
    settings: Settings,
    *,
    outlooks: Outlooks | None = None,
    progress: Progress | None = None,
    run: Runner = run_in_turn,
) -> Prepared:
    """Compute forecasts, bounds and conditions at each origin, from the values that were known at that origin.

    Args:
        telemetry: of the regions of the fleet; `it_load_mw` is the load without the jobs that are placed.
        origins: consecutive positions in the telemetry. Earlier origins are also forecast as soon as a region has
            WARM_UP_H of history, because their errors calibrate the bounds.
        outlooks: forecasts by others; an origin uses those that were issued by the end of its hour.
        progress: called with the finished share, in (0, 1].
        run: how the columns are forecast; `run_side_by_side` takes half the time on two cores, and copies the process.
    Raises: DataError if a column that limits need, or its history, is missing in every region. A region without the
        column or its history gets no bound. Without carbon or price, only the cost of a region is unknown.
    """
    inputs = _inputs(telemetry.of_regions(fleet.region_ids), fleet, outlooks)
    return _advance(None, inputs, fleet, origins, settings, progress, run)[1]


def advance(
    state: PrepareState | None,
    telemetry: Telemetry,
    fleet: Fleet,
    origins: Positions,
    settings: Settings,
    *,
    outlooks: Outlooks | None = None,
    progress: Progress | None = None,
) -> tuple[PrepareState, Prepared]:
    """Prepare origins, and learn from all hours up to the last one.

    The results do not depend on how a history is divided among calls.

    Args:
        state: the state that an earlier call returned, with the same fleet, settings, and values up to its last origin.
            The state is not changed. None starts from nothing, and so does a state that does not serve these origins.
    Returns: the state after the last origin, and the prepared origins.
    Other arguments and errors: as for `prepare`.
    """
    inputs = _inputs(telemetry.of_regions(fleet.region_ids), fleet, outlooks)
    return _advance(state, inputs, fleet, origins, settings, progress, run_in_turn)


def _inputs(telemetry: Telemetry, fleet: Fleet, outlooks: Outlooks | None) -> ColumnInputs:
    columns = _columns(telemetry, fleet)
    return ColumnInputs(columns=columns, stated=_stated(fleet), telemetry=telemetry, outlooks=outlooks)


def _advance(
    state: PrepareState | None,
    inputs: ColumnInputs,
    fleet: Fleet,
    origins: Positions,
    settings: Settings,
    progress: Progress | None,
    run: Runner,
) -> tuple[PrepareState, Prepared]:
    """Prepare origins from the values of all columns; see `advance`."""
    telemetry, columns = inputs.telemetry, inputs.columns
    time_utc = telemetry.time_utc
    # 1. Find the silent regions. They also need the earlier origins at which they last reported.
    silence = Silence.of({name: columns[name] for name in BOUNDED}, time_utc, origins)
    needed = np.arange(origins[0] - silence.lead_in_h, origins[-1] + 1)
    first = _first_origin(telemetry, needed)
    if state is None or not state.serves(int(needed[0]), int(origins[-1])):
        state = PrepareState.empty(first, len(fleet.regions), settings)
    # 2. Forecast every column at the origins that the state has not seen, within the horizon and beyond. Origins before
    # the needed ones calibrate.
    new, since = np.arange(state.last + 1, origins[-1] + 1), int(needed[0])
    tasks: dict[str, Task[Any]] = {_FAR: partial(advance_far, state.far, inputs, fleet, new, settings, since)}
    tasks |= column_tasks(inputs, state.columns, new, settings.near)
    done = {name: one.result for name, one in run(tasks, mean_share(progress, len(tasks))).items()}
    far_state, far = done.pop(_FAR)
    forecasts = forecasts_of(done, inputs, state.columns, new, settings.near, since)
    residuals = {
        name: replace(known, since=known.since + silence.lead_in_h) for name, known in forecasts.residuals.items()
    }
    # 3. Find the grid power that decisions use, at these origins and at the last ones of the state.
    known = slice(int(new[0]) - state.tail_h, int(new[-1]) + 1)
    limits = limits_ahead_mw(fleet, time_utc[known], last_observed_mw(telemetry)[:, known], settings.horizon)
    # 4. Compute the conditions beyond and within the horizon.
    season = season_conditions(columns, telemetry, needed, fleet, settings, forecasts.cost_history, state.seasons)
    beyond = BeyondHorizon.of(season, far, time_utc[needed], silence, settings.horizon)
    near = near_conditions(fleet, residuals, settings, limits, silence.lead_in_h, state.margins, state.levels)
    # 5. Limit the silent regions to the levels of the origins at which they last reported.
    learnt = replace(state, columns=forecasts.after, margins=near.margins_after, levels=near.levels_after)
    return replace(learnt, last=int(new[-1]), far=far_state, seasons=season.seasons), Prepared(
        fleet=fleet,
        settings=settings,
        origin_utc=time_utc[origins],
        now=_conditions_now(fleet, telemetry, columns, origins),
        near=near.conditions,
        levels=held_to_last_heard(near.levels, silence, beyond),
        beyond=beyond,
        silence=silence,
        residuals=residuals,
        gate_margin=near.gate_margin,
        grid_limit_mw=limits,
        far=far,
    )


def with_settings(prepared: Prepared, settings: Settings) -> Prepared:
    """Return the prepared origins with the bounds and the gate of other settings.

    The forecasts and the conditions beyond the horizon stay as they are.

    Assumes: `prepared` was made without an earlier state, so that its residuals hold the whole history.
    """
    lead_in_h = prepared.silence.lead_in_h
    near = near_conditions(prepared.fleet, prepared.residuals, settings, prepared.grid_limit_mw, lead_in_h)
    levels = held_to_last_heard(near.levels, prepared.silence, prepared.beyond)
    return replace(prepared, settings=settings, near=near.conditions, levels=levels, gate_margin=near.gate_margin)


def with_far_foresight(prepared: Prepared) -> Prepared:
    """Return the prepared origins with the actual values of all hours that are forecast, beyond the horizon too."""
    known = with_foresight(prepared)
    if prepared.far is None:
        return known
    far = known_beyond(prepared.far, prepared.fleet)
    return replace(known, beyond=replace(known.beyond, far=far))


def with_foresight(prepared: Prepared, *, of_limits: bool = True, of_costs: bool = True) -> Prepared:
    """Return the prepared origins with the actual weather, load, carbon and price of the horizon.

    The grid power stays that of `prepared`: calls of the utility are not known ahead.

    Args:
        of_limits: True if the headroom comes from the actual values.
        of_costs: True if the costs come from the actual values.
    """
    actual = HourlyValues(**{name: known.actual[known.since :] for name, known in prepared.residuals.items()})
    limits = prepared.grid_limit_mw[-len(prepared.origin_utc) :]
    near = conditions_of(prepared.fleet, expected=actual, bound=actual, grid_limit_mw=limits)
    combined = (near if of_limits else prepared.near).with_costs_of(near if of_costs else prepared.near)
    return replace(prepared, near=combined, levels=HeadroomLevels.single(near) if of_limits else prepared.levels)


def flat_prices(telemetry: Telemetry, fleet: Fleet) -> FloatArray:
    """Return the (region, hour) price.

    Before a region's first observed price, this is the price that the fleet file states, or NaN.
    """
    stated = _stated(fleet)[PRICE][:, None]
    price = _column_or_nan(telemetry, PRICE)
    return np.where(np.logical_or.accumulate(np.isfinite(price), axis=1), price, stated)


def prices_since(telemetry: Telemetry, fleet: Fleet) -> HourArray:
    """Return the hour of each region's first observed price, (region,); NaT if there is none."""
    has_price = np.isfinite(_column_or_nan(telemetry.of_regions(fleet.region_ids), PRICE))
    return np.where(has_price.any(axis=1), telemetry.time_utc[has_price.argmax(axis=1)], np.datetime64("NaT", "h"))


def _conditions_now(
    fleet: Fleet, telemetry: Telemetry, columns: Mapping[str, FloatArray], origins: Positions
) -> Conditions:
    """Return the (origin, region, 1) conditions of the origins' own hours, as observed."""
    observed = HourlyValues(**{name: values[:, origins].T[..., None] for name, values in columns.items()})
    limits = np.minimum(sure_limits_mw(fleet, telemetry.time_utc[origins]), last_observed_mw(telemetry)[:, origins])
    return conditions_of(fleet, expected=observed, bound=observed, grid_limit_mw=limits.T[..., None])


def _stated(fleet: Fleet) -> dict[str, FloatArray]:
    """Return the (region,) value that the fleet file states for each cost column: the price, or NaN."""
    prices = [np.nan if region.price_usd_per_mwh is None else region.price_usd_per_mwh for region in fleet.regions]
    return dict.fromkeys(EXPECTED, np.full(len(prices), np.nan)) | {PRICE: np.array(prices)}


def _column_or_nan(telemetry: Telemetry, name: str) -> FloatArray:
    """Return the (region, hour) values of a column; NaN if the column is absent."""
    return telemetry.values.get(name, np.full((len(telemetry.regions), len(telemetry.time_utc)), np.nan))


def _columns(telemetry: Telemetry, fleet: Fleet) -> dict[str, FloatArray]:
    columns = {name: telemetry.column_somewhere(name) for name in BOUNDED}
    carbon, price = _column_or_nan(telemetry, "carbon_g_per_kwh"), flat_prices(telemetry, fleet)
    return columns | {"carbon_g_per_kwh": carbon, PRICE: price}


def _first_origin(telemetry: Telemetry, origins: Positions) -> int:
    """Return the position of the first origin that calibrates: the first at which any region can be forecast.

    The position does not depend on `origins`, so that all calls calibrate on the same history.

    Raises: DataError if no region has enough history at the first of `origins`.
    """
    first_known = np.max(
        [Series(observed=telemetry.values[name], time_utc=telemetry.time_utc).first_known for name in BOUNDED], axis=0
    )
    earliest, known = int(first_known.min()), "not known yet"
    if earliest + WARM_UP_H <= origins[0]:
        return earliest + WARM_UP_H
    if earliest < len(telemetry.time_utc):
        known = f"known only from {clock.iso(telemetry.time_utc[earliest])} on"
    raise DataError(
        f"deciding from {clock.iso(telemetry.time_utc[origins[0]])} on needs {WARM_UP_H // HOURS_PER_DAY} days of "
        f"history of {', '.join(BOUNDED)} in at least one region, and this history is {known}; add earlier hours "
        "or decide later"
    )
