"""The band of a replayed forecast at another confidence, from the errors that were known at its origin."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

import polars as pl

from fleet.errors import DataError
from fleet.storage.parquet_scan import scan_regular
from fleet.storage.workspace import Workspace

_PAST_DAYS = 90


@dataclass(frozen=True, kw_only=True)
class RescaledBand:
    """The hours of a forecast with a band at another confidence.

    Args:
        hours: the given hours with the new `lower` and `upper`; infinite where too few errors are known.
        errors: the number of past errors that the band rests on.
    """

    hours: pl.DataFrame
    errors: int


def rescaled_band(workspace: Workspace, hours: pl.DataFrame, confidence: float) -> RescaledBand:
    """Return the hours with a band at another confidence.

    The score of a past error is its share of the recorded band: 1 at the edge of that band. The new band is the
    recorded one times the split conformal quantile of the scores of the last 90 days that were known at the origin, all
    hours ahead together.

    Args:
        hours: a row per hour ahead of one origin, of one quantity in one region.
        confidence: in (0, 1).
    Raises: DataError if the table of the replay cannot be read.
    """
    first = hours.row(0, named=True)
    scores = _past_scores(workspace, first["quantity"], first["region"], first["origin_utc"])
    share = Fraction(str(confidence))
    rank = math.ceil((len(scores) + 1) * share)
    factor = float(scores.sort()[rank - 1]) if rank <= len(scores) else math.inf
    above, below = pl.col("upper") - pl.col("forecast"), pl.col("forecast") - pl.col("lower")
    is_bounded = pl.lit(math.isfinite(factor)) & pl.col("upper").is_finite() & pl.col("lower").is_finite()
    scaled = hours.with_columns(
        pl.when(is_bounded).then(pl.col("forecast") + factor * above).otherwise(math.inf).alias("upper"),
        pl.when(is_bounded).then(pl.col("forecast") - factor * below).otherwise(-math.inf).alias("lower"),
    )
    return RescaledBand(hours=scaled, errors=len(scores))


def _past_scores(workspace: Workspace, quantity: str, region: str, origin_utc: datetime) -> pl.Series:
    known_utc = pl.col("origin_utc") + pl.duration(hours=pl.col("lead_h").cast(pl.Int64))
    error = pl.col("actual") - pl.col("forecast")
    width = (
        pl.when(error >= 0).then(pl.col("upper") - pl.col("forecast")).otherwise(pl.col("forecast") - pl.col("lower"))
    )
    try:
        scores = (
            scan_regular(workspace.risk)
            .filter(
                pl.col("quantity") == quantity,
                pl.col("region") == region,
                pl.col("origin_utc") >= pl.lit(origin_utc - timedelta(days=_PAST_DAYS)),
                known_utc <= pl.lit(origin_utc),
                pl.col("actual").is_not_null(),
            )
            .select((error.abs() / width).alias("score"))
            .collect()["score"]
        )
    except (pl.exceptions.PolarsError, OSError) as problem:
        raise DataError(f"{workspace.risk.name} is not a readable table; run `fleet replay --home` again") from problem
    return scores.filter(scores.is_finite())
