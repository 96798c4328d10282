"""Writes what the pages show of a live hour, one table per hour, and reads it again."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.headroom_curve import HeadroomCurve
from fleet.domain.region import Fleet, Region
from fleet.errors import DataError
from fleet.live.live_forecast import ForecastAhead
from fleet.physics.altitude import inlet_limit_c
from fleet.physics.headroom import inlet_c
from fleet.physics.plant_weather import PlantWeather
from fleet.preparation.column_bands import ColumnBand
from fleet.storage.files import frame_writer, write_whole
from fleet.storage.parquet_scan import scan_regular
from fleet.storage.workspace import Workspace
from fleet.units import HOURS_PER_DAY, FloatArray

# Older tables are deleted: the pages look back over this many hours.
KEPT_HOURS = 31 * HOURS_PER_DAY
_SUFFIX = ".parquet"
_HOTTEST_INLET_C = 100.0
# What the inlet temperature follows from.
INLET_INPUTS = ("temperature_c", "dew_point_c", "it_load_mw")
# Quantity of the pages -> column of a table.
QUANTITY_COLUMNS: Mapping[str, str] = {"outdoor": "temperature_c", "inlet": "inlet_c"}


def write_live_hour(workspace: Workspace, fleet: Fleet, curve: HeadroomCurve, ahead: ForecastAhead) -> Path:
    """Write the table of one hour, and delete the tables beyond KEPT_HOURS. Returns: the path of the table.

    Args:
        curve: of windows of one hour.
        ahead: of the same hour.
    Raises: ConfigError if the table cannot be written.
    """
    path = workspace.live_hours / f"{curve.origin_utc}{_SUFFIX}"
    write_whole({path: frame_writer(path, live_frame(curve, ahead, fleet))})
    for hour in live_hours(workspace)[:-KEPT_HOURS]:
        (workspace.live_hours / f"{hour}{_SUFFIX}").unlink(missing_ok=True)
    return path


def live_hours(workspace: Workspace) -> list[Hour]:
    """Return the hours that have a table, the oldest first."""
    if not workspace.live_hours.is_dir():
        return []
    stems = sorted(path.stem for path in workspace.live_hours.glob(f"????-??-??T??{_SUFFIX}"))
    return [np.datetime64(stem, "h") for stem in stems]


def read_live_hour(workspace: Workspace, hour: Hour) -> pl.DataFrame:
    """Return the table of an hour; see `live_frame`. Raises: DataError if there is none, or if it cannot be read."""
    try:
        return scan_live_hour(workspace, hour).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        path = workspace.live_hours / f"{hour}{_SUFFIX}"
        raise DataError(f"{path} is no readable table; run `fleet headroom` to make it anew") from error


def scan_live_hour(workspace: Workspace, hour: Hour) -> pl.LazyFrame:
    """Return the table of an hour; it is read when it is collected. Raises: OSError if there is none."""
    return scan_regular(workspace.live_hours / f"{hour}{_SUFFIX}")


def live_frame(curve: HeadroomCurve, ahead: ForecastAhead, fleet: Fleet) -> pl.DataFrame:
    """Return one row per region and hour ahead.

    Columns:
        region, origin_utc, lead_h: the hour ahead.
        headroom_mw, forecast_headroom_mw, reserved_mw, limit, bound, limit_value, unit: see `HeadroomCurve`.
        temperature_c and the other columns of the forecast, each with `_lower` and `_upper`.
        inlet_c, inlet_c_lower, inlet_c_upper: the inlet of the load without jobs, at the forecasts and at the bounds
            of weather and load together.
        confidence: of each band.
    """
    frames, bands = [], {**ahead.columns, "inlet_c": _inlet_band(ahead, fleet)}
    for row, region in enumerate(fleet.regions):
        bindings = curve.binding[row]
        columns: dict[str, object] = {
            "headroom_mw": curve.headroom_mw[row],
            "forecast_headroom_mw": curve.forecast_headroom_mw[row],
            "reserved_mw": curve.reserved_mw[row],
            "limit": [binding.limit.label for binding in bindings],
            "bound": [binding.bound if binding.is_stated else None for binding in bindings],
            "limit_value": [binding.limit_value if binding.is_stated else None for binding in bindings],
            "unit": [binding.unit for binding in bindings],
        }
        for name, band in bands.items():
            parts = {"": band.forecast, "_lower": band.lower, "_upper": band.upper}
            columns |= {f"{name}{suffix}": values[row] for suffix, values in parts.items()}
        leads = pl.Series("lead_h", range(1, len(bindings) + 1), dtype=pl.Int16)
        origin = clock.to_series(np.full(len(bindings), curve.origin_utc), "origin_utc")
        key = {"region": [region.id] * len(bindings), "origin_utc": origin, "lead_h": leads}
        frames.append(pl.DataFrame({**key, **columns}))
    whole = pl.concat(frames, how="vertical_relaxed").with_columns(pl.lit(ahead.confidence).alias("confidence"))
    return whole.with_columns(pl.col(pl.Float64).fill_nan(None))


def _inlet_band(ahead: ForecastAhead, fleet: Fleet) -> ColumnBand:
    """Return inlet temperatures, all (region, lead). The physics is monotone, so bounds of its inputs give bounds."""
    bands = [ahead.columns[name] for name in INLET_INPUTS]
    lower = inlets_c(fleet.regions, [band.lower for band in bands])
    upper = inlets_c(fleet.regions, [band.upper for band in bands])
    return ColumnBand(
        forecast=inlets_c(fleet.regions, [band.forecast for band in bands]),
        lower=np.where(np.isfinite(lower), lower, -np.inf),
        upper=np.where(np.isfinite(upper), upper, np.inf),
    )


def inlets_c(regions: Sequence[Region], inputs: Sequence[FloatArray]) -> FloatArray:
    """Return the inlet temperature [degC] of each (region, hour), at most _HOTTEST_INLET_C; NaN where it is not known.

    Args:
        inputs: the values of INLET_INPUTS, each (region, hour).
    """
    temperature_c, dew_point_c, load_mw = inputs
    return np.stack(
        [
            np.minimum(
                inlet_c(PlantWeather.at(region, temperature_c[row], dew_point_c[row]), load_mw[row]), _HOTTEST_INLET_C
            )
            for row, region in enumerate(regions)
        ]
    )


def temperature_limits(fleet: Fleet) -> dict[str, dict[str, float | None]]:
    """Return quantity (`outdoor` or `inlet`) -> region -> limit [degC]; None for a region without this limit."""
    return {
        "outdoor": {region.id: region.outdoor_limit_c for region in fleet.regions},
        "inlet": {region.id: inlet_limit_c(region) for region in fleet.regions},
    }
