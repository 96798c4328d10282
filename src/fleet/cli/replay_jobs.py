"""`fleet replay --drill`: the jobs behind a figure of its tables."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

import polars as pl
from rich.text import Text

from fleet.cli.output import console, print_table
from fleet.domain.clock import SEASONS
from fleet.errors import ConfigError
from fleet.replay.job_rows import breached_jobs, shared_breaches

_MOST_JOBS = 30
_MOST_PLACES = 10


@dataclass(frozen=True, kw_only=True)
class Selection:
    """A policy's jobs, those in a region, or those that started there in a season."""

    policy: str
    region: str | None
    season: str | None

    @classmethod
    def parse(cls, text: str, policies: Collection[str], regions: Collection[str]) -> Self:
        """From POLICY[:REGION[:SEASON]]. Raises: ConfigError if it names what is not replayed."""
        given = text.split(":")
        known = (("policy", policies), ("region", regions), ("season", SEASONS))
        if len(given) > len(known):
            raise ConfigError(f"drill {text!r} has {len(given)} parts, expected POLICY[:REGION[:SEASON]]")
        for part, (kind, names) in zip(given, known, strict=False):
            if part not in names:
                raise ConfigError(f"{kind} {part!r} is not replayed, expected one of {', '.join(names)}")
        policy, region, season = (*given, None, None)[: len(known)]
        return cls(policy=str(policy), region=region, season=season)

    def of(self, jobs: pl.DataFrame) -> pl.DataFrame:
        """The rows of `jobs_frame` in this place."""
        own = [(name, getattr(self, name)) for name in ("policy", "region", "season")]
        return jobs.filter(*[pl.col(name) == value for name, value in own if value is not None])

    def __str__(self) -> str:
        return ", ".join(part for part in (self.policy, self.region, self.season) if part is not None)


def print_drill(jobs: pl.DataFrame, place: Selection) -> None:
    """The breached jobs of a place, and the days and limits that they share.

    Args:
        jobs: of `jobs_frame`.
    """
    own = place.of(jobs).filter(pl.col("judged"))
    found, contested = breached_jobs(own), own.filter(pl.col("contested"))
    counts = (
        f"{place}: {len(found):,} of {len(own):,} jobs that ran breached, "
        f"{contested['breached'].sum():,} of {len(contested):,} contested ones"
    )
    if found.is_empty():
        console.print(Text(counts), soft_wrap=True)
        return
    _print_jobs(counts, found)
    _print_shared(shared_breaches(found))


def _print_jobs(title: str, found: pl.DataFrame) -> None:
    rows = [
        (
            *(row["job_id"], _hour(row["start_utc"]), row["region"]),
            f"{row['power_mw']:.2f} x {row['duration_h']}",
            *(_hour(row["breach_utc"]), row["breach_limit"], f"{row['breach_mw']:.2f}", row["breached_hours"]),
        )
        for row in found.head(_MOST_JOBS).iter_rows(named=True)
    ]
    columns = ("job", "start", "region", "MW x h", "first breached hour", "limit", "MW over", "breached hours")
    print_table(title, columns, rows, note=_more(len(found), _MOST_JOBS))


def _print_shared(shared: pl.DataFrame) -> None:
    rows = [
        (str(row["day"]), row["region"], row["breach_limit"], row["jobs"], f"{row['mwh']:,.0f}")
        for row in shared.head(_MOST_PLACES).iter_rows(named=True)
    ]
    columns = ("first breached on", "region", "limit", "jobs", "MWh")
    print_table("days and limits that they share", columns, rows, note=_more(len(shared), _MOST_PLACES))


def _hour(moment: object) -> str:
    return f"{moment:%Y-%m-%dT%H:%MZ}"


def _more(count: int, shown: int) -> str:
    return f"and {count - shown:,} more" if count > shown else ""
