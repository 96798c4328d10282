"""Opens and checks the replay in a workspace. The rows of the large tables are read later, when they are needed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from fleet.dashboard.data.evidence_data import MOST_JSON_BYTES, read_evidence
from fleet.domain.region import Fleet
from fleet.errors import DataError
from fleet.fleets import load_fleet
from fleet.regular_file import read_regular
from fleet.replay.bound_evidence import Evidence
from fleet.storage.parquet_scan import scan_regular
from fleet.storage.workspace import Workspace

_MADE_BY = "fleet demo` or `fleet replay --home"
_RISK = (
    *("quantity", "region", "origin_utc", "lead_h"),
    *("forecast", "lower", "upper", "path_upper", "actual", "limit"),
)
_FOOTPRINT = (
    *("policy", "region", "time_utc", "temperature_c", "carbon_g_per_kwh", "base_load_mw", "job_mw"),
    *("base_carbon_kg", "base_water_l", "base_cost_usd", "job_carbon_kg", "job_water_l", "job_cost_usd"),
)
_BEYOND_ENERGY = "job_beyond_energy_usd"


@dataclass(frozen=True, kw_only=True)
class ReplayData:
    """All that the pages and the report show of one replay. Its two tables are lazy: they may have a million rows.

    Args:
        risk: forecasts, bands, limits and actual values; see `replay.chart_tables.risk_frame`.
        footprint: load, carbon, water and cost by policy, region and hour; see `replay.chart_tables.footprint_frame`.
        summary: the JSON of the replay, as `Replay.as_dict` writes it.
        evidence: the coverage of the bounds; None if an earlier version made the replay.
    """

    fleet: Fleet
    risk: pl.LazyFrame
    footprint: pl.LazyFrame
    summary: Mapping[str, Any]
    evidence: Evidence | None = None

    @property
    def outcomes(self) -> Mapping[str, Mapping[str, Any]]:
        """Policy -> fields of `replay.outcomes.Outcome`."""
        outcomes: Mapping[str, Mapping[str, Any]] = self.summary["policies"]
        return outcomes


def open_replay(workspace: Workspace) -> ReplayData:
    """Open the replay that the workspace holds.

    Raises:
        ConfigError: there is no replay; the message names the command to run.
        DataError: a file is not readable or does not fit the fleet.
    """
    fleet = load_fleet(workspace.fleet if workspace.fleet.exists() else None)
    risk = _scan(workspace.require(workspace.risk, _MADE_BY), _RISK)
    footprint = _scan(workspace.require(workspace.footprint, _MADE_BY), _FOOTPRINT)
    summary = _read_summary(workspace.require(workspace.replay, _MADE_BY))
    evidence = read_evidence(workspace.evidence, _MADE_BY)
    regions = footprint.select(pl.col("region").unique(maintain_order=True)).collect()["region"].to_list()
    if sorted(regions) != sorted(fleet.region_ids):
        raise DataError(
            f"the replay has the regions {', '.join(regions) or 'none'}, the fleet has {', '.join(fleet.region_ids)}; "
            f"run `{_MADE_BY}` again"
        )
    # A missing bound is NaN in the file. NaN is neither above nor below a limit, so infinity replaces NaN.
    no_bound = [pl.col("upper", "path_upper").fill_nan(float("inf")), pl.col("lower").fill_nan(float("-inf"))]
    return ReplayData(
        fleet=fleet,
        risk=risk.with_columns(no_bound),
        footprint=_with_beyond_energy(footprint),
        summary=summary,
        evidence=evidence,
    )


def headroom_of(workspace: Workspace) -> pl.LazyFrame | None:
    """Return the headroom that a replay recorded, as a lazy table; None if an earlier version made the replay.

    Raises: DataError if the file is not readable.
    """
    return _scan(workspace.headroom, ("origin_utc", "limit")) if workspace.headroom.exists() else None


def _with_beyond_energy(footprint: pl.LazyFrame) -> pl.LazyFrame:
    """Add the cost of moving data and of waiting where an earlier version recorded none. It is NaN, not zero."""
    if _BEYOND_ENERGY in footprint.collect_schema().names():
        return footprint
    return footprint.with_columns(pl.lit(float("nan")).alias(_BEYOND_ENERGY))


def _scan(path: Path, columns: tuple[str, ...]) -> pl.LazyFrame:
    try:
        frame = scan_regular(path)
        present = set(frame.collect_schema().names())
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path.name} is not a readable Parquet file; run `{_MADE_BY}` again") from error
    missing = [column for column in columns if column not in present]
    if missing:
        raise DataError(f"{path.name} has no column {missing[0]!r}; run `{_MADE_BY}` again")
    return frame


def _read_summary(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(read_regular(path, most_bytes=MOST_JSON_BYTES))
    except OSError as error:
        raise DataError(f"{path.name} cannot be read ({error.strerror or error}); run `{_MADE_BY}` again") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path.name} is not JSON; run `{_MADE_BY}` again") from error
    if not isinstance(content, dict) or not isinstance(content.get("policies"), dict):
        raise DataError(f"{path.name} has no key 'policies'; run `{_MADE_BY}` again")
    return content
