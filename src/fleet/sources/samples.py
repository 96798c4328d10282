"""Turns the samples of an answer into hours: units, duplicates, the rule within an hour, values that cannot be."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import NamedTuple, TypeVar

import numpy as np
import polars as pl

from fleet.domain.outlooks import Outlooks
from fleet.domain.quantities import plausible_range
from fleet.domain.resample import WORST, by_hour
from fleet.domain.telemetry import Telemetry
from fleet.domain.unit_conversion import Conversion, conversion
from fleet.errors import DataError
from fleet.sources.base import Query, Reading

# An answer with a larger share of impossible values is in another unit or of something else.
_MOST_IMPOSSIBLE = 0.1
_UTC = pl.Datetime("us", "UTC")
_HOUR_S = 3_600.0
Made = TypeVar("Made")


class Sample(NamedTuple):
    """One value of an answer.

    start: start of its interval, UTC.
    value: in the unit of the source; NaN where the source has none.
    is_estimated: the source calls the value estimated.
    published: when the source last changed the value.
    issued: when the forecast was issued; only of forecasts.
    """

    column: str
    start: datetime
    value: float
    is_estimated: bool = False
    published: datetime | None = None
    issued: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Samples:
    """The samples of an answer.

    units: column -> unit of its samples.
    notes: as in `Reading`.
    step_s: time between two samples [s]; None if the source states none. With it, a lone sample is not taken for an
        hour.
    """

    rows: Iterable[Sample]
    units: Mapping[str, str]
    notes: Sequence[str] = field(default=())
    step_s: float | None = None

    def observed(self, query: Query) -> Reading:
        """Return the observed values of the asked hours. Raises: SourceError as `Source.parse`."""
        notes = list(self.notes)
        conversions = self._conversions(query)
        columns = {
            name: _hours(rows, name, conversions[name], query, notes, step_s=self.step_s)
            for name, rows in _by_column(self.rows, query, within=True).items()
        }
        columns = {name: frame for name, frame in columns.items() if frame.height}
        if not columns:
            return Reading(values=None, conversions=conversions, notes=notes)
        whole = pl.concat([frame.select("time_utc", name) for name, frame in columns.items()], how="align")
        telemetry = _checked(lambda: Telemetry.from_frame(whole, table="the answer", region=query.region), query)
        return Reading(
            values=telemetry,
            estimated={name: _on_axis(frame, "estimated", telemetry, False) for name, frame in columns.items()},
            published_utc={
                name: _on_axis(frame, "published", telemetry, np.datetime64("NaT", "s"))
                for name, frame in columns.items()
            },
            conversions=conversions,
            notes=notes,
        )

    def issued(self, query: Query) -> Reading:
        """Return forecasts. Hours before the issue are left out.

        Raises: SourceError as `Source.parse`; also if a forecast was issued after the answer.
        """
        notes = list(self.notes)
        conversions = self._conversions(query)
        issues: dict[datetime, list[Sample]] = defaultdict(list)
        for row in self.rows:
            issue = (row.issued or query.received).replace(minute=0, second=0, microsecond=0)
            if issue > query.received:
                raise query.error(
                    f"the forecast was issued at {issue:%Y-%m-%dT%H:%MZ}, expected a time before the answer "
                    f"({query.received:%Y-%m-%dT%H:%MZ}); local time may be called UTC"
                )
            if row.start >= issue:
                issues[issue].append(row)
        frames = []
        for issue, rows in sorted(issues.items()):
            for name, part in _by_column(rows, query, within=False).items():
                hours = _hours(part, name, conversions[name], query, notes, step_s=self.step_s).filter(
                    pl.col("time_utc") >= issue
                )
                frames.append(hours.select("time_utc", name, issued_utc=pl.lit(issue, dtype=_UTC)))
        keys = ["issued_utc", "time_utc"]
        whole = pl.concat([pl.DataFrame(schema=dict.fromkeys(keys, _UTC)), *frames], how="diagonal")
        whole = whole.group_by(keys, maintain_order=True).agg(pl.all().drop_nulls().first()).sort(keys)
        if not whole.height:
            return Reading(values=None, conversions=conversions, notes=notes)
        outlooks = _checked(lambda: Outlooks.from_frame(whole, table="the answer", region=query.region), query)
        return Reading(values=outlooks, conversions=conversions, notes=notes)

    def _conversions(self, query: Query) -> dict[str, Conversion]:
        return {
            name: _checked(partial(conversion, name, self.units[name], factor=feed.factor), query)
            for name, feed in query.feeds.items()
            if name in self.units
        }


def _by_column(rows: Iterable[Sample], query: Query, *, within: bool) -> dict[str, list[Sample]]:
    """Return the samples of the query's columns.

    Args:
        within: only those within the asked hours.
    """
    columns: dict[str, list[Sample]] = defaultdict(list)
    for row in rows:
        if row.column in query.feeds and (not within or query.first <= row.start < query.end):
            columns[row.column].append(row)
    return columns


def _hours(
    rows: list[Sample], name: str, how: Conversion, query: Query, notes: list[str], *, step_s: float | None
) -> pl.DataFrame:
    """Return time_utc, the column, estimated and published of each hour that has a value."""
    frame = pl.DataFrame(
        {
            "time_utc": pl.Series([row.start for row in rows], dtype=_UTC),
            name: pl.Series([(row.value + how.offset) * how.scale for row in rows], dtype=pl.Float64, strict=False),
            "estimated": [row.is_estimated for row in rows],
            "published": pl.Series([row.published for row in rows], dtype=_UTC),
        }
    ).with_columns(pl.col(name).fill_nan(None))
    frame = _without_impossible(_once(frame, name, query), name, query, notes)
    is_hourly = not (frame["time_utc"].dt.truncate("1h") != frame["time_utc"]).any()
    if is_hourly and step_s in (None, _HOUR_S):
        return frame.drop_nulls(name)
    hours = by_hour(frame.select("time_utc", name), {"": "mean"}, table=query.feed.source, step_s=step_s)
    rule = WORST.get(name, "mean")
    notes.append(f"{name}: values within an hour became one value by the rule {rule}")
    if hours.left_out:
        notes.append(f"{name}: {hours.left_out:,} hours with less than three quarters of their values were left out")
    marks = frame.group_by(pl.col("time_utc").dt.truncate("1h")).agg(
        pl.col("estimated").any(), pl.col("published").max()
    )
    return hours.frame.join(marks, on="time_utc", how="left").drop_nulls(name)


def _once(frame: pl.DataFrame, name: str, query: Query) -> pl.DataFrame:
    """Return each time once. Raises: SourceError if a time has two different values."""
    alone = frame.unique(["time_utc", name], keep="last", maintain_order=True)
    twice = alone.filter(pl.col("time_utc").is_duplicated()).sort("time_utc")
    if twice.height:
        first, second = twice[name][:2]
        raise query.error(
            f"{name} at {twice['time_utc'][0]:%Y-%m-%dT%H:%MZ} is both {first} and {second}, expected each time once"
        )
    return alone.sort("time_utc")


def _without_impossible(frame: pl.DataFrame, name: str, query: Query, notes: list[str]) -> pl.DataFrame:
    """Return the frame with impossible values as missing. Raises: SourceError if there are many of them."""
    allowed = plausible_range(name)
    if allowed is None:
        return frame
    wrong = frame.filter(~pl.col(name).is_between(allowed.low, allowed.high))
    if not wrong.height:
        return frame
    value = float(wrong[name][0])
    found = (
        f"{name} is {value:g} at {wrong['time_utc'][0]:%Y-%m-%dT%H:%MZ}, expected {allowed.low:g} to {allowed.high:g}"
    )
    if wrong.height > _MOST_IMPOSSIBLE * frame.height:
        raise query.error(f"{found}; {allowed.hint(value)}")
    notes.append(f"{found}; {wrong.height:,} such values were left out")
    return frame.with_columns(pl.when(pl.col(name).is_between(allowed.low, allowed.high)).then(pl.col(name)))


def _on_axis(frame: pl.DataFrame, mark: str, telemetry: Telemetry, missing: object) -> np.ndarray:
    """Return a mark of the hours, (region, hour); `missing` in hours without a value."""
    position = (frame["time_utc"].dt.replace_time_zone(None).to_numpy() - telemetry.time_utc[0]) / np.timedelta64(
        1, "h"
    )
    grid = np.full((1, len(telemetry.time_utc)), missing)
    values = frame[mark] if mark == "estimated" else frame[mark].dt.replace_time_zone(None)
    grid[0, position.astype(np.int64)] = values.to_numpy()
    return grid


def _checked(make: Callable[[], Made], query: Query) -> Made:
    """Return what `make` returns; an error of the values becomes an error of the query."""
    try:
        return make()
    except DataError as error:
        raise query.error(str(error)) from error
