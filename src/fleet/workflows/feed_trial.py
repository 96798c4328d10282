"""Tries each source of the fleet file once, and tells what came. Nothing is stored."""

from dataclasses import dataclass

import numpy as np

from fleet.domain.clock import Hour
from fleet.domain.observed import last_full_hour
from fleet.domain.outlooks import Outlooks
from fleet.domain.region import Fleet
from fleet.errors import FleetError
from fleet.sources import Reading
from fleet.sources.client import Client
from fleet.workflows.feed_plan import ONE_HOUR, FeedGroup, groups_of

# Enough hours to find the newest value of a source that is late.
_TRIED_H = 24


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a source gave for one column.

    order: position among the sources of the column, from 1.
    values: number of hours with a value.
    newest_utc: the newest hour with a value; of a forecast the hour of its issue.
    age_h: hours from the end of that hour to now; below zero for prices that are known ahead.
    estimated: number of values that the source calls estimated.
    conversion: unit of the source, and what was done to it.
    carbon: what a carbon intensity counts.
    error: why there is no answer; empty if there is one.
    """

    region: str
    column: str
    source: str
    order: int
    gives: str
    values: int = 0
    newest_utc: Hour | None = None
    age_h: int | None = None
    estimated: int = 0
    conversion: str = ""
    carbon: str = ""
    notes: tuple[str, ...] = ()
    error: str = ""


def try_feeds(fleet: Fleet, client: Client, *, now_utc: str, source: str | None = None) -> list[Trial]:
    """Ask each source of a fleet for its newest hours. Raises: ConfigError as `groups_of`."""
    now = last_full_hour(now_utc) + ONE_HOUR
    trials = []
    for group in groups_of(fleet, source):
        first = group.within_reach(now - (_TRIED_H + group.source.lag_h) * ONE_HOUR, now)
        query = group.query(first, group.end_utc(now), now_utc)
        try:
            found = group.source().parse(group.source().fetch(query, client), query=query)
        except FleetError as error:
            trials += [_trial(group, column, None, now, str(error)) for column in group.feeds]
        else:
            trials += [_trial(group, column, found, now, "") for column in group.feeds]
    return trials


def _trial(group: FeedGroup, column: str, reading: Reading | None, now: Hour, error: str) -> Trial:
    values = None if reading is None else reading.values
    grid = None if values is None else values.values.get(column)
    newest: Hour | None = None
    if values is not None and grid is not None and np.isfinite(grid).any():
        axis = values.issued_utc if isinstance(values, Outlooks) else values.time_utc
        known = np.isfinite(grid[0]).any(axis=1) if isinstance(values, Outlooks) else np.isfinite(grid[0])
        newest = axis[np.flatnonzero(known)[-1]]
    how = None if reading is None else reading.conversions.get(column)
    estimated = None if reading is None else reading.estimated.get(column)
    is_forecast = group.source.gives == "outlooks"
    return Trial(
        region=group.region.id,
        column=column,
        source=group.name,
        order=len(group.earlier[column]) + 1,
        gives=group.source.gives,
        values=0 if grid is None else int(np.isfinite(grid).sum()),
        newest_utc=newest,
        age_h=None if newest is None else int((now - newest) / ONE_HOUR) - (0 if is_forecast else 1),
        estimated=0 if estimated is None else int(estimated.sum()),
        conversion="" if how is None else how.text,
        carbon=group.feeds[column].carbon if "carbon" in column else "",
        notes=() if reading is None else tuple(reading.notes),
        error=error or ("" if newest is not None else "no value of these hours"),
    )
