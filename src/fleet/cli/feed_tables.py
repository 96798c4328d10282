"""What the commands on sources print and write: results of an ingest, and trials."""

from collections.abc import Sequence
from typing import Any

from fleet.cli.output import print_line, print_table
from fleet.domain.clock import Hour, iso
from fleet.errors import SourceError
from fleet.workflows.feed_batch import FeedResult
from fleet.workflows.feed_trial import Trial


def print_results(results: Sequence[FeedResult], requests: int) -> None:
    """Print one row per group, and the notes below."""
    print_table(
        f"{len(results)} sources asked with {requests:,} requests",
        ("region", "source", "columns", "new", "same", "revised", "estimated", "newest", "state"),
        [
            (
                result.group.region.id,
                result.group.name,
                ", ".join(result.group.feeds),
                result.new,
                result.same,
                result.revised,
                result.estimated,
                _hour(result.newest_utc),
                result.state,
            )
            for result in results
        ],
    )
    for result in results:
        for note in result.notes:
            print_line(f"{result.group.region.id} {result.group.name}: {note}")
        if result.error:
            print_line(result.error)


def results_content(results: Sequence[FeedResult], requests: int) -> dict[str, Any]:
    """Return the results for JSON."""
    return {
        "requests": requests,
        "sources": [
            {
                "region": result.group.region.id,
                "source": result.group.name,
                "columns": list(result.group.feeds),
                "new": result.new,
                "same": result.same,
                "revised": result.revised,
                "estimated": result.estimated,
                "newest_utc": None if result.newest_utc is None else iso(result.newest_utc),
                "state": result.state,
                "notes": list(result.notes),
                "error": result.error or None,
            }
            for result in results
        ],
    }


def print_trials(trials: Sequence[Trial]) -> None:
    """Print one row per column and source, and notes and errors below."""
    print_table(
        f"{len(trials)} columns tried; nothing is stored",
        ("region", "column", "order", "source", "gives", "values", "newest", "age h", "estimated", "unit"),
        [
            (
                trial.region,
                trial.column,
                trial.order,
                trial.source,
                trial.gives,
                trial.values,
                _hour(trial.newest_utc),
                trial.age_h,
                trial.estimated,
                trial.conversion or "-",
            )
            for trial in trials
        ],
    )
    printed = set()
    for trial in trials:
        lines = [f"{trial.region} {trial.source}: {note}" for note in trial.notes]
        lines += [f"{trial.region} {trial.source}: {trial.column} counts {trial.carbon}"] if trial.carbon else []
        has_name = trial.error.startswith(trial.source)
        lines += [trial.error if has_name else f"{trial.region} {trial.source}: {trial.error}"] if trial.error else []
        for line in lines:
            if line not in printed:
                print_line(line)
                printed.add(line)
    for line in _mixed_carbon(trials):
        print_line(line)


def trials_content(trials: Sequence[Trial]) -> list[dict[str, Any]]:
    """Return the trials for JSON."""
    return [
        {
            **{name: value for name, value in vars(trial).items() if name != "notes"},
            "newest_utc": None if trial.newest_utc is None else iso(trial.newest_utc),
            "notes": list(trial.notes),
            "error": trial.error or None,
        }
        for trial in trials
    ]


def raise_if_failed(errors: Sequence[str], total: int) -> None:
    """Raise SourceError if there is an error, so that the command exits with 1."""
    found = [error for error in errors if error]
    if found:
        more = f" (and {len(found) - 1} more, above)" if len(found) > 1 else ""
        raise SourceError(f"{len(found)} of {total} failed: {found[0]}{more}", source="sources")


def _mixed_carbon(trials: Sequence[Trial]) -> list[str]:
    """Return a warning for each column whose sources count carbon in different ways."""
    kinds: dict[tuple[str, str, str], dict[str, str]] = {}
    for trial in trials:
        if trial.carbon:
            kinds.setdefault((trial.region, trial.column, trial.gives), {})[trial.source] = trial.carbon
    return [
        f"{region} {column}: its sources count differently ("
        + "; ".join(f"{source}: {carbon}" for source, carbon in by_source.items())
        + "), so the series steps when a later source fills in"
        for (region, column, _), by_source in kinds.items()
        if len(set(by_source.values())) > 1
    ]


def _hour(hour: Hour | None) -> str:
    return "-" if hour is None else iso(hour)
