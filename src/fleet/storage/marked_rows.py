"""Rows for values that stay the same, while their source or their flag changes."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

from fleet.domain.provenance import PROVENANCE_SCHEMA, Provenance
from fleet.domain.telemetry import Telemetry
from fleet.storage.change_rows import CELL
from fleet.storage.version_log import VersionMark, origins


def newly_marked(
    path: Path,
    mark: VersionMark,
    stored: Telemetry,
    supplied: Telemetry,
    provenance: Provenance,
    rows: pl.DataFrame,
) -> pl.DataFrame:
    """Return rows for values that stay the same, but come from another source or are no longer estimated."""
    own = _overlap(stored, supplied)
    if own is None:
        return rows.clear()
    before = origins(path, mark, own)
    changed = rows.filter(pl.col("hours") == 1).select("region", "column", time_utc="first_utc")
    cells = provenance.cells(supplied).with_columns(source=pl.lit(provenance.source))
    differs = pl.any_horizontal(pl.col(name) != pl.col(f"{name}_before") for name in ("source", "estimated"))
    marked = cells.join(before, on=list(CELL), suffix="_before").filter(differs)
    marked = marked.join(changed, on=list(CELL), how="anti")
    values = [_value(own, *cell) for cell in marked.select(CELL).iter_rows()]
    return marked.select(
        "region",
        "column",
        pl.col("time_utc").alias("first_utc"),
        pl.lit(1, pl.Int32()).alias("hours"),
        pl.lit("marked").alias("kind"),
        pl.Series("before", values, dtype=pl.Float64),
        pl.Series("after", values, dtype=pl.Float64),
        *PROVENANCE_SCHEMA,
    ).select(rows.columns)


def _value(telemetry: Telemetry, region: str, column: str, time: datetime) -> float:
    hour = telemetry.position(np.datetime64(time.replace(tzinfo=None), "h"))
    return float(telemetry.values[column][telemetry.regions.index(region), hour])


def _overlap(stored: Telemetry, supplied: Telemetry) -> Telemetry | None:
    """Return the stored values of the supplied regions, columns and hours; None if there are none."""
    regions = [region for region in supplied.regions if region in stored.regions]
    columns = [name for name in supplied.values if name in stored.values]
    first, last = max(stored.time_utc[0], supplied.time_utc[0]), min(stored.time_utc[-1], supplied.time_utc[-1])
    if not regions or not columns or first > last:
        return None
    part = stored.select(regions).hours(stored.position(first), stored.position(last) + 1)
    return replace(part, values={name: part.values[name] for name in columns})
