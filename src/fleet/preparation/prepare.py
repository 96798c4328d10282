"""Telemetry to conditions: forecasts, bounds, physics and headroom for any number of origins at once."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from fleet.conformal import BANDS, miscoverage_of
from fleet.conformal.build_bands import Residuals
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
from fleet.preparation.beyond_horizon import far_conditions
from fleet.preparation.build_conditions import BOUNDED, EXPECTED, Expected, conditions_of, sure_limits_mw
from fleet.preparation.forecasts import WARM_UP_H, bounded_residuals, cost_residuals, share_of
from fleet.preparation.headroom_levels import PATH, POINTWISE, ladder_of, margins_of
from fleet.preparation.prepared import Prepared
from fleet.preparation.settings import Settings
from fleet.units import HOURS_PER_DAY, FloatArray

# Past the horizon each hour is bounded by itself; a quarter of the miscoverage leaves room for windows of many hours.
_FAR_SHARE = Fraction(1, 4)


def prepare(
    telemetry: Telemetry,
    fleet: Fleet,
    origins: Positions,
    settings: Settings,
    *,
    outlooks: Outlooks | None = None,
    progress: Progress | None = None,
) -> Prepared:
    """Forecast, bound and turn into conditions at each origin, from what was known there.

    Args:
        telemetry: with every region of the fleet; `it_load_mw` is the load without the jobs being placed.
        origins: consecutive positions in the telemetry. Earlier hours, from WARM_UP_H on, are forecast too: their
            errors calibrate the bounds.
        outlooks: forecasts by others, of which an origin sees those issued by then.
    Raises: DataError if a region, or a column that limits need or its history, is missing. Without carbon or price only
        the cost of a region is unknown.
    """
    telemetry = telemetry.select(fleet.region_ids)
    columns = _columns(telemetry, fleet)
    every = _with_calibration(telemetry, columns, origins)
    since, stated = int(origins[0] - every[0]), _stated(fleet)
    residuals, trust = {}, {}
    for index, (name, observed) in enumerate(columns.items()):
        share = None if progress is None else share_of(progress, index, len(columns))
        if name in BOUNDED:
            residuals[name] = bounded_residuals(Series.of(telemetry, name, outlooks), every, since, settings, share)
        else:
            table = replace(telemetry, values={**telemetry.values, name: observed})
            residuals[name], trust[name] = cost_residuals(
                table, name, outlooks, every, since, settings, stated[name], share
            )
    near, ladder = _promised(fleet, residuals, settings)
    share_past_horizon = miscoverage_of(settings.confidence) * _FAR_SHARE
    far, far_row = far_conditions(columns, telemetry.time_utc, origins, fleet, share_past_horizon, trust)
    return Prepared(
        fleet=fleet,
        settings=settings,
        origin_utc=telemetry.time_utc[origins],
        now=_conditions_now(fleet, telemetry.time_utc, columns, origins),
        near=near,
        ladder=ladder,
        far=far,
        far_row=far_row,
        residuals=residuals,
    )


def with_settings(prepared: Prepared, settings: Settings) -> Prepared:
    """The same forecasts, bounded and gated in another way."""
    near, ladder = _promised(prepared.fleet, prepared.residuals, settings)
    return replace(prepared, settings=settings, near=near, ladder=ladder)


def with_foresight(prepared: Prepared, *, of_limits: bool = True, of_costs: bool = True) -> Prepared:
    """The same origins, knowing the true weather, load, carbon and price of the horizon, and no call of the grid.

    Args:
        of_limits, of_costs: whether what may be added, and what it costs, is known.
    """
    actuals = Expected(**{name: known.actual[known.since :] for name, known in prepared.residuals.items()})
    limits = _limits_ahead_mw(prepared.fleet, prepared.origin_utc, prepared.settings.horizon)
    near = conditions_of(prepared.fleet, expected=actuals, bound=actuals, grid_limit_mw=limits)
    known = near if of_limits else prepared.near
    costs = near if of_costs else prepared.near
    both = known.with_costs_of(costs)
    return replace(prepared, near=both, ladder=HeadroomLevels.single(near) if of_limits else prepared.ladder)


def _promised(
    fleet: Fleet, residuals: Mapping[str, Residuals], settings: Settings
) -> tuple[Conditions, HeadroomLevels]:
    """What each hour holds by itself, and what windows may count on."""
    method, miscoverage = BANDS[settings.bands](), miscoverage_of(settings.confidence)
    bounded = {name: residuals[name] for name in BOUNDED}
    since, origin_utc = bounded[BOUNDED[0]].since, bounded[BOUNDED[0]].origin_utc
    forecast = {name: known.forecast[since:] for name, known in residuals.items()}
    limits = _limits_ahead_mw(fleet, origin_utc, settings.horizon)
    margin = margins_of(method, bounded, miscoverage, gate=POINTWISE)
    bound = forecast | {name: forecast[name] + margin[name][since:] for name in BOUNDED}
    near = conditions_of(fleet, expected=Expected(**forecast), bound=Expected(**bound), grid_limit_mw=limits[since:])
    gated = margins_of(method, bounded, miscoverage, gate=PATH) if settings.gate == PATH else margin
    return near, ladder_of(fleet, bounded, gated, limits, miscoverage, gate=settings.gate, since=since)


def _conditions_now(
    fleet: Fleet, time_utc: HourArray, columns: Mapping[str, FloatArray], origins: Positions
) -> Conditions:
    """(origin, region, 1) what the origins' own hours were."""
    found = Expected(**{name: values[:, origins].T[..., None] for name, values in columns.items()})
    limits = sure_limits_mw(fleet, time_utc[origins]).T[..., None]
    return conditions_of(fleet, expected=found, bound=found, grid_limit_mw=limits)


