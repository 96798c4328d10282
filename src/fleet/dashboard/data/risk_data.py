"""Forecasts against a limit: every origin of a region, and the hours ahead of one origin."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from fleet.preparation.settings import Settings

BAND_PERCENT = round(100 * Settings().confidence)
QUANTITIES = {"outdoor": "Outdoor", "inlet": "IT inlet"}
LIMIT_NAMES = {"outdoor": "Outdoor throttle", "inlet": "Thermal breaker"}

# The forecast is below the limit, and the upper end of the two-sided band reaches the limit. An infinite band reaches
# every limit. Decisions use other bounds.
_IS_BLOCKED = ((pl.col("forecast") < pl.col("limit")) & (pl.col("limit") <= pl.col("upper"))).fill_null(value=False)
_IS_OVER = (pl.col("forecast") >= pl.col("limit")).fill_null(value=False)
_IS_UNBOUNDED = pl.col("lower").is_infinite() | pl.col("upper").is_infinite()


def risk_by_origin(risk: pl.LazyFrame, quantity: str, region: str) -> pl.DataFrame:
    """Return a row for each origin of one quantity in one region, in order of time.

    Columns: origin_utc; blocked_hours (forecast < limit <= upper); over_hours (forecast >= limit); unbounded_hours
    (an end of the band is infinite); limit; highest_upper; distance_to_limit (limit minus highest_upper, null without
    a limit).
    """
    return (
        risk.filter(pl.col("quantity") == quantity, pl.col("region") == region)
        .group_by("origin_utc")
        .agg(
            _IS_BLOCKED.sum().alias("blocked_hours"),
            _IS_OVER.sum().alias("over_hours"),
            _IS_UNBOUNDED.sum().alias("unbounded_hours"),
            pl.col("limit").first(),
            pl.col("upper").max().alias("highest_upper"),
        )
        .with_columns((pl.col("limit") - pl.col("highest_upper")).alias("distance_to_limit"))
        .sort("origin_utc")
        .collect()
    )


def origins_to_list(origins: pl.DataFrame, nearest: int) -> pl.DataFrame:
    """Return the origins that a reader should look at, most important first.

    These are the origins with blocked hours. Origins whose forecast stays below the limit in all hours come first.
    Within both groups, origins with more blocked hours come first. If no origin has blocked hours, the result is the
    origins with the highest upper end of the band. Where a limit exists, these come closest to the limit.

    Args:
        origins: the table of `risk_by_origin`.
        nearest: number of origins to return if no origin has blocked hours.
    """
    blocked = origins.filter(pl.col("blocked_hours") > 0)
    if blocked.is_empty():
        return origins.sort("highest_upper", "origin_utc", descending=[True, False]).head(nearest)
    return blocked.sort(pl.col("over_hours") > 0, "blocked_hours", "origin_utc", descending=[False, True, False])


@dataclass(frozen=True, kw_only=True)
class TellingForecast:
    """A forecast that shows best what a bound is for, and the row of `risk_by_origin` that it comes from."""

    quantity: str
    region: str
    origin_utc: datetime


def telling_forecast(risk: pl.LazyFrame, region_ids: Sequence[str]) -> TellingForecast | None:
    """Return the forecast whose band comes closest to a limit or exceeds it most; None if no region has a limit.

    Forecasts with risk-blocked hours come before all others.
    """
    candidates = [
        (quantity, region, listed.row(0, named=True))
        for quantity in QUANTITIES
        for region in region_ids
        for listed in [origins_to_list(risk_by_origin(risk, quantity, region), 1)]
        if len(listed) and listed["limit"][0] is not None
    ]
    if not candidates:
        return None
    quantity, region, row = min(
        candidates, key=lambda found: (found[2]["blocked_hours"] == 0, found[2]["distance_to_limit"])
    )
    return TellingForecast(quantity=quantity, region=region, origin_utc=row["origin_utc"])


def hours_ahead(risk: pl.LazyFrame, quantity: str, region: str, origin_utc: datetime) -> pl.DataFrame:
    """Return the hours ahead of one origin in order of lead; no rows if the origin was not replayed.

    Columns: those of `replay.chart_tables.risk_frame`, time_utc, and the flags is_blocked, is_over, is_unbounded, which
    `risk_by_origin` counts.
    """
    chosen = risk.filter(
        pl.col("quantity") == quantity, pl.col("region") == region, pl.col("origin_utc") == pl.lit(origin_utc)
    )
    return with_flags(chosen.collect())


def with_flags(hours: pl.DataFrame) -> pl.DataFrame:
    """Return hours ahead of one quantity in one region with the columns that `hours_ahead` adds, in order of lead."""
    return hours.sort("lead_h").with_columns(
        (pl.col("origin_utc") + pl.duration(hours=pl.col("lead_h"))).alias("time_utc"),
        _IS_BLOCKED.alias("is_blocked"),
        _IS_OVER.alias("is_over"),
        _IS_UNBOUNDED.alias("is_unbounded"),
    )
