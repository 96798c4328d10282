"""Turns telemetry into conditions: forecasts, bounds, headroom and costs for any number of origins at once."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np

from fleet.conformal import BANDS, miscoverage_of
from fleet.conformal.build_bands import Residuals
from fleet.domain import clock
from fleet.domain.conditions import Conditions
from fleet.domain.levels import HeadroomLevels
from fleet.domain.outlooks import Outlooks
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.errors import DataError
from fleet.forecasting import Series
from fleet.forecasting.base import Positions, Progress
from fleet.preparation.beyond_horizon import far_conditions
from fleet.preparation.build_conditions import BOUNDED, EXPECTED, HourlyValues, conditions_of, sure_limits_mw
from fleet.preparation.forecasts import (
    WARM_UP_H,
    CostHistory,
    OriginRange,
    bounded_residuals,
    cost_residuals,
    share_of,
)
from fleet.preparation.headroom_levels import levels_of, margins_of
from fleet.preparation.last_heard import heard_row, held_to_last_heard
from fleet.preparation.observed_limit import last_observed_mw, limits_ahead_mw
from fleet.preparation.prepared import Prepared
from fleet.preparation.settings import PATH, POINTWISE, Settings
from fleet.preparation.silence import Silence
from fleet.units import HOURS_PER_DAY, FloatArray

# Beyond the horizon each hour has a bound of its own. A quarter of the miscoverage allows for windows of many hours.
_FAR_SHARE = Fraction(1, 4)
PRICE = "price_usd_per_mwh"


def prepare(
    telemetry: Telemetry,
    fleet: Fleet,
    origins: Positions,
    settings: Settings,
    *,
    outlooks: Outlooks | None = None,
    progress: Progress | None = None,
) -> Prepared:
    """Compute forecasts, bounds and conditions at each origin, from the values that were known at that origin.

    Args:
        telemetry: covers the regions of the fleet; `it_load_mw` is the load without the jobs that are placed.
        origins: consecutive positions in the telemetry. Earlier hours, from WARM_UP_H on, are also forecast, because
            their errors calibrate the bounds.
        outlooks: forecasts by others; an origin uses those that were issued by the end of its hour.
    Raises: DataError if a column that limits need, or its history, is missing in every region. A region without them
        gets no bound. If carbon or price is missing, only the cost of the region is unknown.
    """
    telemetry = telemetry.of_regions(fleet.region_ids)
    columns = _columns(telemetry, fleet)
    # 1. Find the silent regions, and the origins that are needed. A silent region is held to an earlier origin.
    silence = Silence.of({name: columns[name] for name in BOUNDED}, telemetry.time_utc, origins)
    lead_in_h = silence.lead_in_h
    needed = np.arange(origins[0] - lead_in_h, origins[-1] + 1)
    # 2. Forecast every column at these origins, and at the earlier origins, which calibrate.
    calibrated = _with_calibration(telemetry, needed)
    residuals, cost_history = _forecasts(telemetry, columns, fleet, calibrated, settings, outlooks, progress)
    residuals = {name: replace(known, since=known.since + lead_in_h) for name, known in residuals.items()}
    # 3. Find the grid power that counts at each of these origins.
    seen_mw, all_origins = last_observed_mw(telemetry), calibrated.positions
    limits = limits_ahead_mw(fleet, telemetry.time_utc[all_origins], seen_mw[:, all_origins], settings.horizon)
    # 4. Compute the conditions beyond and within the horizon.
    miscoverage = miscoverage_of(settings.confidence) * _FAR_SHARE
    far, far_row = far_conditions(columns, telemetry, needed, fleet, miscoverage, cost_history)
    near, levels = _within_horizon(fleet, residuals, settings, limits, lead_in_h)
    # 5. Limit the silent regions to the levels of the origins at which they last reported.
    heard_far_row = heard_row(silence, far_row)
    return Prepared(
        fleet=fleet,
        settings=settings,
        origin_utc=telemetry.time_utc[origins],
        now=_conditions_now(fleet, telemetry, columns, origins),
        near=near,
        levels=held_to_last_heard(levels, silence, far, heard_far_row),
        far=far,
        far_row=far_row[lead_in_h:],
        silence=silence,
        heard_far_row=heard_far_row,
        residuals=residuals,
        grid_limit_mw=limits,
    )


def with_settings(prepared: Prepared, settings: Settings) -> Prepared:
    """Return the prepared forecasts with the bounds and the gate of other settings."""
    lead_in_h = prepared.silence.lead_in_h
    near, levels = _within_horizon(prepared.fleet, prepared.residuals, settings, prepared.grid_limit_mw, lead_in_h)
    levels = held_to_last_heard(levels, prepared.silence, prepared.far, prepared.heard_far_row)
    return replace(prepared, settings=settings, near=near, levels=levels)


def with_foresight(prepared: Prepared, *, of_limits: bool = True, of_costs: bool = True) -> Prepared:
    """Return the prepared origins with the actual weather, load, carbon and price of the horizon.

    Calls of the grid stay unknown; an observed limit holds as it does without foresight.

    Args:
        of_limits, of_costs: whether the headroom comes from the actual values, and whether the costs do.
    """
    actual = HourlyValues(**{name: known.actual[known.since :] for name, known in prepared.residuals.items()})
    limits = prepared.grid_limit_mw[-len(prepared.origin_utc) :]
    near = conditions_of(prepared.fleet, expected=actual, bound=actual, grid_limit_mw=limits)
    combined = (near if of_limits else prepared.near).with_costs_of(near if of_costs else prepared.near)
    return replace(prepared, near=combined, levels=HeadroomLevels.single(near) if of_limits else prepared.levels)


def flat_prices(telemetry: Telemetry, fleet: Fleet) -> FloatArray:
    """Return the (region, hour) price.

    Hours before a region's first price have the price that the fleet file states, or NaN.
    """
    stated = _stated(fleet)[PRICE][:, None]
    price = _column_or_nan(telemetry, PRICE)
    return np.where(np.logical_or.accumulate(np.isfinite(price), axis=1), price, stated)


def _forecasts(
    telemetry: Telemetry,
    columns: Mapping[str, FloatArray],
    fleet: Fleet,
    origins: OriginRange,
    settings: Settings,
    outlooks: Outlooks | None,
    progress: Progress | None,
) -> tuple[dict[str, Residuals], dict[str, CostHistory]]:
    """Forecast every column; carbon and price also get a `CostHistory`."""
    residuals, cost_history, stated = {}, {}, _stated(fleet)
    for index, (name, observed) in enumerate(columns.items()):
        share = None if progress is None else share_of(progress, index, len(columns))
        if name in BOUNDED:
            residuals[name] = bounded_residuals(telemetry, name, outlooks, origins, settings, share)
        else:
            table = replace(telemetry, values={**telemetry.values, name: observed})
            residuals[name], cost_history[name] = cost_residuals(
                table, name, outlooks, origins, settings, stated[name], share
            )
    return residuals, cost_history


def _within_horizon(
    fleet: Fleet, residuals: Mapping[str, Residuals], settings: Settings, limits: FloatArray, lead_in_h: int
) -> tuple[Conditions, HeadroomLevels]:
    """Compute the conditions of each hour by itself, and the safe loads of windows at each level.

    Args:
        limits: (origin, region, lead) grid power that counts, at all origins of the residuals.
        lead_in_h: the levels also cover this many origins before the first one.
    """
    method, miscoverage = BANDS[settings.bands](), miscoverage_of(settings.confidence)
    bounded = {name: residuals[name] for name in BOUNDED}
    since = bounded[BOUNDED[0]].since
    forecast = {name: of_variable.forecast[since:] for name, of_variable in residuals.items()}
    margin = margins_of(method, bounded, miscoverage, gate=POINTWISE)
    bound = forecast | {name: forecast[name] + margin[name][since:] for name in BOUNDED}
    near = conditions_of(
        fleet, expected=HourlyValues(**forecast), bound=HourlyValues(**bound), grid_limit_mw=limits[since:]
    )
    gate_margin = margins_of(method, bounded, miscoverage, gate=PATH) if settings.gate == PATH else margin
    levels = levels_of(fleet, bounded, gate_margin, limits, miscoverage, gate=settings.gate, since=since - lead_in_h)
    return near, levels


def _conditions_now(
    fleet: Fleet, telemetry: Telemetry, columns: Mapping[str, FloatArray], origins: Positions
) -> Conditions:
    """(origin, region, 1) conditions of the origins' own hours."""
    observed = HourlyValues(**{name: values[:, origins].T[..., None] for name, values in columns.items()})
    limits = np.minimum(sure_limits_mw(fleet, telemetry.time_utc[origins]), last_observed_mw(telemetry)[:, origins])
    return conditions_of(fleet, expected=observed, bound=observed, grid_limit_mw=limits.T[..., None])


