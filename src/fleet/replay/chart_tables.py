"""A replay as tables for people to look at: risk hour by hour, and what each policy's jobs took."""

import numpy as np
import polars as pl

from fleet.conformal.build_bands import Residuals, around
from fleet.domain import clock
from fleet.domain.bands import Bands
from fleet.domain.region import Region
from fleet.physics.headroom import PlantWeather, inlet_c, inlet_limit_c
from fleet.preparation.prepared import Prepared
from fleet.replay.closed_loop import Replay
from fleet.replay.plotted_margins import PICTURED, Margins, charted
from fleet.units import FloatArray

# A hall without any capacity left has no finite inlet, and infinities have no residual.
_HOTTEST_INLET_C = 100.0


def risk_frame(prepared: Prepared, pictured: Margins) -> pl.DataFrame:
    """Forecast, bounds and limit of each hour ahead of each origin.

    pictured: of `margins.pictured`, which holds the outdoor temperature's.
    Columns: quantity (`outdoor` or `inlet` temperature), region, origin_utc, lead_h, forecast, lower, upper (the
    two-sided band), path_upper (holds over the whole horizon, one-sided), actual, limit; null where there is none.
    """
    outdoor, inlet = prepared.residuals[PICTURED], _inlet_residuals(prepared)
    limits: list[float | None] = [region.outdoor_limit_c for region in prepared.fleet.regions]
    inlet_limits: list[float | None] = [inlet_limit_c(region) for region in prepared.fleet.regions]
    return pl.concat(
        [
            _quantity_frame("outdoor", prepared, outdoor, pictured, limits),
            _quantity_frame("inlet", prepared, inlet, charted(prepared, inlet), inlet_limits),
        ]
    )


def footprint_frame(replay: Replay) -> pl.DataFrame:
    """What each policy's fleet took in each replayed hour.

    Columns: policy, region, time_utc, temperature_c, carbon_g_per_kwh, base_load_mw, job_mw, and carbon_kg, water_l and
    cost_usd of the region's own load (base_) and of the jobs (job_).
    """
    first = replay.telemetry.position(replay.prepared.origin_utc[0]) + 1
    time = replay.telemetry.time_utc[first:]
    actuals = replay.actuals
    base = actuals.base_resource_use()
    regions = actuals.fleet.region_ids
    frames = []
    for name, run in replay.runs.items():
        columns = {
            "temperature_c": replay.telemetry.column("temperature_c"),
            "carbon_g_per_kwh": actuals.carbon_g_per_kwh,
            "base_load_mw": actuals.base_load_mw,
            "job_mw": run.job_mw,
            "base_carbon_kg": base.carbon_kg,
            "base_water_l": base.water_l,
            "base_cost_usd": base.cost_usd,
            "job_carbon_kg": run.resource_use.carbon_kg,
            "job_water_l": run.resource_use.water_l,
            "job_cost_usd": run.resource_use.cost_usd,
        }
        frames.append(
            pl.DataFrame(
                {
                    "policy": pl.repeat(name, len(regions) * len(time), eager=True),
                    "region": np.repeat(np.array(regions, dtype=np.str_), len(time)),
                    "time_utc": clock.to_series(np.tile(time, len(regions)), "time_utc"),
                    **{column: values[:, first:].ravel() for column, values in columns.items()},
                }
            )
        )
    return pl.concat(frames).with_columns(pl.col(pl.Float64).fill_nan(None))


def _quantity_frame(
    quantity: str, prepared: Prepared, residuals: Residuals, margin: Margins, limits: list[float | None]
) -> pl.DataFrame:
    bands = around(residuals, margin)
    forecast = residuals.forecast[residuals.since :]
    path_upper = forecast + margin["path above"][:, 0]
    actual = residuals.actual[residuals.since :]
    return pl.concat(
        _region_frame(quantity, region, prepared, bands.of_region(index), limits[index], arrays)
        for index, region in enumerate(prepared.fleet.regions)
        for arrays in [(forecast[:, index], path_upper[:, index], actual[:, index])]
    )


def _region_frame(
    quantity: str,
    region: Region,
    prepared: Prepared,
    bands: Bands,
    limit: float | None,
    arrays: tuple[FloatArray, FloatArray, FloatArray],
) -> pl.DataFrame:
    forecast, path_upper, actual = arrays
    origins, horizon = forecast.shape
    frame = pl.DataFrame(
        {
            "quantity": pl.repeat(quantity, origins * horizon, eager=True),
            "region": pl.repeat(region.id, origins * horizon, eager=True),
            "origin_utc": clock.to_series(np.repeat(prepared.origin_utc, horizon), "origin_utc"),
            "lead_h": np.tile(np.arange(1, horizon + 1, dtype=np.int16), origins),
            "forecast": forecast.ravel(),
            "lower": bands.lower.ravel(),
            "upper": bands.upper.ravel(),
            "path_upper": path_upper.ravel(),
            "actual": actual.ravel(),
            "limit": pl.repeat(limit, origins * horizon, dtype=pl.Float64, eager=True),
        }
    )
    return frame.with_columns(pl.col("actual").fill_nan(None)).with_columns(pl.col(pl.Float64).cast(pl.Float32))


def _inlet_residuals(prepared: Prepared) -> Residuals:
    """Forecast and actual inlet: the physics on the forecasts, and on what came true.

    So the inlet's bound is calibrated on the inlet itself, not on bounds of what it is made from.
    """
    known = prepared.residuals
    first = known["temperature_c"]
    forecast, actual = np.empty_like(first.forecast), np.empty_like(first.actual)
    for index, region in enumerate(prepared.fleet.regions):
        for target, part in ((forecast, "forecast"), (actual, "actual")):
            temperature, dew_point, load = (
                getattr(known[name], part)[:, index] for name in ("temperature_c", "dew_point_c", "it_load_mw")
            )
            inlet = inlet_c(PlantWeather.at(region, temperature, dew_point), load)
            target[:, index] = np.minimum(inlet, _HOTTEST_INLET_C)
    return Residuals(
        forecast=forecast,
        actual=actual,
        origin_utc=first.origin_utc,
        age_h=np.maximum.reduce([known[name].age_h for name in ("temperature_c", "dew_point_c", "it_load_mw")]),
        since=first.since,
    )
