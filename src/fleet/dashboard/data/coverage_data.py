"""How often the bounds held: each rate with its count, and an interval over whole days."""

from dataclasses import dataclass

import polars as pl

from fleet.evaluation.intervals import day_block_interval


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Shares that held; intervals are 95 % by resampling days of origins. Hours without an actual value do not count.

    hours, inside: scored hours, and the share within the two-sided band.
    hot_hours, hot_below: the tenth of the hours with the warmest forecast (more on ties), and the share
        below the upper bound.
    windows, below_all_day: whole windows, and the share that stayed below the whole-day line in every hour. Windows of
        neighbouring origins overlap.
    worst_month, worst_inside: the calendar month of origins with the least `inside`.
    unbounded: share of all hours without a finite band.
    """

    quantity: str
    region: str
    hours: int
    inside: float
    inside_interval: tuple[float, float]
    hot_hours: int
    hot_below: float
    windows: int
    below_all_day: float
    below_all_day_interval: tuple[float, float]
    worst_month: str
    worst_inside: float
    unbounded: float


def coverage(risk: pl.LazyFrame, quantity: str, region: str) -> Coverage:
    """Coverage of one quantity in one region over the whole replay."""
    part = risk.filter(pl.col("quantity") == quantity, pl.col("region") == region)
    day = pl.col("origin_utc").dt.epoch("d").cast(pl.Int64).alias("day")
    inside = pl.col("actual").is_between(pl.col("lower"), pl.col("upper"))
    known = part.filter(pl.col("actual").is_not_null())
    hours = known.select(
        day,
        inside.alias("inside"),
        (pl.col("actual") <= pl.col("upper")).alias("below"),
        (pl.col("forecast") >= pl.col("forecast").quantile(0.9)).alias("hot"),
        pl.col("origin_utc").dt.strftime("%B %Y").alias("month"),
        pl.col("origin_utc").dt.truncate("1mo").alias("month_start"),
    ).collect()
    windows = (
        part.group_by("origin_utc")
        .agg(
            (pl.col("actual") <= pl.col("path_upper")).all(ignore_nulls=False).alias("held"),
            pl.col("actual").is_not_null().all().alias("whole"),
        )
        .filter(pl.col("whole"))
        .select(day, "held")
        .collect()
    )
    worst = hours.group_by("month", "month_start").agg(pl.col("inside").mean()).sort("inside", "month_start").head(1)
    hot = hours.filter(pl.col("hot"))
    unbounded = part.select((pl.col("lower").is_infinite() | pl.col("upper").is_infinite()).mean()).collect().item()
    return Coverage(
        quantity=quantity,
        region=region,
        hours=len(hours),
        inside=_share(hours["inside"]),
        inside_interval=_held_interval(hours["inside"], hours["day"]),
        hot_hours=len(hot),
        hot_below=_share(hot["below"]),
        windows=len(windows),
        below_all_day=_share(windows["held"]),
        below_all_day_interval=_held_interval(windows["held"], windows["day"]),
        worst_month=worst["month"].item() if len(worst) else "none",
        worst_inside=_share(worst["inside"]),
        unbounded=float(unbounded or 0.0),
    )


def _share(held: pl.Series) -> float:
    mean = held.mean()
    return float(mean) if isinstance(mean, int | float) else float("nan")


def _held_interval(held: pl.Series, day: pl.Series) -> tuple[float, float]:
    low, high = day_block_interval((~held).to_numpy(), day.to_numpy())
    return 1 - high, 1 - low
