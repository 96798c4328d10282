"""Carbon, water, cost and load of a fleet: totals over a period, values by day or week, and the hours of one day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import polars as pl

from fleet.units import HOURS_PER_DAY, M3_PER_LITRE, TONNES_PER_KG

_ONE_DAY = timedelta(days=1)
# More daily bars than this are too narrow to read.
_MOST_DAYS = 62


@dataclass(frozen=True, kw_only=True)
class Period:
    """The hours from `start_utc` up to, but not including, `end_utc`."""

    label: str
    start_utc: datetime
    end_utc: datetime

    @property
    def contains_hour(self) -> pl.Expr:
        """Return the condition that a row's `time_utc` lies in the period."""
        return (pl.col("time_utc") >= self.start_utc) & (pl.col("time_utc") < self.end_utc)


@dataclass(frozen=True, kw_only=True)
class FootprintTotals:
    """Carbon, water, cost and energy of the jobs of one policy in a period, all regions together.

    A rate per MWh divides by `served_mwh`, also where some hours are missing in the sum.

    Args:
        cost_usd: cost of energy, carbon and water, plus the cost of moving data and of waiting of the jobs that start
            in the period; NaN if an earlier version made the replay, which did not record the second part.
        served_mwh: IT energy of the jobs in the period.
        job_mw: region -> mean IT power of the jobs.
        missing_hours: number of region-hours with unknown carbon, water or cost. The sums leave unknown values out.
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


def replayed_policies(footprint: pl.LazyFrame) -> list[str]:
    """Return the replayed policies in the order of the file."""
    policies: list[str] = footprint.select(pl.col("policy").unique(maintain_order=True)).collect()["policy"].to_list()
    return policies


def periods_of(footprint: pl.LazyFrame) -> list[Period]:
    """Return the whole replay as one period, then each calendar month that has hours of the replay."""
    first, last = footprint.select(first=pl.col("time_utc").min(), last=pl.col("time_utc").max()).collect().row(0)
    end = last + timedelta(hours=1)
    whole = Period(label=f"Whole replay, {first:%-d %b %Y} to {last:%-d %b %Y}", start_utc=first, end_utc=end)
    periods = [whole]
    start = datetime(first.year, first.month, 1, tzinfo=UTC)
    while start < end:
        next_start = (start + timedelta(days=32)).replace(day=1)
        periods.append(Period(label=f"{start:%B %Y}", start_utc=start, end_utc=next_start))
        start = next_start
    return periods


def hottest_month(footprint: pl.LazyFrame, periods: Sequence[Period]) -> Period:
    """Return the calendar month with the highest mean temperature among the months with jobs.

    The whole replay if there is no such month.
    """
    hottest = (
        footprint.filter(pl.col("policy") == pl.col("policy").first())
        .group_by(pl.col("time_utc").dt.truncate("1mo").alias("month"))
        .agg(pl.col("temperature_c").mean(), pl.len().alias("hours"), pl.col("job_mw").sum())
        .filter(pl.col("job_mw") > 0)
        .filter(pl.col("hours") >= pl.col("hours").max() / 2)
        .sort("temperature_c", descending=True, nulls_last=True)
        .collect()
    )
    if hottest.is_empty():
        return periods[0]
    month = hottest["month"][0]
    return next((period for period in periods[1:] if period.start_utc == month), periods[0])


def footprint_totals(footprint: pl.LazyFrame, policy: str, period: Period) -> FootprintTotals:
    """Return the totals of the jobs of a policy in a period."""
    amounts = ("job_carbon_kg", "job_water_l", "job_cost_usd")
    rows = footprint.filter(pl.col("policy") == policy, period.contains_hour)
    sums = rows.select(
        pl.col("job_mw", "job_beyond_energy_usd", *amounts).sum(),
        missing=pl.any_horizontal(pl.col(column).is_null() for column in amounts).sum(),
    ).collect()
    means = rows.group_by("region", maintain_order=True).agg(pl.col("job_mw").mean()).collect()
    return FootprintTotals(
        carbon_t=sums["job_carbon_kg"].item() * TONNES_PER_KG,
        water_m3=sums["job_water_l"].item() * M3_PER_LITRE,
        cost_usd=sums["job_cost_usd"].item() + sums["job_beyond_energy_usd"].item(),
        served_mwh=sums["job_mw"].item(),
        job_mw=dict(means.iter_rows()),
        missing_hours=sums["missing"].item(),
    )


def daily_or_weekly(
    footprint: pl.LazyFrame, policies: Sequence[str], period: Period
) -> tuple[pl.DataFrame, Literal["day", "week"]]:
    """Return a table by day, or by week if there are more than _MOST_DAYS days; and whether a row is a day or a week.

    Columns: policy, region, day, job_mw (mean), base_water_m3 and job_water_m3 (both per day). A weekly row has the
    means over the complete days of the week, and its Monday as `day`.
    """
    days = _daily(footprint, policies, period)
    if days["day"].n_unique() <= _MOST_DAYS:
        return days, "day"
    weeks = (
        days.group_by("policy", "region", pl.col("day").dt.truncate("1w"))
        .agg(pl.col("job_mw", "base_water_m3", "job_water_m3").mean())
        .sort("policy", "region", "day")
    )
    return weeks, "week"


def _daily(footprint: pl.LazyFrame, policies: Sequence[str], period: Period) -> pl.DataFrame:
    """Return a row for each policy, region and complete UTC day. An incomplete day would look like a fall in water."""
    rows = footprint.filter(pl.col("policy").is_in(list(policies)), period.contains_hour)
    return (
        rows.group_by("policy", "region", pl.col("time_utc").dt.date().alias("day"))
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


def complete_days(footprint: pl.LazyFrame) -> list[date]:
    """Return the UTC days of which the replay has all 24 hours."""
    hours = footprint.select(pl.col("time_utc").unique()).group_by(pl.col("time_utc").dt.date().alias("day")).len()
    days: list[date] = hours.filter(pl.col("len") == HOURS_PER_DAY).sort("day").collect()["day"].to_list()
    return days


def hottest_day(footprint: pl.LazyFrame) -> date | None:
    """Return the complete UTC day with the highest mean temperature over regions and hours; the first on ties.

    None if no day is complete.
    """
    days = (
        footprint.filter(pl.col("policy") == pl.col("policy").first())
        .group_by(pl.col("time_utc").dt.date().alias("day"))
        .agg(pl.col("temperature_c").mean(), pl.col("time_utc").n_unique().alias("hours"))
        .filter(pl.col("hours") == HOURS_PER_DAY)
        .sort("temperature_c", "day", descending=[True, False], nulls_last=True)
        .collect()
    )
    return days["day"][0] if len(days) else None


def hours_of_day(footprint: pl.LazyFrame, policy: str, day: date) -> pl.DataFrame:
    """Return a row for each region and hour of a UTC day, in order of hour.

    Columns: region, time_utc, temperature_c, carbon_g_per_kwh, job_mw, and water_l and load_mw, each of base load and
    jobs together. Unknown values are null.
    """
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    period = Period(label="day", start_utc=start, end_utc=start + _ONE_DAY)
    return (
        footprint.filter(pl.col("policy") == policy, period.contains_hour)
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
