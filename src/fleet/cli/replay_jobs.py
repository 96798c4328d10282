"""`fleet replay --drill`: lists the breached jobs that a number in the tables counts."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

import polars as pl

from fleet.cli.output import print_line, print_table
from fleet.domain.clock import SEASONS
from fleet.errors import ConfigError
from fleet.replay.job_rows import breached_jobs, shared_breaches

_MAX_JOBS = 30
_MAX_SHARED = 10


@dataclass(frozen=True, kw_only=True)
class JobFilter:
    """Selects the jobs of a policy: all of them, those that ran in a region, or those that started there in a season.

    Args:
        region, season: None selects all.
    """

    policy: str
    region: str | None
    season: str | None

    @classmethod
    def parse(cls, text: str, policies: Collection[str], regions: Collection[str]) -> Self:
        """Read POLICY[:REGION[:SEASON]].

        Args:
            text: the value of the option.
            policies, regions: the replayed policies and regions.
        Raises: ConfigError for another policy, region or season, or for more than three parts.
        """
        parts = text.split(":")
        expected = (("policy", policies), ("region", regions), ("season", SEASONS))
        if len(parts) > len(expected):
            raise ConfigError(f"drill {text!r} has {len(parts)} parts, expected POLICY[:REGION[:SEASON]]")
        for part, (kind, names) in zip(parts, expected, strict=False):
            if part not in names:
                raise ConfigError(f"{kind} {part!r} is not replayed, expected one of {', '.join(names)}")
        policy, region, season = (*parts, None, None)[: len(expected)]
        return cls(policy=str(policy), region=region, season=season)

    def apply(self, jobs: pl.DataFrame) -> pl.DataFrame:
        """Return the selected rows of `jobs_frame`."""
        wanted = {"policy": self.policy, "region": self.region, "season": self.season}
        return jobs.filter(*[pl.col(column) == value for column, value in wanted.items() if value is not None])

    def __str__(self) -> str:
        return ", ".join(part for part in (self.policy, self.region, self.season) if part is not None)


def print_breached_jobs(jobs: pl.DataFrame, job_filter: JobFilter) -> None:
    """Print the selected jobs that breached, and their number by day, region and limit.

    Args:
        jobs: the table of `jobs_frame`.
        job_filter: selects the jobs.
    """
    judged = job_filter.apply(jobs).filter(pl.col("judged"))
    breached, contested = breached_jobs(judged), judged.filter(pl.col("contested"))
    title = (
        f"{job_filter}: {len(breached):,} of {len(judged):,} judged jobs breached a limit, among them "
        f"{contested['breached'].sum():,} of {len(contested):,} contested jobs"
    )
    if breached.is_empty():
        print_line(title)
        return
    _print_jobs(title, breached)
    _print_shared(shared_breaches(breached))


def _print_jobs(title: str, breached: pl.DataFrame) -> None:
    rows = [
        (
            *(row["job_id"], _hour(row["start_utc"]), row["region"]),
            f"{row['power_mw']:.2f} x {row['duration_h']}",
            *(_hour(row["breach_utc"]), row["breach_limit"], f"{row['breach_mw']:.2f}", row["breached_hours"]),
        )
        for row in breached.head(_MAX_JOBS).iter_rows(named=True)
    ]
    columns = ("job", "start", "region", "MW x h", "first breached hour", "limit", "MW above", "breached hours")
    print_table(title, columns, rows, note=_more(len(breached), _MAX_JOBS))


def _print_shared(shared: pl.DataFrame) -> None:
    rows = [
        (str(row["day"]), row["region"], row["breach_limit"], row["jobs"], f"{row['mwh']:,.0f}")
        for row in shared.head(_MAX_SHARED).iter_rows(named=True)
    ]
    columns = ("day of the first breach", "region", "limit", "jobs", "MWh")
    print_table("breached jobs by day, region and limit", columns, rows, note=_more(len(shared), _MAX_SHARED))


def _hour(moment: object) -> str:
    return f"{moment:%Y-%m-%dT%H:%MZ}"


def _more(count: int, shown: int) -> str:
    return f"and {count - shown:,} more" if count > shown else ""
