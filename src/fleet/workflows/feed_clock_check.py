"""Refuses an answer whose clock is wrong, before anything of it is stored."""

import numpy as np

from fleet.domain.clock import HourArray
from fleet.domain.telemetry import Telemetry
from fleet.errors import SourceError
from fleet.quality.feed_clock import shift_of, warmest_hour_off
from fleet.units import FloatArray
from fleet.workflows.feed_plan import ONE_HOUR, FeedGroup

_ADVICE = "local time may be called UTC, or the end of an hour its start; nothing of the answer is stored"


def refuse_wrong_clock(telemetry: Telemetry, stored: Telemetry | None, group: FeedGroup) -> None:
    """Compare an answer with stored values and with the sun.

    Args:
        telemetry: the answer, of one region.
        stored: the stored telemetry; None if there is none.
    Raises: SourceError if the answer fits only after a shift.
    """
    where = f"{group.name}, region {group.region.id}"
    for column, grid in telemetry.values.items():
        shift = shift_of(_stored_values(stored, group.region.id, column, telemetry.time_utc), grid[0])
        if shift:
            raise SourceError(
                f"{where}: {column} fits the stored values only if it is moved by {-shift:+d} h; {_ADVICE}",
                source=group.name,
                region=group.region.id,
            )
    if "temperature_c" in telemetry.values:
        off_h = warmest_hour_off(telemetry.values["temperature_c"][0], telemetry.time_utc, group.region.longitude_deg)
        if off_h:
            way = "late" if off_h > 0 else "early"
            raise SourceError(
                f"{where}: the daily course of temperature_c is {abs(off_h):.0f} h too {way} for longitude "
                f"{group.region.longitude_deg:g}, expected the warmest hour at about 15 h of solar time; {_ADVICE}",
                source=group.name,
                region=group.region.id,
            )


def _stored_values(stored: Telemetry | None, region: str, column: str, hours: HourArray) -> FloatArray:
    """Return the stored values of some hours, (hour,), NaN where there is none."""
    values = np.full(len(hours), np.nan)
    if stored is None or region not in stored.regions or column not in stored.values:
        return values
    offset = int((hours[0] - stored.time_utc[0]) / ONE_HOUR)
    grid = stored.values[column][stored.regions.index(region)]
    first, last = max(offset, 0), min(offset + len(hours), len(grid))
    if first < last:
        values[first - offset : last - offset] = grid[first:last]
    return values
