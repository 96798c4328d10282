"""Refuses a fleet that has lost a region in which jobs run or are queued."""

from collections.abc import Iterable

from fleet.domain.clock import Hour, iso
from fleet.domain.region import Fleet
from fleet.errors import ConfigError
from fleet.ledger import JobRecord


def require_regions(recorded: Iterable[JobRecord], fleet: Fleet, first: Hour) -> None:
    """Refuse a fleet without a region in which jobs run or are queued: it would forget the power that they hold.

    Args:
        recorded: the latest record of each live job.
        first: the first hour ahead.
    Raises: ConfigError if such a region is missing.
    """
    lost = [
        record
        for record in recorded
        if record.has_place and record.region not in fleet.region_ids and record.end_utc > first
    ]
    if not lost:
        return
    region = str(lost[0].region)
    ends = [record.end_utc for record in lost if record.region == region]
    raise ConfigError(
        f"the fleet has no region {region!r}, in which jobs run or are queued ({len(ends):,} in the ledger); if the "
        f"region was renamed, write `aliases: [{region}]` at its new id in the fleet file; else wait until "
        f"{iso(max(ends))}, when the last of them ends, or override them with --deny"
    )
