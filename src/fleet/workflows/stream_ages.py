"""How old the newest value of each column is that counts, by region, and what is held as doubtful since."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fleet.domain.clock import Hour
from fleet.domain.region import Fleet
from fleet.quality.gate import Checked
from fleet.quality.held import NAMES, REASONS
from fleet.units import HOURS_PER_DAY

# The columns that a decision needs. The price may come from the fleet file.
NEEDED = ("temperature_c", "dew_point_c", "it_load_mw", "carbon_g_per_kwh")
# From this age on a stream counts as stale; the longest gap that decisions allow is 2 to 12 h.
STALE_H = 2
_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class StreamAge:
    """The newest value of one column in one region that counts: it is stored, and not held as doubtful.

    Args:
        newest_utc: None if no value counts.
        age_h: hours from the newest value to the hour that was asked; None if no value counts.
        history_h: hours from the end of the first day with values to the hour that was asked, as `Silence` counts them.
        held_h: hours after the newest value whose stored values are held as doubtful.
        held_because: the reason for the last of them; empty if there is none.
    """

    region: str
    column: str
    newest_utc: Hour | None
    age_h: int | None
    history_h: int = 0
    held_h: int = 0
    held_because: str = ""

    @property
    def is_stale(self) -> bool:
        """Tell whether the value is missing or older than STALE_H."""
        return self.age_h is None or self.age_h > STALE_H

    @property
    def words(self) -> str:
        """What is known of the stream, such as "is 5 h old"; to be read after its name."""
        if self.held_h:
            return f"has {self.held_h:,} values held as doubtful ({self.held_because})"
        return "has no value" if self.age_h is None else f"is {self.age_h:,} h old"


def stream_ages(checked: Checked | None, fleet: Fleet, hour: Hour) -> Sequence[StreamAge]:
    """Return the age of each column that a decision needs, in each region, as it was at an hour.

    Args:
        checked: the stored telemetry without held values; None if there is none.
        hour: the last hour that counts as known; later values do not count.
    """
    return [
        StreamAge(region=region, column=column, newest_utc=None, age_h=None)
        if checked is None or region not in checked.telemetry.regions or column not in checked.telemetry.values
        else _stream_age(checked, region, column, hour)
        for region in fleet.region_ids
        for column in NEEDED
    ]


def _stream_age(checked: Checked, region: str, column: str, hour: Hour) -> StreamAge:
    row, hours = checked.telemetry.regions.index(region), checked.telemetry.time_utc
    until = int(np.searchsorted(hours, hour, side="right"))
    known = np.flatnonzero(np.isfinite(checked.telemetry.values[column][row, :until]))
    newest = hours[known[-1]] if known.size else None
    # Only what was held after the newest value that counts is what is wrong now.
    since = checked.rule[column][row, known[-1] + 1 if known.size else 0 : until]
    held = since[since >= 0]
    return StreamAge(
        region=region,
        column=column,
        newest_utc=newest,
        age_h=None if newest is None else int((hour - newest) / _ONE_HOUR),
        history_h=max(int((hour - hours[known[0]]) / _ONE_HOUR) - HOURS_PER_DAY + 1, 0) if known.size else 0,
        held_h=len(held),
        held_because=REASONS[NAMES[held[-1]]] if held.size else "",
    )