def _stated(fleet: Fleet) -> dict[str, FloatArray]:
    """Value that the fleet file states for each cost column, (region,); NaN where it states none."""
    prices = [np.nan if region.price_usd_per_mwh is None else region.price_usd_per_mwh for region in fleet.regions]
    return dict.fromkeys(EXPECTED, np.full(len(prices), np.nan)) | {PRICE: np.array(prices)}


def _column_or_nan(telemetry: Telemetry, name: str) -> FloatArray:
    """(region, hour) values of a column; NaN if the column is absent."""
    return telemetry.values.get(name, np.full((len(telemetry.regions), len(telemetry.time_utc)), np.nan))


def _columns(telemetry: Telemetry, fleet: Fleet) -> dict[str, FloatArray]:
    columns = {name: telemetry.column_somewhere(name) for name in BOUNDED}
    carbon, price = _column_or_nan(telemetry, "carbon_g_per_kwh"), flat_prices(telemetry, fleet)
    return columns | {"carbon_g_per_kwh": carbon, PRICE: price}


def _with_calibration(telemetry: Telemetry, origins: Positions) -> OriginRange:
    """Add the origins that calibrate. The first one is the first origin at which every ready region can be forecast.

    Raises: DataError if no region has enough history at the first origin.
    """
    first_known = np.max(
        [Series(observed=telemetry.values[name], time_utc=telemetry.time_utc).first_known for name in BOUNDED], axis=0
    )
    begins = first_known + WARM_UP_H
    is_ready = begins <= origins[0]
    if not is_ready.any():
        earliest, known = int(first_known.min()), "not known yet"
        if earliest < len(telemetry.time_utc):
            known = f"known only from {clock.iso(telemetry.time_utc[earliest])} on"
        raise DataError(
            f"deciding from {clock.iso(telemetry.time_utc[origins[0]])} on needs {WARM_UP_H // HOURS_PER_DAY} days of "
            f"history of {', '.join(BOUNDED)} in at least one region, and this history is {known}; add earlier hours "
            "or decide later"
        )
    first = int(begins[is_ready].max())
    return OriginRange(positions=np.arange(first, origins[-1] + 1), since=int(origins[0] - first))
