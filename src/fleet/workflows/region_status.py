"""The state of each region in one line: headroom now and at its lowest, load against capacity, age of its streams."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from fleet.domain.clock import Hour
from fleet.domain.region import Fleet
from fleet.errors import DataError
from fleet.ledger import Ledger, NeededJobs
from fleet.quality.gate import Checked
from fleet.storage.workspace import Workspace
from fleet.workflows.checked_telemetry import check_if_stored
from fleet.workflows.hour_facts import HourFacts
from fleet.workflows.stream_ages import StreamAge, stream_ages

_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class RegionStatus:
    """The state of one region at the origin of some facts.

    Args:
        headroom_mw: power that a job may add in the first hour ahead.
        lowest_mw, lowest_utc: the lowest headroom of the hours ahead, and the first hour that has it.
        limit: label of the limit that binds in that hour.
        blocked_hours, unsafe_hours, unknown_hours: numbers of hours ahead in these states; see `hour_state`.
        load_mw: IT load at the origin, jobs included; None if it is not known.
        jobs_mw: power of the jobs in it.
        capacity_mw: installed IT power.
        streams: age of each column that a decision needs.
    """

    region: str
    headroom_mw: float
    lowest_mw: float
    lowest_utc: Hour
    limit: str
    blocked_hours: int
    unsafe_hours: int
    unknown_hours: int
    load_mw: float | None
    jobs_mw: float
    capacity_mw: float
    streams: Sequence[StreamAge]

    @property
    def stale_streams(self) -> Sequence[StreamAge]:
        """The streams whose newest value that counts is missing or too old."""
        return [age for age in self.streams if age.is_stale]

    @property
    def urgency(self) -> tuple[bool, float, float]:
        """Sorts regions, the riskiest first: hours without headroom, then the lowest headroom."""
        return (self.closed_hours == 0, -float(self.closed_hours), self.lowest_mw)

    @property
    def closed_hours(self) -> int:
        """The number of hours ahead in which no job may be added."""
        return self.blocked_hours + self.unsafe_hours + self.unknown_hours


def region_statuses(
    facts: HourFacts, workspace: Workspace, fleet: Fleet, ledger: Ledger | None
) -> Mapping[str, RegionStatus]:
    """Return the state of each region, in the order of the fleet.

    Raises: DataError if the stored telemetry cannot be read.
    """
    checked = check_if_stored(workspace, fleet)
    ages = stream_ages(checked, fleet, facts.origin_utc)
    base_mw, jobs_mw = _base_loads_mw(checked, facts.origin_utc), _jobs_mw(facts, fleet, ledger)
    statuses = {}
    for region in fleet.regions:
        rows = facts.ahead.filter(pl.col("region") == region.id).sort("lead_h")
        if rows.is_empty():
            raise DataError(f"the hour has no row of region {region.id!r}; decide or replay again with this fleet")
        lowest = rows.row(int(rows["headroom_mw"].arg_min() or 0), named=True)
        states = rows["state"].to_list()
        load_mw = base_mw.get(region.id)
        statuses[region.id] = RegionStatus(
            region=region.id,
            headroom_mw=rows["headroom_mw"][0],
            lowest_mw=lowest["headroom_mw"],
            lowest_utc=facts.origin_utc + int(lowest["lead_h"]) * _ONE_HOUR,
            limit=lowest["limit"],
            blocked_hours=states.count("blocked"),
            unsafe_hours=states.count("unsafe"),
            unknown_hours=states.count("unknown"),
            load_mw=None if load_mw is None else load_mw + jobs_mw[region.id],
            jobs_mw=jobs_mw[region.id],
            capacity_mw=region.it_capacity_mw,
            streams=[age for age in ages if age.region == region.id],
        )
    return statuses


def _base_loads_mw(checked: Checked | None, hour: Hour) -> Mapping[str, float]:
    """Return the IT load without jobs of one hour, by region. A region without a value that counts is left out."""
    if checked is None or "it_load_mw" not in checked.telemetry.values:
        return {}
    believed = checked.telemetry
    (at,) = np.nonzero(believed.time_utc == hour)
    if not at.size:
        return {}
    loads = dict(zip(believed.regions, believed.values["it_load_mw"][:, at[0]].tolist(), strict=True))
    return {region: load for region, load in loads.items() if np.isfinite(load)}


def _jobs_mw(facts: HourFacts, fleet: Fleet, ledger: Ledger | None) -> Mapping[str, float]:
    """Return the power of the jobs that run at the origin, by region."""
    power = dict.fromkeys(fleet.region_ids, 0.0)
    if ledger is None:
        return power
    hour = facts.origin_utc
    if facts.source == "replay":
        running = [
            (str(place.region), place.power_mw)
            for place in ledger.replayed_places(decided_by=hour, first=hour, end=hour + _ONE_HOUR)
        ]
    else:
        running = [
            (str(record.region), record.power_mw)
            for record in ledger.jobs(mode="live", needed=NeededJobs(ending_after=hour))
            if record.has_place and record.begins_before(hour + _ONE_HOUR) and record.end_utc > hour
        ]
    for region, power_mw in running:
        if region in power:
            power[region] += power_mw
    return power
