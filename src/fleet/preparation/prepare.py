"""Telemetry to conditions: forecasts, bounds, physics and headroom for any number of origins at once."""

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
from fleet.preparation.observed_limit import last_observed_mw, limits_ahead_mw
from fleet.preparation.prepared import Prepared
from fleet.preparation.settings import PATH, POINTWISE, Settings
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
    """Forecast, bound and convert into conditions at each origin, from what was known at that origin.

    Args:
        telemetry: with every region of the fleet; `it_load_mw` is the load without the jobs being placed.
        origins: consecutive positions in the telemetry. Earlier hours, from WARM_UP_H on, are forecast too: their
            errors calibrate the bounds.
        outlooks: forecasts by others; an origin uses those that were issued by then.
    Raises: DataError if a region, a column that limits need, or its history is missing. Where carbon or price is
        missing, only the cost of a region is unknown.
    """
    telemetry = telemetry.select(fleet.region_ids)
    columns = _columns(telemetry, fleet)
    forecast_origins = _with_calibration(telemetry, columns, origins)
    residuals, cost_history = _forecasts(telemetry, columns, fleet, forecast_origins, settings, outlooks, progress)
    seen_mw = last_observed_mw(telemetry)
    calibrating = forecast_origins.positions
    limits = limits_ahead_mw(fleet, telemetry.time_utc[calibrating], seen_mw[:, calibrating], settings.horizon)
    near, levels = _within_horizon(fleet, residuals, settings, limits)
    miscoverage = miscoverage_of(settings.confidence) * _FAR_SHARE
    far, far_row = far_conditions(columns, telemetry, origins, fleet, miscoverage, cost_history)
    return Prepared(
        fleet=fleet,
        settings=settings,
        origin_utc=telemetry.time_utc[origins],
        now=_conditions_now(fleet, telemetry, columns, origins),
        near=near,
        levels=levels,
        far=far,
        far_row=far_row,
        residuals=residuals,
        grid_limit_mw=limits,
    )


def with_settings(prepared: Prepared, settings: Settings) -> Prepared:
    """Return the same forecasts with the bounds and the gate of other settings."""
    near, levels = _within_horizon(prepared.fleet, prepared.residuals, settings, prepared.grid_limit_mw)
    return replace(prepared, settings=settings, near=near, levels=levels)


def with_foresight(prepared: Prepared, *, of_limits: bool = True, of_costs: bool = True) -> Prepared:
    """Return the same origins with the actual weather, load, carbon and price of the horizon.

    Calls of the grid stay unknown; an observed limit holds as it does without foresight.

    Args:
        of_limits, of_costs: whether the headroom, and whether the costs, come from the actual values.
    """
    actual = HourlyValues(**{name: known.actual[known.since :] for name, known in prepared.residuals.items()})
    limits = prepared.grid_limit_mw[-len(prepared.origin_utc) :]
    near = conditions_of(prepared.fleet, expected=actual, bound=actual, grid_limit_mw=limits)
    combined = (near if of_limits else prepared.near).with_costs_of(near if of_costs else prepared.near)
    return replace(prepared, near=combined, levels=HeadroomLevels.single(near) if of_limits else prepared.levels)


def flat_prices(telemetry: Telemetry, fleet: Fleet) -> FloatArray:
    """Return the (region, hour) price. Before a region's first price, the fleet's stated price stands in, or NaN."""
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
    """Forecast every column; carbon and price also get the history that says where their forecasts may be used."""
    residuals, cost_history, stated = {}, {}, _stated(fleet)
    for index, (name, observed) in enumerate(columns.items()):
        share = None if progress is None else share_of(progress, index, len(columns))
        if name in BOUNDED:
            series = Series.of(telemetry, name, outlooks)
            residuals[name] = bounded_residuals(series, origins, settings, share)
        else:
            table = replace(telemetry, values={**telemetry.values, name: observed})
            residuals[name], cost_history[name] = cost_residuals(
                table, name, outlooks, origins, settings, stated[name], share
            )
    return residuals, cost_history


def _within_horizon(
    fleet: Fleet, residuals: Mapping[str, Residuals], settings: Settings, limits: FloatArray
) -> tuple[Conditions, HeadroomLevels]:
    """Compute the conditions of each hour by itself, and the safe loads of windows at each level.

    Args:
        limits: (origin, region, lead) grid power that counts, at all origins of the residuals.
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
    return near, levels_of(fleet, bounded, gate_margin, limits, miscoverage, gate=settings.gate, since=since)


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
    """(region, hour) of a column that may be absent."""
    return telemetry.values.get(name, np.full((len(telemetry.regions), len(telemetry.time_utc)), np.nan))


def _columns(telemetry: Telemetry, fleet: Fleet) -> dict[str, FloatArray]:
    columns = {name: telemetry.column(name) for name in BOUNDED}
    carbon, price = _column_or_nan(telemetry, "carbon_g_per_kwh"), flat_prices(telemetry, fleet)
    return columns | {"carbon_g_per_kwh": carbon, PRICE: price}


def _with_calibration(telemetry: Telemetry, columns: Mapping[str, FloatArray], origins: Positions) -> OriginRange:
    """Add the origins that calibrate. Raises: DataError if there is too little history for them."""
    first_known = max(
        int(Series(observed=columns[name], time_utc=telemetry.time_utc).first_known.max()) for name in BOUNDED
    )
    first = first_known + WARM_UP_H
    if first > origins[0]:
        since = "too late"
        if first_known < len(telemetry.time_utc):
            since = f"from {clock.iso(telemetry.time_utc[first_known])} on"
        raise DataError(
            f"deciding from {clock.iso(telemetry.time_utc[origins[0]])} on needs {WARM_UP_H // HOURS_PER_DAY} days of "
            f"history of {', '.join(BOUNDED)} in every region, and all are known only {since}; add earlier hours or "
            "decide later"
        )
    return OriginRange(positions=np.arange(first, origins[-1] + 1), since=int(origins[0] - first))
