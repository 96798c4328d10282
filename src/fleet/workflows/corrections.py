"""Lists the stored values that a later ingest revised or withdrew, as stretches of hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.storage.telemetry_store import read_corrections
from fleet.storage.workspace import Workspace

_ONE_HOUR = np.timedelta64(1, "h")
_KEYS = ("region", "column", "kind", "stored_utc", "reason")


@dataclass(frozen=True, kw_only=True)
class CorrectedStretch:
    """Consecutive hours of one column that one ingest revised or withdrew.

    kind: "revised" or "withdrawn".
    before, after: the value of the first hour; `after` is None if the value was withdrawn.
    stored_utc: time of the ingest.
    """

    region: str
    column: str
    first_utc: Hour
    hours: int
    kind: str
    before: float
    after: float | None
    stored_utc: str
    reason: str

    @property
    def last_utc(self) -> Hour:
        """The last hour of the stretch."""
        return self.first_utc + (self.hours - 1) * _ONE_HOUR

    def as_dict(self) -> dict[str, Any]:
        """Return the stretch for JSON."""
        return {
            "region": self.region,
            "column": self.column,
            "first_utc": clock.iso(self.first_utc),
            "last_utc": clock.iso(self.last_utc),
            "hours": self.hours,
            "kind": self.kind,
            "before": self.before,
            "after": self.after,
            "stored_utc": self.stored_utc,
            "reason": self.reason,
        }


def list_corrections(workspace: Workspace) -> Sequence[CorrectedStretch]:
    """Return all revisions and withdrawals, latest ingest first. Raises: DataError if a file is damaged."""
    rows = read_corrections(workspace.telemetry).sort(
        "stored_utc", "region", "column", "first_utc", maintain_order=True
    )
    follows = (pl.col("first_utc") - pl.col("first_utc").shift(1) == pl.duration(hours=1)) & pl.all_horizontal(
        *(pl.col(key) == pl.col(key).shift(1) for key in _KEYS)
    )
    stretches = (
        rows.with_columns(stretch=(~follows.fill_null(value=False)).cum_sum())
        .group_by("stretch", maintain_order=True)
        .agg(*(pl.col(key).first() for key in (*_KEYS, "first_utc", "before", "after")), hours=pl.len())
    )
    found = [
        CorrectedStretch(
            **{key: row[key] for key in (*_KEYS, "before", "after", "hours")},
            first_utc=np.datetime64(row["first_utc"].replace(tzinfo=None), "h"),
        )
        for row in stretches.iter_rows(named=True)
    ]
    return sorted(found, key=lambda stretch: stretch.stored_utc, reverse=True)
