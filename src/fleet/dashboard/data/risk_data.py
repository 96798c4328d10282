"""Forecast hours against a limit: which origins carry risk, and one origin's day."""

from datetime import datetime

import polars as pl

from fleet.preparation.settings import Settings

BAND_PERCENT = round(100 * Settings().confidence)
QUANTITIES = {"outdoor": "Outdoor", "inlet": "IT inlet"}

# The forecast alone would approve, the bound does not. An infinite bound reaches every limit.
_BLOCKED = ((pl.col("forecast") < pl.col("limit")) & (pl.col("limit") <= pl.col("upper"))).fill_null(value=False)
_BREACH = (pl.col("forecast") >= pl.col("limit")).fill_null(value=False)
_UNBOUNDED = pl.col("lower").is_infinite() | pl.col("upper").is_infinite()


def origins(risk: pl.LazyFrame, quantity: str, region: str) -> pl.DataFrame:
    """Every origin of one quantity in one region, in order of time.

    Columns: origin_utc; blocked_hours (forecast < limit <= upper); breach_hours (forecast >= limit); unbounded_hours;
    limit; highest_upper; margin (limit less highest_upper, null without a limit).
    """
    return (
        risk.filter(pl.col("quantity") == quantity, pl.col("region") == region)
        .group_by("origin_utc")
        .agg(
            _BLOCKED.sum().alias("blocked_hours"),
            _BREACH.sum().alias("breach_hours"),
            _UNBOUNDED.sum().alias("unbounded_hours"),
            pl.col("limit").first(),
            pl.col("upper").max().alias("highest_upper"),
        )
        .with_columns((pl.col("limit") - pl.col("highest_upper")).alias("margin"))
        .sort("origin_utc")
        .collect()
    )


def offered_origins(listed: pl.DataFrame, nearest: int) -> pl.DataFrame:
    """The origins worth looking at, of `origins`.

    Those with risk-blocked hours; first the ones that the forecast alone would let pass all day, then by the number of
    blocked hours. If there are none, the `nearest` with the highest upper bound: where there is a limit, the least
    margin.
    """
    blocked = listed.filter(pl.col("blocked_hours") > 0)
    if blocked.is_empty():
        return listed.sort("highest_upper", "origin_utc", descending=[True, False]).head(nearest)
    return blocked.sort(pl.col("breach_hours") > 0, "blocked_hours", "origin_utc", descending=[False, True, False])


def window(risk: pl.LazyFrame, quantity: str, region: str, origin_utc: datetime) -> pl.DataFrame:
    """The hours ahead of one origin, by lead; empty if there is no such origin.

    Columns: those of the risk table, time_utc, and the flags blocked, breach, unbounded.
    """
    return (
        risk.filter(
            pl.col("quantity") == quantity, pl.col("region") == region, pl.col("origin_utc") == pl.lit(origin_utc)
        )
        .sort("lead_h")
        .with_columns(
            (pl.col("origin_utc") + pl.duration(hours=pl.col("lead_h"))).alias("time_utc"),
            _BLOCKED.alias("blocked"),
            _BREACH.alias("breach"),
            _UNBOUNDED.alias("unbounded"),
        )
        .collect()
    )
