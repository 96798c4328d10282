"""The grid limit that telemetry observed: it may lower the power that the contract promises, and never raises it.

Nobody knows how long an order of the utility lasts. So the last observed limit holds for all hours ahead until a newer
one is observed, and a missing value changes nothing.
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
# If no limit was observed for this many hours, the commands say so: an order may have begun or ended since.
SILENT_H = HOURS_PER_DAY


@dataclass(frozen=True, kw_only=True)
class ObservedLimit:
    """The last observed grid limit of a region.

    Args:
        observed_mw, observed_utc: its value and hour.
        age_h: hours from then to the origin.
        contract_mw: the region's `grid_limit_mw` in the fleet file.
    """

    region: str
    observed_mw: float
    observed_utc: Hour
    age_h: int
    contract_mw: float

    @property
    def is_below(self) -> bool:
        """Tell whether the observed limit is below the contract."""
        return self.observed_mw < self.contract_mw

    @property
    def is_silent(self) -> bool:
        """Tell whether no limit has been observed for SILENT_H."""
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
    """Return the last limit that each region was observed to have up to an origin; regions without one are left out."""
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
    """Return the (region, hour) position of the last observed grid limit up to each hour; -1 before the first one."""
    shape = (len(telemetry.regions), len(telemetry.time_utc))
    observed = telemetry.values.get(COLUMN, np.full(shape, np.nan))
    position = np.where(np.isfinite(observed), np.arange(shape[1]), -1)
    return np.asarray(np.maximum.accumulate(position, axis=1))


def last_observed_mw(telemetry: Telemetry) -> FloatArray:
    """Return the (region, hour) last observed grid limit up to each hour; infinite before the first one."""
    position = last_observed(telemetry)
    observed = telemetry.values.get(COLUMN)
    if observed is None:
        return np.full(position.shape, np.inf)
    return np.where(position >= 0, np.take_along_axis(observed, np.maximum(position, 0), axis=1), np.inf)


def silent_hours(telemetry: Telemetry, fleet: Fleet, origins: IntArray) -> Mapping[str, int]:
    """Count the origins at which a limit was observed once, and not in the last SILENT_H, by region; zeros left out."""
    position = last_observed(telemetry.of_regions(fleet.region_ids))[:, origins]
    counts = ((position >= 0) & (origins - position >= SILENT_H)).sum(axis=1)
    return {name: int(count) for name, count in zip(fleet.region_ids, counts, strict=True) if count}


def limits_ahead_mw(fleet: Fleet, origin_utc: HourArray, seen_mw: FloatArray, horizon: int) -> FloatArray:
    """Return the (origin, region, lead) grid power that counts ahead of consecutive origins.

    Args:
        seen_mw: (region, origin) of `last_observed_mw`.
    """
    ahead = origin_utc[0] + np.arange(1, len(origin_utc) + horizon)
    sure_mw = np.swapaxes(sliding_window_view(sure_limits_mw(fleet, ahead), horizon, axis=1), 0, 1)
    contract_mw = np.array([region.grid_limit_mw for region in fleet.regions])
    # `sure_mw` is a view and takes little memory. A full array is made only if an observed limit is below its contract.
    return sure_mw if (seen_mw >= contract_mw[:, None]).all() else np.minimum(sure_mw, seen_mw.T[..., None])


def lowest_of_day_mw(fleet: Fleet, time_utc: HourArray, seen_mw: FloatArray) -> FloatArray:
    """Return the (region, hour) lowest limit that was seen since midnight UTC; at most the contract's.

    For hours beyond the horizon, an origin uses the lowest limit seen since midnight of its own day. A limit that came
    and went within hours may come again that far ahead.
    """
    contract_mw = np.array([region.grid_limit_mw for region in fleet.regions])
    before, hours = int(clock.hour_of_day(time_utc[:1])[0]), len(time_utc)
    after = -(before + hours) % HOURS_PER_DAY
    whole_days = np.pad(np.minimum(seen_mw, contract_mw[:, None]), ((0, 0), (before, after)), constant_values=np.inf)
    lowest = np.minimum.accumulate(whole_days.reshape(len(contract_mw), -1, HOURS_PER_DAY), axis=2)
    return np.asarray(lowest.reshape(len(contract_mw), -1)[:, before : before + hours])
