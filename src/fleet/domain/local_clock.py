"""The local clock of a region: the time zone of its fleet file, or the solar time of its longitude."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from fleet.domain.clock import Hour, moment
from fleet.domain.region import Fleet, Region

SOLAR = "solar time"
_DEGREES_PER_HOUR = 15


@dataclass(frozen=True, kw_only=True)
class LocalClock:
    """The clock that the people at a site read.

    Args:
        name: the IANA name of the time zone, or SOLAR.
        zone: turns UTC into local time.
    """

    name: str
    zone: tzinfo

    @classmethod
    def of(cls, region: Region) -> "LocalClock":
        """Return the clock of a region. Without a time zone it shows mean solar time, rounded to whole hours."""
        if region.time_zone is None:
            offset = timedelta(hours=round(region.longitude_deg / _DEGREES_PER_HOUR))
            return cls(name=SOLAR, zone=timezone(offset, SOLAR))
        return cls(name=region.time_zone, zone=ZoneInfo(region.time_zone))

    def at(self, time_utc: datetime) -> datetime:
        """Return a time of UTC in local time. A time without a time zone is taken as UTC."""
        aware = time_utc if time_utc.tzinfo is not None else time_utc.replace(tzinfo=UTC)
        return aware.astimezone(self.zone)

    def hour(self, time_utc: datetime) -> str:
        """Return the local hour without its zone, such as "14:00"."""
        return f"{self.at(time_utc):%H:%M}"

    def abbreviation(self, time_utc: datetime) -> str:
        """Return the short name of the local time, such as "MST", "UTC+04" or "solar time"."""
        name = self.at(time_utc).tzname() or self.name
        # The zones that have no abbreviation are named by their offset alone.
        return f"UTC{name}" if name[:1] in "+-" else name

    def text(self, time_utc: datetime) -> str:
        """Return the local hour as text, such as "14:00 MST"; with the weekday where it is not that of UTC.

        >>> clock = LocalClock(name="Europe/Dublin", zone=ZoneInfo("Europe/Dublin"))
        >>> clock.text(datetime(2025, 7, 15, 12, tzinfo=UTC)), clock.text(datetime(2025, 7, 15, 23, tzinfo=UTC))
        ('13:00 IST', 'Wed 00:00 IST')
        """
        local = self.at(time_utc)
        day = "" if local.date() == time_utc.date() else f"{local:%a} "
        return f"{day}{local:%H:%M} {self.abbreviation(time_utc)}"

    def text_at(self, hour: Hour) -> str:
        """Return `text` of an hour of UTC."""
        return self.text(moment(hour))

    def description(self, times_utc: Sequence[datetime]) -> str:
        """Name the clock over some hours in ascending order, with each change of the clock among them.

        >>> clock = LocalClock(name="Europe/Dublin", zone=ZoneInfo("Europe/Dublin"))
        >>> clock.description([datetime(2025, 10, 26, hour, tzinfo=UTC) for hour in range(4)])
        'Europe/Dublin, IST; GMT from 01:00 UTC'
        >>> LocalClock(name=SOLAR, zone=timezone(timedelta(hours=-7), SOLAR)).description([datetime(2025, 7, 15)])
        'solar time; the fleet file has no time_zone'
        """
        if self.name == SOLAR:
            return f"{SOLAR}; the fleet file has no time_zone"
        parts, last = [self.name], None
        for time in times_utc:
            short = self.abbreviation(time)
            if last is None:
                parts.append(f", {short}")
            elif short != last:
                parts.append(f"; {short} from {time:%H:%M} UTC")
            last = short
        return "".join(parts)


def local_clocks(fleet: Fleet) -> Mapping[str, LocalClock]:
    """Return the clock of each region."""
    return {region.id: LocalClock.of(region) for region in fleet.regions}
