"""One sentence on what carbon and water did on a day, computed from its hours."""

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from fleet.domain.local_clock import LocalClock

_AT = "time_utc"
# Less than this would be shown as 0 L.
_NO_WATER_L = 0.5


def day_sentence(hours: pl.DataFrame, labels: Mapping[str, str], clocks: Mapping[str, LocalClock]) -> str:
    """Return which region's carbon and which region's water changed most, when they were highest and lowest.

    Args:
        hours: table of `hours_of_day`.
        labels, clocks: region -> its short name, and its clock.
    """
    parts = []
    for column, text in (
        ("carbon_g_per_kwh", "carbon went from {low:,.0f} (at {low_at}) to {high:,.0f} g/kWh (at {high_at})"),
        ("water_l", "water went from {low:,.0f} (at {low_at}) to {high:,.0f} L per hour (at {high_at})"),
    ):
        region = _most_changed(hours, column)
        if region is None:
            continue
        rows = hours.filter(pl.col("region") == region, pl.col(column).is_not_null()).sort(column)
        low, high = rows.row(0, named=True), rows.row(-1, named=True)
        if column == "water_l" and high[column] < _NO_WATER_L:
            parts.append(f"{labels[region]} used no water")
            continue
        words = text.format(
            low=low[column],
            high=high[column],
            low_at=_times(low[_AT], clocks[region]),
            high_at=_times(high[_AT], clocks[region]),
        )
        parts.append(f"{labels[region]}'s {words}")
    if not parts:
        return "Carbon and water of this day are not known."
    return f"The largest changes of this day in any region: {', and '.join(parts)}."


def _times(time_utc: datetime, clock: LocalClock) -> str:
    return f"{time_utc:%H:%M} UTC, {clock.text(time_utc)}"


def _most_changed(hours: pl.DataFrame, column: str) -> str | None:
    spans = (
        hours.group_by("region", maintain_order=True)
        .agg((pl.col(column).max() - pl.col(column).min()).alias("span"))
        .drop_nulls()
        .sort("span", descending=True)
    )
    return None if spans.is_empty() else str(spans["region"][0])
