"""The table with the headroom of each hour ahead of each replayed origin."""

import numpy as np
import polars as pl

from fleet.domain import clock
from fleet.domain.limit import UNKNOWN_CODE
from fleet.physics.limits import LIMITS
from fleet.preparation.prepared import Prepared
from fleet.units import FloatArray


def headroom_frame(prepared: Prepared) -> pl.DataFrame:
    """Return the power that windows of one hour may have, before the power of jobs is subtracted.

    Columns:
        region, origin_utc, lead_h: the hour ahead.
        safe_load_mw: the largest total IT load that every limit allows, at the levels that the hour requires.
        spare_mw: safe load minus load bound; null where no bound can be given.
        forecast_headroom_mw: headroom if the forecasts were right.
        limit: label of the limit that sets the safe load.
    """
    levels = prepared.levels
    # The first bucket holds windows of one hour. A window that requires more than the highest level has no bound.
    weather, load = (levels.index_of(required[..., 0]) for required in (levels.weather_required, levels.load_required))
    top = len(levels.levels) - 1
    origins, regions, starts = weather.shape
    at = np.arange(origins)[:, None, None], np.arange(regions)[None, :, None], np.arange(starts)
    bound = levels.bound_at(at, np.minimum(weather, top), np.minimum(load, top))
    has_bound = (np.maximum(weather, load) <= top) & np.isfinite(bound.spare_mw)
    columns = {
        "safe_load_mw": bound.safe_load_mw,
        "spare_mw": np.where(has_bound, bound.spare_mw, np.nan),
        "forecast_headroom_mw": prepared.near.forecast_headroom_mw[..., :starts],
    }
    codes = np.where(has_bound, bound.binding, UNKNOWN_CODE)
    frames = [_region_frame(prepared, region, columns, codes[:, region]) for region in range(regions)]
    return pl.concat(frames)


def _region_frame(prepared: Prepared, region: int, columns: dict[str, FloatArray], codes: np.ndarray) -> pl.DataFrame:
    """Return one row per origin and lead of a region."""
    origins, horizon = codes.shape
    labels = pl.Enum([limit.label for limit in LIMITS])
    return pl.DataFrame(
        {
            "region": pl.repeat(prepared.fleet.region_ids[region], origins * horizon, eager=True),
            "origin_utc": clock.to_series(np.repeat(prepared.origin_utc, horizon), "origin_utc"),
            "lead_h": np.tile(np.arange(1, horizon + 1, dtype=np.int16), origins),
            **{name: values[:, region].ravel().astype(np.float32) for name, values in columns.items()},
            "limit": pl.Series([limit.label for limit in LIMITS], dtype=labels).gather(codes.ravel()).cast(pl.String),
        }
    ).with_columns(pl.col(pl.Float32).fill_nan(None))
