"""The observed grid limit of the telemetry, which may lower the grid power that decisions use and never raises it.

Nobody knows how long an order of the utility lasts. So the last observed limit holds for all hours ahead until a newer
limit is observed, and a missing value changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from fleet.domain import clock
from fleet.domain.clock import Hour, HourArray
from fleet.domain.observed import up_to
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.preparation.build_conditions import sure_limits_mw
from fleet.units import HOURS_PER_DAY, FloatArray, IntArray

COLUMN = "grid_limit_mw"
# If no limit was observed for this many hours, the commands say so: an order may have begun or ended in these hours.
SILENT_H = HOURS_PER_DAY


@dataclass(frozen=True, kw_only=True)
class ObservedLimit:
    """The last observed grid limit of a region.

    Args:
        observed_mw, observed_utc: the limit, and the hour of its observation.
        age_h: hours from that hour to the origin.
        contract_mw: the region's `grid_limit_mw` in the fleet file.
    """

    region: str
    observed_mw: float
    observed_utc: Hour
    age_h: int
    contract_mw: float

    @property
    def is_below(self) -> bool:
        """Tell whether the observed limit is below `contract_mw`."""
        return self.observed_mw < self.contract_mw

    @property
    def is_silent(self) -> bool:
        """Tell whether the observation is SILENT_H old or older."""
        return self.age_h >= SILENT_H

    def as_dict(self) -> dict[str, Any]:
        """Return the limit for JSON."""
        return {
            "region": self.region,
            "observed_mw": self.observed_mw,
            "observed_utc": clock.iso(self.observed_utc),
            "age_h": self.age_h,
            "contract_mw": self.contract_mw,
        }


def limits_seen_at(telemetry: Telemetry, fleet: Fleet, origin_utc: Hour) -> tuple[ObservedLimit, ...]:
    """Return the last observed limit of each region up to an origin; regions without an observation are left out."""
    known = up_to(telemetry.of_regions(fleet.region_ids), origin_utc)
    position, origin = last_observed(known)[:, -1], len(known.time_utc) - 1
    return tuple(
        ObservedLimit(
            region=region.id,
            observed_mw=float(known.values[COLUMN][index, position[index]]),
            observed_utc=known.time_utc[position[index]],
            age_h=int(origin - position[index]),
            contract_mw=region.grid_limit_mw,
        )
        for index, region in enumerate(fleet.regions)
        if position[index] >= 0
    )


def last_observed(telemetry: Telemetry) -> IntArray:
    """Return the (region, hour) position of the last observed limit up to each hour; -1 if none was observed yet."""
    shape = (len(telemetry.regions), len(telemetry.time_utc))
    observed = telemetry.values.get(COLUMN, np.full(shape, np.nan))
    position = np.where(np.isfinite(observed), np.arange(shape[1]), -1)
    return np.asarray(np.maximum.accumulate(position, axis=1))


def last_observed_mw(telemetry: Telemetry) -> FloatArray:
    """Return the (region, hour) last observed limit up to each hour; infinite if none was observed yet."""
    position = last_observed(telemetry)
    observed = telemetry.values.get(COLUMN)
    if observed is None:
        return np.full(position.shape, np.inf)
    return np.where(position >= 0, np.take_along_axis(observed, np.maximum(position, 0), axis=1), np.inf)


def silent_hours(telemetry: Telemetry, fleet: Fleet, origins: IntArray) -> Mapping[str, int]:
    """Count each region's origins whose last observed limit is SILENT_H old or older. Zeros are left out."""
    position = last_observed(telemetry.of_regions(fleet.region_ids))[:, origins]
    counts = ((position >= 0) & (origins - position >= SILENT_H)).sum(axis=1)
    return {name: int(count) for name, count in zip(fleet.region_ids, counts, strict=True) if count}


def limits_ahead_mw(fleet: Fleet, origin_utc: HourArray, seen_mw: FloatArray, horizon: int) -> FloatArray:
    """Return the grid power that decisions use: the sure limit, or the last observed limit where that is lower.

    Args:
        origin_utc: (origin,) consecutive hours.
        seen_mw: (region, origin) `last_observed_mw` at these origins.
    Returns: (origin, region, lead).
    """
    ahead = origin_utc[0] + np.arange(1, len(origin_utc) + horizon)
    sure_mw = np.swapaxes(sliding_window_view(sure_limits_mw(fleet, ahead), horizon, axis=1), 0, 1)
    contract_mw = np.array([region.grid_limit_mw for region in fleet.regions])
    # `sure_mw` is a view and takes little memory. A full array is made only if an observed limit is below its contract.
    return sure_mw if (seen_mw >= contract_mw[:, None]).all() else np.minimum(sure_mw, seen_mw.T[..., None])


def lowest_of_day_mw(fleet: Fleet, time_utc: HourArray, seen_mw: FloatArray) -> FloatArray:
    """Return the lowest `seen_mw` since midnight UTC: (region, hour); at most `grid_limit_mw` of the fleet file.

    An origin uses this limit for the hours beyond its horizon. A limit that lasted only some hours may return there.

    Args:
        time_utc: (hour,) consecutive hours.
        seen_mw: (region, hour) `last_observed_mw` at these hours.
    """
    contract_mw = np.array([region.grid_limit_mw for region in fleet.regions])
    before, hours = int(clock.hour_of_day(time_utc[:1])[0]), len(time_utc)
    after = -(before + hours) % HOURS_PER_DAY
    whole_days = np.pad(np.minimum(seen_mw, contract_mw[:, None]), ((0, 0), (before, after)), constant_values=np.inf)
    lowest = np.minimum.accumulate(whole_days.reshape(len(contract_mw), -1, HOURS_PER_DAY), axis=2)
    return np.asarray(lowest.reshape(len(contract_mw), -1)[:, before : before + hours])
