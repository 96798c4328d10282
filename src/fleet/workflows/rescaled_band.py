"""The band of a forecast at another confidence, from the errors that were known at its origin."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

import polars as pl

from fleet.domain.clock import hour_of
from fleet.domain.region import Fleet
from fleet.errors import DataError
from fleet.storage.parquet_scan import scan_regular
from fleet.storage.workspace import Workspace
from fleet.workflows.actual_temperatures import actual_temperatures
from fleet.workflows.live_hours import QUANTITY_COLUMNS, live_hours, scan_live_hour

_PAST_DAYS = 90
_COLUMNS = ("origin_utc", "lead_h", "forecast", "lower", "upper", "actual")


@dataclass(frozen=True, kw_only=True)
class RescaledBand:
    """The hours of a forecast with a band at another confidence.

    Args:
        hours: the given hours with the new `lower` and `upper`; infinite where too few errors are known.
        errors: the number of past errors that the band rests on.
        needed: the number of errors from which on a band can be given.
    """

    hours: pl.DataFrame
    errors: int
    needed: int


def rescaled_band(workspace: Workspace, fleet: Fleet, hours: pl.DataFrame, confidence: float) -> RescaledBand:
    """Return the hours with a band at another confidence.

    The score of a past error is its share of the recorded band: 1 at the edge of that band. The new band is the
    recorded one times the split conformal quantile of the scores of the last 90 days that were known at the origin, all
    hours ahead together. The errors are those of the recorded live hours and of the replay.

    Args:
        hours: a row per hour ahead of one origin, of one quantity in one region.
        confidence: in (0, 1).
    Raises: DataError if a table of the replay or of a live hour cannot be read.
    """
    scores = _past_scores(workspace, fleet, hours)
    share = Fraction(str(confidence))
    rank = math.ceil((len(scores) + 1) * share)
    factor = float(scores.sort()[rank - 1]) if rank <= len(scores) else math.inf
    above, below = pl.col("upper") - pl.col("forecast"), pl.col("forecast") - pl.col("lower")
    is_bounded = pl.lit(math.isfinite(factor)) & pl.col("upper").is_finite() & pl.col("lower").is_finite()
    scaled = hours.with_columns(
        pl.when(is_bounded).then(pl.col("forecast") + factor * above).otherwise(math.inf).alias("upper"),
        pl.when(is_bounded).then(pl.col("forecast") - factor * below).otherwise(-math.inf).alias("lower"),
    )
    # The rank (n + 1) x share is at most n from this n on.
    return RescaledBand(hours=scaled, errors=len(scores), needed=math.ceil(share / (1 - share)))


def _past_scores(workspace: Workspace, fleet: Fleet, hours: pl.DataFrame) -> pl.Series:
    first = hours.row(0, named=True)
    quantity, region, origin_utc = first["quantity"], first["region"], first["origin_utc"]
    since_utc = origin_utc - timedelta(days=_PAST_DAYS)
    past = [_live_past(workspace, fleet, quantity, region, (since_utc, origin_utc))]
    if workspace.risk.exists():
        past.append(_replayed_past(workspace, quantity, region, since_utc))
    known_utc = pl.col("origin_utc") + pl.duration(hours=pl.col("lead_h").cast(pl.Int64))
    error = pl.col("actual") - pl.col("forecast")
    width = (
        pl.when(error >= 0).then(pl.col("upper") - pl.col("forecast")).otherwise(pl.col("forecast") - pl.col("lower"))
    )
    scores = (
        pl.concat(past)
        .filter(known_utc <= pl.lit(origin_utc), pl.col("actual").is_not_null())
        .unique(["origin_utc", "lead_h"], keep="first")
        .select((error.abs() / width).alias("score"))["score"]
    )
    return scores.filter(scores.is_finite())


def _replayed_past(workspace: Workspace, quantity: str, region: str, since_utc: datetime) -> pl.DataFrame:
    try:
        return (
            scan_regular(workspace.risk)
            .filter(
                pl.col("quantity") == quantity, pl.col("region") == region, pl.col("origin_utc") >= pl.lit(since_utc)
            )
            .select(pl.col("origin_utc").cast(pl.Datetime("ms", "UTC")), *_float_columns())
            .collect()
        )
    except (pl.exceptions.PolarsError, OSError) as problem:
        raise DataError(f"{workspace.risk.name} is not a readable table; run `fleet replay --home` again") from problem


def _live_past(
    workspace: Workspace, fleet: Fleet, quantity: str, region: str, span_utc: tuple[datetime, datetime]
) -> pl.DataFrame:
    """Return the forecasts of the recorded live hours of a span, its end left out, with what was observed since."""
    first, end = (hour_of(time) for time in span_utc)
    column = QUANTITY_COLUMNS[quantity]
    ids = [region, *(alias for alias, current in fleet.current_ids.items() if current == region)]
    scans = [
        scan_live_hour(workspace, hour)
        .filter(pl.col("region").is_in(ids))
        .select(
            pl.col("origin_utc").cast(pl.Datetime("ms", "UTC")),
            pl.col("lead_h").cast(pl.Int16),
            pl.col(column).alias("forecast"),
            pl.col(f"{column}_lower").fill_null(-math.inf).alias("lower"),
            pl.col(f"{column}_upper").fill_null(math.inf).alias("upper"),
        )
        for hour in live_hours(workspace)
        if first <= hour < end
    ]
    empty = pl.DataFrame(schema={"origin_utc": pl.Datetime("ms", "UTC"), "lead_h": pl.Int16})
    empty = empty.with_columns(pl.lit(None, pl.Float64).alias(name) for name in _COLUMNS[2:])
    if not scans:
        return empty
    try:
        forecasts = pl.concat(scans).collect()
    except (pl.exceptions.PolarsError, OSError) as problem:
        raise DataError(f"a table in {workspace.live_hours} is not readable; remove it") from problem
    actual = actual_temperatures(workspace, fleet, first, end + 1).filter(
        pl.col("quantity") == quantity, pl.col("region") == region
    )
    time_utc = pl.col("origin_utc") + pl.duration(hours=pl.col("lead_h").cast(pl.Int64))
    timed = forecasts.with_columns(time_utc.cast(pl.Datetime("ms", "UTC")).alias("time_utc"))
    return timed.join(actual.select("time_utc", "actual"), on="time_utc", how="left").select(*_COLUMNS)


def _float_columns() -> list[pl.Expr]:
    return [pl.col("lead_h").cast(pl.Int16), *(pl.col(name).cast(pl.Float64) for name in _COLUMNS[2:])]
