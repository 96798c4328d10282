"""Opens the fleet and the ledger of a workspace, and reads tables of jobs."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fleet.domain.job_table import JobTable, Refusal, jobs_from_frame
from fleet.domain.region import Fleet
from fleet.errors import ConfigError, DataError
from fleet.fleets import load_fleet
from fleet.ledger import Ledger, NeededJobs, ledger_file, sqlite_url, upgrade_database
from fleet.live.lost_regions import require_regions
from fleet.sources import table
from fleet.storage.files import write_whole
from fleet.storage.workspace import Workspace

DATABASE_VARIABLE = "FLEET_DATABASE_URL"
_NAMED_REFUSALS = 3


def fleet_of(workspace: Workspace, path: Path | None) -> Fleet:
    """Return the fleet of the file `path`. If that is None: the workspace's own fleet, or else the packaged fleet."""
    if path is None and workspace.fleet.exists():
        path = workspace.fleet
    return load_fleet(path)


def is_packaged(workspace: Workspace, path: Path | None) -> bool:
    """Tell whether `fleet_of` returns the packaged fleet, because there is no other."""
    return path is None and not workspace.fleet.exists()


def remember_fleet(workspace: Workspace, path: Path | None) -> str:
    """Keep a copy of a fleet file in the workspace, if the workspace has none. The pages and later commands use it.

    Args:
        path: the file of --fleet; None if the option was not given.
    Returns: a sentence for the user if the workspace keeps another fleet; else an empty text.
    Raises: ConfigError if a fleet file cannot be read, or the copy cannot be written.
    """
    if path is None:
        return ""
    if not workspace.fleet.exists():
        text = path.read_text(encoding="utf-8")
        workspace.make()
        write_whole({workspace.fleet: lambda part: part.write_text(text, encoding="utf-8")})
        return ""
    if load_fleet(workspace.fleet) == load_fleet(path):
        return ""
    return (
        f"{path} differs from {workspace.fleet}. This run used {path}; the pages and commands without --fleet use the "
        f"other one. Copy {path} there to change that."
    )


def ledger_of(workspace: Workspace) -> Ledger:
    """Open the ledger: the database that FLEET_DATABASE_URL names, else a file in the workspace.

    If the file is missing, it is made.
    """
    return Ledger(_url(workspace))


def upgrade_ledger_of(workspace: Workspace) -> tuple[str | None, str]:
    """Migrate the database of the ledger; return the version of its tables before and after.

    Raises: LedgerError if the database cannot be used, or is of a newer version.
    """
    return upgrade_database(_url(workspace))


def deciding_ledger_of(workspace: Workspace) -> Ledger:
    """Open the ledger, as `ledger_of` does, for a command that records decisions.

    Raises: ConfigError if this workspace has decided before and the ledger is missing or empty. The running jobs would
        then be unknown, and their power would be given away again.
    """
    if not (workspace.has_decided.exists() and workspace.telemetry.exists()):
        return ledger_of(workspace)
    path = ledger_file(_url(workspace))
    if path is None or path.exists():
        ledger = ledger_of(workspace)
        if not ledger.is_empty():
            return ledger
        ledger.close()
    named = f"the database of {DATABASE_VARIABLE}" if path is None else str(path)
    raise ConfigError(
        f"{named} holds no decisions, but this workspace has decided before; check {DATABASE_VARIABLE} and --home, or "
        f"restore the ledger; to begin a new ledger on purpose, remove {workspace.has_decided}"
    )


def mark_decided(workspace: Workspace, ledger: Ledger) -> None:
    """Mark the workspace if the ledger holds decisions; see `deciding_ledger_of`."""
    if not workspace.has_decided.exists() and not ledger.is_empty():
        write_whole({workspace.has_decided: lambda part: part.write_text("", encoding="utf-8")})


def _url(workspace: Workspace) -> str:
    return os.environ.get(DATABASE_VARIABLE) or sqlite_url(workspace.ledger)


def existing_ledger_of(workspace: Workspace) -> Ledger:
    """Open the ledger for a command that needs one. Raises: ConfigError if the workspace has no ledger yet."""
    if not os.environ.get(DATABASE_VARIABLE):
        workspace.require(workspace.ledger, "fleet decide` or `fleet demo")
    return ledger_of(workspace)


def overriding_ledger_of(workspace: Workspace, path: Path | None, now_utc: str, *, approves: bool) -> Ledger:
    """Open the ledger to override a decision, with renamed regions under their current ids.

    Args:
        path: a fleet file; None uses the workspace's own fleet. Without both, no region is renamed or checked.
        now_utc: the time of the override.
        approves: True if the override approves a job. A denial only frees power, so the regions need no check.
    Raises: ConfigError as `existing_ledger_of` and `require_regions`.
    """
    ledger = existing_ledger_of(workspace)
    if path is None and not workspace.fleet.exists():
        return ledger
    fleet = fleet_of(workspace, path)
    ledger = ledger.under(fleet.current_ids)
    hour = np.datetime64(now_utc.rstrip("Z")).astype("datetime64[h]")
    if approves:
        require_regions(ledger.jobs(mode="live", needed=NeededJobs(ending_after=hour)), fleet, hour)
    return ledger


def ledger_if_any(workspace: Workspace) -> Ledger | None:
    """Open the ledger if it exists, else return None. A command that only reads must not make a ledger."""
    has_ledger = workspace.ledger.exists() or os.environ.get(DATABASE_VARIABLE)
    return ledger_of(workspace) if has_ledger else None


def read_jobs(path: Path, fleet: Fleet) -> JobTable:
    """Read the jobs of a Parquet or CSV file.

    Raises: DataError as `jobs_from_frame` does, or if every row is refused.
    """
    jobs = jobs_from_frame(table.frame(table.fetch(path), table=path.name), table=path.name, regions=fleet.regions)
    if not jobs.jobs:
        raise DataError(f"{path.name}: every job is refused; {first_refusals(jobs.refused)}")
    return jobs


def first_refusals(refused: Sequence[Refusal]) -> str:
    """Describe the first few refusals, and count the others."""
    parts = [f"job {refusal.job_id}: {refusal.reason}" for refusal in refused[:_NAMED_REFUSALS]]
    more = len(refused) - len(parts)
    return "; ".join([*parts, f"and {more:,} more"] if more else parts)
