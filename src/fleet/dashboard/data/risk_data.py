"""Forecasts against a limit: every origin of a region, and the hours ahead of one origin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from fleet.domain.limit import UNKNOWN
from fleet.preparation.settings import Settings

BAND_PERCENT = round(100 * Settings().confidence)
QUANTITIES = {"outdoor": "Outdoor", "inlet": "IT inlet"}
LIMIT_NAMES = {"outdoor": "Outdoor throttle", "inlet": "Thermal breaker"}

# The forecast is below the limit, and the upper end of the two-sided band reaches the limit. An infinite band reaches
# every limit. Decisions use other bounds, so such an hour need not be risk blocked.
_IS_REACHED = ((pl.col("forecast") < pl.col("limit")) & (pl.col("limit") <= pl.col("upper"))).fill_null(value=False)
_IS_OVER = (pl.col("forecast") >= pl.col("limit")).fill_null(value=False)
_IS_UNBOUNDED = pl.col("lower").is_infinite() | pl.col("upper").is_infinite()


def risk_by_origin(risk: pl.LazyFrame, quantity: str, region: str) -> pl.DataFrame:
    """Return a row for each origin of one quantity in one region, in order of time.

    Columns: origin_utc; reached_hours (forecast < limit <= upper); over_hours (forecast >= limit); unbounded_hours
    (an end of the band is infinite); limit; highest_upper; distance_to_limit (limit minus highest_upper, null without
    a limit).
    """
    return (
        risk.filter(pl.col("quantity") == quantity, pl.col("region") == region)
        .group_by("origin_utc")
        .agg(
            _IS_REACHED.sum().alias("reached_hours"),
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

    These are the origins with hours in which the band reaches the limit and the forecast does not. Origins whose
    forecast stays below the limit in all hours come first. Within both groups, origins with more such hours come first.
    If no origin has such hours, the result is the origins with the highest upper end of the band. Where a limit
    exists, these come closest to the limit.

    Args:
        origins: the table of `risk_by_origin`.
        nearest: number of origins to return if no band reaches the limit.
    """
    reached = origins.filter(pl.col("reached_hours") > 0)
    if reached.is_empty():
        return origins.sort("highest_upper", "origin_utc", descending=[True, False]).head(nearest)
    return reached.sort(pl.col("over_hours") > 0, "reached_hours", "origin_utc", descending=[False, True, False])


@dataclass(frozen=True, kw_only=True)
class TellingForecast:
    """A forecast that shows best what a bound is for, and the row of `risk_by_origin` that it comes from."""

    quantity: str
    region: str
    origin_utc: datetime


def telling_forecast(
    risk: pl.LazyFrame,
    region_ids: Sequence[str],
    headroom: pl.LazyFrame | None = None,
    preferred: Sequence[datetime] = (),
) -> TellingForecast | None:
    """Return the forecast whose band comes closest to a limit or exceeds it most; None if no region has a limit.

    Forecasts whose band reaches the limit come before all others. A forecast without a band or a bound in some hour is
    returned only if there is no other.

    Args:
        headroom: table of `replay.headroom_table.headroom_frame`; None if it is not recorded.
        preferred: origins such as those of a denial. If the band of one of them reaches the limit in the region that
            was found, that origin is returned.
    """
    tables = {
        (quantity, region): risk_by_origin(risk, quantity, region) for quantity in QUANTITIES for region in region_ids
    }
    bounded = {key: origins.filter(pl.col("unbounded_hours") == 0) for key, origins in tables.items()}
    if headroom is not None:
        known = _bounded_origins(headroom)
        bounded = {key: origins.join(known, on="origin_utc", how="semi") for key, origins in bounded.items()}
    telling = _most_telling(bounded) or _most_telling(tables)
    if telling is None:
        return None
    is_preferred = pl.col("origin_utc").is_in(list(preferred)) & (pl.col("reached_hours") > 0)
    listed = origins_to_list(bounded[telling.quantity, telling.region].filter(is_preferred), 1)
    return telling if listed.is_empty() else replace(telling, origin_utc=listed["origin_utc"][0])


def _bounded_origins(headroom: pl.LazyFrame) -> pl.DataFrame:
    """Return the origins at which each region has a bound in all hours ahead."""
    is_unknown = pl.col("limit") == UNKNOWN.label
    return headroom.group_by("origin_utc").agg(is_unknown.any()).filter(~pl.col("limit")).collect()


def _most_telling(tables: Mapping[tuple[str, str], pl.DataFrame]) -> TellingForecast | None:
    """Args: tables: (quantity, region) -> table of `risk_by_origin`."""
    candidates = [
        (quantity, region, listed.row(0, named=True))
        for (quantity, region), origins in tables.items()
        for listed in [origins_to_list(origins, 1)]
        if len(listed) and listed["limit"][0] is not None
    ]
    if not candidates:
        return None
    quantity, region, row = min(
        candidates, key=lambda found: (found[2]["reached_hours"] == 0, found[2]["distance_to_limit"])
    )
    return TellingForecast(quantity=quantity, region=region, origin_utc=row["origin_utc"])


def hours_ahead(risk: pl.LazyFrame, quantity: str, region: str, origin_utc: datetime) -> pl.DataFrame:
    """Return the hours ahead of one origin in order of lead; no rows if the origin was not replayed.

    Columns: those of `replay.chart_tables.risk_frame`, time_utc, and the flags is_reached, is_over, is_unbounded, which
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
        _IS_REACHED.alias("is_reached"),
        _IS_OVER.alias("is_over"),
        _IS_UNBOUNDED.alias("is_unbounded"),
    )


def with_states(hours: pl.DataFrame, ahead: pl.DataFrame) -> pl.DataFrame:
    """Return hours of one region with what decisions make of them.

    Args:
        hours: table of `hours_ahead`.
        ahead: table of `HourFacts.ahead` of the same origin.
    Returns: the hours with the columns state (see `hour_state`), state_limit (label of the binding limit) and the flag
        is_blocked: the hour is risk blocked, so no job may be added although the forecast is safe.
    """
    states = ahead.select("region", pl.col("lead_h").cast(hours.schema["lead_h"]), "state", state_limit="limit")
    return hours.join(states, on=["region", "lead_h"], how="left", maintain_order="left").with_columns(
        (pl.col("state") == "blocked").fill_null(value=False).alias("is_blocked")
    )
