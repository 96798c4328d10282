"""How old the newest stored value of each column is, by region."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fleet.domain.clock import Hour
from fleet.domain.region import Fleet
from fleet.storage.telemetry_store import read_telemetry
from fleet.storage.workspace import Workspace

# The columns that a decision needs. The price may come from the fleet file.
NEEDED = ("temperature_c", "dew_point_c", "it_load_mw", "carbon_g_per_kwh")
# From this age on a stream counts as stale; the longest gap that decisions allow is 2 to 12 h.
STALE_H = 2
_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class StreamAge:
    """The newest value of one column in one region.

    Args:
        newest_utc: None if no value is stored.
        age_h: hours from the newest value to the hour that was asked; None if no value is stored.
    """

    region: str
    column: str
    newest_utc: Hour | None
    age_h: int | None

    @property
    def is_stale(self) -> bool:
        """Tell whether the value is missing or older than STALE_H."""
        return self.age_h is None or self.age_h > STALE_H


def stream_ages(workspace: Workspace, fleet: Fleet, hour: Hour) -> Sequence[StreamAge]:
    """Return the age of each column that a decision needs, in each region, as it was at an hour.

    Args:
        hour: the last hour that counts as known; later values do not count.
    Raises: DataError if the stored telemetry cannot be read.
    """
    stored = read_telemetry(workspace.telemetry).renamed(fleet.current_ids) if workspace.telemetry.exists() else None
    ages = []
    for region in fleet.region_ids:
        for column in NEEDED:
            newest = None
            if stored is not None and region in stored.regions and column in stored.values:
                values = stored.values[column][stored.regions.index(region)]
                known = np.flatnonzero(np.isfinite(values) & (stored.time_utc <= hour))
                newest = stored.time_utc[known[-1]] if known.size else None
            age_h = None if newest is None else int((hour - newest) / _ONE_HOUR)
            ages.append(StreamAge(region=region, column=column, newest_utc=newest, age_h=age_h))
    return ages
