"""Coverage of the bands in the charts. The two main shares have an interval from resampling whole days."""

from dataclasses import dataclass

import polars as pl

from fleet.evaluation.intervals import day_block_interval


@dataclass(frozen=True, kw_only=True)
class BandCoverage:
    """Coverage of one quantity in one region. Hours without an actual value do not count.

    Args:
        quantity, region: keys of the risk table.
        hours: number of scored forecast hours: pairs of origin and hour ahead.
        inside: share of scored hours inside the two-sided band.
        inside_interval, below_path_interval: 95 % intervals, by resampling days of origins.
        hottest_hours: number of scored hours in the tenth with the warmest forecasts; more than a tenth on ties.
        hottest_below: share of these hours at or below the upper end of the band.
        windows: number of complete windows: origins that have an actual value in every hour ahead. The windows of
            neighbouring origins overlap.
        below_path: share of complete windows that stayed at or below the path bound in every hour.
        worst_month: the calendar month of origins with the smallest share inside the band.
        worst_inside: that share.
        unbounded: share of all hours, scored or not, without a finite band.
    """

    quantity: str
    region: str
    hours: int
    inside: float
    inside_interval: tuple[float, float]
    hottest_hours: int
    hottest_below: float
    windows: int
    below_path: float
    below_path_interval: tuple[float, float]
    worst_month: str
    worst_inside: float
    unbounded: float


def band_coverage(risk: pl.LazyFrame, quantity: str, region: str) -> BandCoverage:
    """Return the coverage of one quantity in one region over the whole replay.

    Args:
        risk: the risk table of a replay.
    """
    rows = risk.filter(pl.col("quantity") == quantity, pl.col("region") == region)
    hours = _scored_hours(rows)
    windows = _complete_windows(rows)
    months = hours.group_by("month", "month_start").agg(pl.col("inside").mean()).sort("inside", "month_start")
    worst = months.head(1)
    hottest = hours.filter(pl.col("hottest"))
    unbounded = rows.select((pl.col("lower").is_infinite() | pl.col("upper").is_infinite()).mean()).collect().item()
    return BandCoverage(
        quantity=quantity,
        region=region,
        hours=len(hours),
        inside=_share(hours["inside"]),
        inside_interval=_interval(hours["inside"], hours["day"]),
        hottest_hours=len(hottest),
        hottest_below=_share(hottest["below"]),
        windows=len(windows),
        below_path=_share(windows["held"]),
        below_path_interval=_interval(windows["held"], windows["day"]),
        worst_month=worst["month"].item() if len(worst) else "none",
        worst_inside=_share(worst["inside"]),
        unbounded=float(unbounded or 0.0),
    )


def _scored_hours(rows: pl.LazyFrame) -> pl.DataFrame:
    """Return a row for each pair of origin and hour ahead with an actual value.

    Columns: day, inside, below, hottest, month, month_start.
    `below` compares with the upper end of the band. Day and month are those of the origin.
    """
    return (
        rows.filter(pl.col("actual").is_not_null())
        .select(
            _origin_day(),
            pl.col("actual").is_between(pl.col("lower"), pl.col("upper")).alias("inside"),
            (pl.col("actual") <= pl.col("upper")).alias("below"),
            (pl.col("forecast") >= pl.col("forecast").quantile(0.9)).alias("hottest"),
            pl.col("origin_utc").dt.strftime("%B %Y").alias("month"),
            pl.col("origin_utc").dt.truncate("1mo").alias("month_start"),
        )
        .collect()
    )


def _complete_windows(rows: pl.LazyFrame) -> pl.DataFrame:
    """Return a row for each complete window: the day of its origin, and whether the path bound held."""
    return (
        rows.group_by("origin_utc")
        .agg(
            (pl.col("actual") <= pl.col("path_upper")).all(ignore_nulls=False).alias("held"),
            pl.col("actual").is_not_null().all().alias("is_complete"),
        )
        .filter(pl.col("is_complete"))
        .select(_origin_day(), "held")
        .collect()
    )


def _origin_day() -> pl.Expr:
    return pl.col("origin_utc").dt.epoch("d").cast(pl.Int64).alias("day")


def _share(held: pl.Series) -> float:
    mean = held.mean()
    return float(mean) if isinstance(mean, int | float) else float("nan")


def _interval(held: pl.Series, day: pl.Series) -> tuple[float, float]:
    """Return the 95 % interval of the share of True in `held`: one minus the interval of the share of False."""
    low, high = day_block_interval((~held).to_numpy(), day.to_numpy())
    return 1 - high, 1 - low
