"""What the fleet took, hour by hour: sums over a period, days, and one day's hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import polars as pl

from fleet.units import HOURS_PER_DAY, M3_PER_LITRE, TONNES_PER_KG

_ONE_DAY = timedelta(days=1)
# More bars than these are a hatching.
_MOST_DAYS = 62


@dataclass(frozen=True)
class Period:
    """Hours from `start_utc` up to, not including, `end_utc`."""

    label: str
    start_utc: datetime
    end_utc: datetime

    @property
    def hours(self) -> pl.Expr:
        return (pl.col("time_utc") >= self.start_utc) & (pl.col("time_utc") < self.end_utc)


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What the jobs of one policy took in a period. Served is IT energy.

    job_mw: mean IT power of the jobs, by region.
    missing_hours: region-hours whose carbon, water or cost is unknown; the sums leave them out.
    """

    carbon_t: float
    water_m3: float
    cost_usd: float
    served_mwh: float
    job_mw: dict[str, float]
    missing_hours: int

    @property
    def carbon_kg_per_mwh(self) -> float:
        return self._per_mwh(self.carbon_t / TONNES_PER_KG)

    @property
    def water_l_per_mwh(self) -> float:
        return self._per_mwh(self.water_m3 / M3_PER_LITRE)

    @property
    def cost_usd_per_mwh(self) -> float:
        return self._per_mwh(self.cost_usd)

    def _per_mwh(self, amount: float) -> float:
        return amount / self.served_mwh if self.served_mwh else float("nan")


def policies(footprint: pl.LazyFrame) -> list[str]:
    """The replayed policies, in the order of the file."""
    found: list[str] = footprint.select(pl.col("policy").unique(maintain_order=True)).collect()["policy"].to_list()
    return found


def periods(footprint: pl.LazyFrame) -> list[Period]:
    """The whole replay, then each calendar month that it touches."""
    first, last = footprint.select(first=pl.col("time_utc").min(), last=pl.col("time_utc").max()).collect().row(0)
    end = last + timedelta(hours=1)
    found = [Period(f"Whole replay, {first:%-d %b %Y} to {last:%-d %b %Y}", first, end)]
    start = datetime(first.year, first.month, 1, tzinfo=UTC)
    while start < end:
        following = (start + timedelta(days=32)).replace(day=1)
        found.append(Period(f"{start:%B %Y}", start, following))
        start = following
    return found


def totals(footprint: pl.LazyFrame, policy: str, period: Period) -> Totals:
    """What the jobs of a policy took in a period, all regions together."""
    taken = ("job_carbon_kg", "job_water_l", "job_cost_usd")
    part = footprint.filter(pl.col("policy") == policy, period.hours)
    sums = part.select(
        pl.col("job_mw", *taken).sum(),
        missing=pl.any_horizontal(pl.col(column).is_null() for column in taken).sum(),
    ).collect()
    means = part.group_by("region", maintain_order=True).agg(pl.col("job_mw").mean()).collect()
    return Totals(
        carbon_t=sums["job_carbon_kg"].item() * TONNES_PER_KG,
        water_m3=sums["job_water_l"].item() * M3_PER_LITRE,
        cost_usd=sums["job_cost_usd"].item(),
        served_mwh=sums["job_mw"].item(),
        job_mw=dict(means.iter_rows()),
        missing_hours=sums["missing"].item(),
    )


def daily(footprint: pl.LazyFrame, chosen: Sequence[str], period: Period) -> pl.DataFrame:
    """Per policy, region and day of UTC: mean `job_mw`, and the sums `base_water_m3` and `job_water_m3`.

    Days that the replay holds only in part are left out: their sums would read as a dip.
    """
    whole = footprint.filter(pl.col("policy").is_in(list(chosen)), period.hours)
    return (
        whole.group_by("policy", "region", pl.col("time_utc").dt.date().alias("day"))
        .agg(
            pl.col("job_mw").mean(),
            (pl.col("base_water_l").sum() * M3_PER_LITRE).alias("base_water_m3"),
            (pl.col("job_water_l").sum() * M3_PER_LITRE).alias("job_water_m3"),
            pl.len().alias("hours"),
        )
        .filter(pl.col("hours") == HOURS_PER_DAY)
        .drop("hours")
        .sort("policy", "region", "day")
        .collect()
    )


def steps(
    footprint: pl.LazyFrame, chosen: Sequence[str], period: Period
) -> tuple[pl.DataFrame, Literal["day", "week"]]:
    """`daily` for a short period; for a long one its means over weeks, `day` being the Monday: water stays per day."""
    days = daily(footprint, chosen, period)
    if days["day"].n_unique() <= _MOST_DAYS:
        return days, "day"
    weeks = (
        days.group_by("policy", "region", pl.col("day").dt.truncate("1w"))
        .agg(pl.col("job_mw", "base_water_m3", "job_water_m3").mean())
        .sort("policy", "region", "day")
    )
    return weeks, "week"


def complete_days(footprint: pl.LazyFrame) -> list[date]:
    """Days of UTC that the replay holds from hour 0 to 23."""
    hours = footprint.select(pl.col("time_utc").unique()).group_by(pl.col("time_utc").dt.date().alias("day")).len()
    found: list[date] = hours.filter(pl.col("len") == HOURS_PER_DAY).sort("day").collect()["day"].to_list()
    return found


def hottest_day(footprint: pl.LazyFrame) -> date | None:
    """The complete day on which the whole fleet was warmest (mean over regions and hours); the first of equals."""
    days = (
        footprint.filter(pl.col("policy") == pl.col("policy").first())
        .group_by(pl.col("time_utc").dt.date().alias("day"))
        .agg(pl.col("temperature_c").mean(), pl.col("time_utc").n_unique().alias("hours"))
        .filter(pl.col("hours") == HOURS_PER_DAY)
        .sort("temperature_c", "day", descending=[True, False], nulls_last=True)
        .collect()
    )
    return days["day"][0] if len(days) else None


def day_hours(footprint: pl.LazyFrame, policy: str, day: date) -> pl.DataFrame:
    """Each region and hour of a day: carbon_g_per_kwh, water_l and load_mw of base and jobs together, job_mw and
    temperature_c; in order of hour, null where unknown.
    """
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    period = Period("day", start, start + _ONE_DAY)
    return (
        footprint.filter(pl.col("policy") == policy, period.hours)
        .select(
            "region",
            "time_utc",
            "temperature_c",
            "carbon_g_per_kwh",
            "job_mw",
            (pl.col("base_water_l") + pl.col("job_water_l")).alias("water_l"),
            (pl.col("base_load_mw") + pl.col("job_mw")).alias("load_mw"),
        )
        .sort("time_utc", maintain_order=True)
        .collect()
    )
