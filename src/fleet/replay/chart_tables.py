"""The tables for the charts of a replay: forecasts against limits, and the resource use of each policy."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from fleet.conformal.build_bands import Residuals, bands_around
from fleet.domain import clock
from fleet.domain.clock import Hour, HourArray
from fleet.domain.region import Costs, Region
from fleet.physics.altitude import inlet_limit_c
from fleet.physics.headroom import inlet_c
from fleet.physics.plant_weather import PlantWeather
from fleet.preparation.prepared import Prepared
from fleet.replay.closed_loop import Replay
from fleet.replay.outcomes import beyond_energy_usd
from fleet.replay.plotted_margins import PLOTTED_VARIABLE, Margins, chart_margins
from fleet.replay.run import Run
from fleet.units import FloatArray

# A hall without remaining capacity has an infinite inlet temperature, and residuals of infinities are NaN.
_HOTTEST_INLET_C = 100.0


def risk_frame(prepared: Prepared, margin: Margins) -> pl.DataFrame:
    """Return forecast, bounds and limit of each hour ahead of each origin.

    Args:
        prepared: the forecasts of the replay.
        margin: result of `plotted_margins`.
    Columns:
        quantity: `outdoor` or `inlet` temperature.
        region, origin_utc, lead_h: the hour ahead.
        forecast, actual: `actual` is null where no actual value is known.
        lower, upper: the two-sided band of the hour.
        path_upper: the one-sided bound that holds jointly over the whole horizon.
        limit: limit of the quantity; null for a region without a limit.
    """
    outdoor, inlet = prepared.residuals[PLOTTED_VARIABLE], _inlet_residuals(prepared)
    limits: list[float | None] = [region.outdoor_limit_c for region in prepared.fleet.regions]
    inlet_limits: list[float | None] = [inlet_limit_c(region) for region in prepared.fleet.regions]
    return pl.concat(
        [
            _quantity_frame("outdoor", prepared, outdoor, margin, limits),
            _quantity_frame("inlet", prepared, inlet, chart_margins(prepared, inlet), inlet_limits),
        ]
    )


def footprint_frame(replay: Replay) -> pl.DataFrame:
    """Return the load and the resource use of each policy, region and replayed hour.

    Columns:
        policy, region, time_utc: the key of a row.
        temperature_c, carbon_g_per_kwh: actual values.
        base_load_mw, job_mw: IT power of the region's own load, and of the jobs.
        base_carbon_kg, base_water_l, base_cost_usd: resource use of the region's own load.
        job_carbon_kg, job_water_l, job_cost_usd: resource use that the jobs added.
        job_beyond_energy_usd: cost of moving data and of waiting, in the place and hour in which a job starts. The sum
            of both costs is `ResourceFigures.cost_usd`.
        A value that is not known is null.
    """
    first = replay.telemetry.position(replay.prepared.origin_utc[0]) + 1
    time_utc = replay.telemetry.time_utc[first:]
    actuals = replay.actuals
    base = actuals.base_resource_use()
    region_ids = actuals.fleet.region_ids
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
            "job_beyond_energy_usd": _beyond_energy_usd(run, actuals.fleet.costs, replay.telemetry.time_utc[0]),
        }
        frames.append(
            pl.DataFrame(
                {
                    "policy": pl.repeat(name, len(region_ids) * len(time_utc), eager=True),
                    "region": np.repeat(np.array(region_ids, dtype=np.str_), len(time_utc)),
                    "time_utc": clock.to_series(np.tile(time_utc, len(region_ids)), "time_utc"),
                    **{column: values[:, first:].ravel() for column, values in columns.items()},
                }
            )
        )
    return pl.concat(frames).with_columns(pl.col(pl.Float64).fill_nan(None))


def _beyond_energy_usd(run: Run, costs: Costs, first_hour: Hour) -> FloatArray:
    """Return the (region, hour) cost of moving data and of waiting of the jobs that start there.

    Args:
        first_hour: the first hour of the run's load.
    """
    usd = np.zeros(run.job_mw.shape)
    first_h = int(first_hour.astype(np.int64))
    place = run.status.region[run.placed], run.status.start_h[run.placed] - first_h
    np.add.at(usd, place, beyond_energy_usd(run.status, run.work, costs)[run.placed])
    return usd


def _quantity_frame(
    quantity: str, prepared: Prepared, residuals: Residuals, margin: Margins, limits: list[float | None]
) -> pl.DataFrame:
    """Return the rows of one quantity in all regions.

    Args:
        limits: limit of each region; None for a region without a limit.
    """
    bands = bands_around(residuals, margin)
    forecast = residuals.forecast[residuals.since :]
    path_upper = forecast + margin["path above"][:, 0]
    actual = residuals.actual[residuals.since :]
    frames = []
    for index, region_id in enumerate(prepared.fleet.region_ids):
        region_bands = bands.of_region(index)
        columns = {
            "forecast": forecast[:, index],
            "lower": region_bands.lower,
            "upper": region_bands.upper,
            "path_upper": path_upper[:, index],
            "actual": actual[:, index],
        }
        rows = _region_frame(prepared.origin_utc, columns, limits[index])
        frames.append(rows.select(pl.lit(quantity).alias("quantity"), pl.lit(region_id).alias("region"), pl.all()))
    return pl.concat(frames)


def _region_frame(origin_utc: HourArray, columns: Mapping[str, FloatArray], limit: float | None) -> pl.DataFrame:
    """Return one row per origin and lead.

    Args:
        origin_utc: (origin,).
        columns: name -> values, (origin, lead).
    """
    origins, horizon = columns["forecast"].shape
    frame = pl.DataFrame(
        {
            "origin_utc": clock.to_series(np.repeat(origin_utc, horizon), "origin_utc"),
            "lead_h": np.tile(np.arange(1, horizon + 1, dtype=np.int16), origins),
            **{name: values.ravel() for name, values in columns.items()},
            "limit": pl.repeat(limit, origins * horizon, dtype=pl.Float64, eager=True),
        }
    )
    return frame.with_columns(pl.col("actual").fill_nan(None)).with_columns(pl.col(pl.Float64).cast(pl.Float32))


def _inlet_residuals(prepared: Prepared) -> Residuals:
    """Compute inlet temperatures from the forecasts of weather and load, and from the actual values.

    The bound of the inlet is calibrated on their difference, not on the bounds of weather and load.
    """
    inputs = [prepared.residuals[name] for name in ("temperature_c", "dew_point_c", "it_load_mw")]
    outdoor = inputs[0]
    forecast, actual = np.empty_like(outdoor.forecast), np.empty_like(outdoor.actual)
    for index, region in enumerate(prepared.fleet.regions):
        forecast[:, index] = _inlet_of(region, *(part.forecast[:, index] for part in inputs))
        actual[:, index] = _inlet_of(region, *(part.actual[:, index] for part in inputs))
    return Residuals(
        forecast=forecast,
        actual=actual,
        origin_utc=outdoor.origin_utc,
        age_h=np.maximum.reduce([part.age_h for part in inputs]),
        since=outdoor.since,
    )


def _inlet_of(region: Region, temperature_c: FloatArray, dew_point_c: FloatArray, load_mw: FloatArray) -> FloatArray:
    """Return the inlet temperature [degC], at most _HOTTEST_INLET_C. All arrays are (origin, lead)."""
    inlet = inlet_c(PlantWeather.at(region, temperature_c, dew_point_c), load_mw)
    return np.minimum(inlet, _HOTTEST_INLET_C)