def _limits_ahead_mw(fleet: Fleet, origin_utc: HourArray, horizon: int) -> FloatArray:
    """(origin, region, lead) sure grid power ahead of consecutive origins; a view, as each hour is of many origins."""
    ahead = origin_utc[0] + np.arange(1, len(origin_utc) + horizon)
    windows = sliding_window_view(sure_limits_mw(fleet, ahead), horizon, axis=1)
    return np.swapaxes(windows, 0, 1)


def flat_prices(telemetry: Telemetry, fleet: Fleet) -> FloatArray:
    """(region, hour) price; until a region's first one is known, the price that the fleet states, or NaN."""
    flat = _stated(fleet)["price_usd_per_mwh"][:, None]
    known = _known(telemetry, "price_usd_per_mwh")
    return np.where(np.logical_or.accumulate(np.isfinite(known), axis=1), known, flat)


def _stated(fleet: Fleet) -> dict[str, FloatArray]:
    """(region,) what the fleet states of each column that costs need; NaN where nothing."""
    prices = [np.nan if region.price_usd_per_mwh is None else region.price_usd_per_mwh for region in fleet.regions]
    return dict.fromkeys(EXPECTED, np.full(len(prices), np.nan)) | {"price_usd_per_mwh": np.array(prices)}


def _known(telemetry: Telemetry, name: str) -> FloatArray:
    """(region, hour) of a column that may be missing."""
    return telemetry.values.get(name, np.full((len(telemetry.regions), len(telemetry.time_utc)), np.nan))


def _columns(telemetry: Telemetry, fleet: Fleet) -> dict[str, FloatArray]:
    columns = {name: telemetry.column(name) for name in BOUNDED}
    carbon, price = _known(telemetry, "carbon_g_per_kwh"), flat_prices(telemetry, fleet)
    return columns | {"carbon_g_per_kwh": carbon, "price_usd_per_mwh": price}


def _with_calibration(telemetry: Telemetry, columns: Mapping[str, FloatArray], origins: Positions) -> Positions:
    known = max(int(Series(observed=columns[name], time_utc=telemetry.time_utc).first_known.max()) for name in BOUNDED)
    first = known + WARM_UP_H
    if first > origins[0]:
        since = "too late" if known >= len(telemetry.time_utc) else f"from {clock.iso(telemetry.time_utc[known])} on"
        raise DataError(
            f"deciding from {clock.iso(telemetry.time_utc[origins[0]])} on needs {WARM_UP_H // HOURS_PER_DAY} days of "
            f"history of {', '.join(BOUNDED)} in every region, and all are known only {since}; add earlier hours or "
            "decide later"
        )
    return np.arange(first, origins[-1] + 1)
