"""The headroom of every start ahead of one origin, and the limit that sets it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fleet.domain import clock
from fleet.domain.clock import Hour, HourArray
from fleet.domain.decision import Binding
from fleet.domain.limit import UNKNOWN
from fleet.units import ROUNDING_MW, FloatArray, IntArray

_STEPS_PER_MW = 10


def rounded_down_mw(mw: FloatArray) -> FloatArray:
    """Round down to tenths of a MW. A negative value becomes zero. A value a rounding error below a tenth gives it."""
    return np.asarray(np.floor(_STEPS_PER_MW * (np.maximum(mw, 0.0) + ROUNDING_MW)) / _STEPS_PER_MW)


@dataclass(frozen=True, kw_only=True)
class HeadroomByLevel:
    """Headroom minus reserved power on a fixed grid of levels and window lengths, whatever a window requires.

    Args:
        levels: (level,) margins above the forecast, the same for weather and load.
        windows_h: (window,) lengths.
        headroom_mw: (level, window, region, start), rounded down.
    """

    levels: FloatArray
    windows_h: IntArray
    headroom_mw: FloatArray


@dataclass(frozen=True, kw_only=True)
class HeadroomCurve:
    """The largest power that a job of `duration_h` hours may add, by region and start, ahead of one origin.

    The headroom of a window is the headroom of its tightest hour. Arrays are (region, start); start s begins s hours
    after the first hour ahead of the origin.

    Args:
        headroom_mw: at the levels that the window requires, minus the reserved power; rounded down; zero where nothing
            is safe or the controller has closed the region.
        forecast_headroom_mw: least headroom of the window at the point forecast, minus the reserved power; rounded
            down.
        reserved_mw: power of earlier approvals in the tightest hour.
        binding: [region][start] the binding limit in the tightest hour, the value at the bound and the allowed value.
        weather_level, load_level: margins of weather and of load that the window requires; infinite where no bound can
            be given.
        limits_mw: label of each limit of the envelope -> (region, start) the largest total IT load under that limit at
            that weather level in the tightest hour; infinite where the limit allows any load; NaN where no bound can be
            given, and beyond the horizon.
        by_level: headroom at each level of a fixed grid.
    """

    origin_utc: Hour
    confidence: float
    duration_h: int
    region_ids: tuple[str, ...]
    headroom_mw: FloatArray
    forecast_headroom_mw: FloatArray
    reserved_mw: FloatArray
    binding: Sequence[Sequence[Binding]]
    weather_level: FloatArray
    load_level: FloatArray
    limits_mw: Mapping[str, FloatArray]
    by_level: HeadroomByLevel

    @property
    def why_unbounded(self) -> dict[str, str]:
        """Region -> why it has hours without a bound. A region whose hours all have one is left out."""
        causes = {
            region: next((binding.cause for binding in row if binding.limit == UNKNOWN and binding.cause), None)
            for region, row in zip(self.region_ids, self.binding, strict=True)
        }
        return {region: cause for region, cause in causes.items() if cause is not None}

    @property
    def level(self) -> FloatArray:
        """(region, start) the higher of the two levels."""
        return np.maximum(self.weather_level, self.load_level)

    @property
    def start_utc(self) -> HourArray:
        """(start,) the first hour of each window."""
        return np.asarray(self.origin_utc + np.arange(1, self.headroom_mw.shape[1] + 1))

    def as_dict(self, regions: Sequence[str]) -> dict[str, Any]:
        """Return the curve of these regions for JSON."""
        return {
            "origin_utc": clock.iso(self.origin_utc),
            "confidence": self.confidence,
            "duration_h": self.duration_h,
            "regions": {name: self._region(self.region_ids.index(name)) for name in regions},
        }

    def _region(self, region: int) -> dict[str, Any]:
        grid = self.by_level
        return {
            "hours": [self._hour(region, start) for start in range(len(self.start_utc))],
            "by_level": {
                "levels": grid.levels.tolist(),
                "windows_h": grid.windows_h.tolist(),
                "headroom_mw": grid.headroom_mw[:, :, region].tolist(),
            },
        }

    def _hour(self, region: int, start: int) -> dict[str, Any]:
        binding = self.binding[region][start]
        return {
            "start_utc": clock.iso(self.start_utc[start]),
            "headroom_mw": float(self.headroom_mw[region, start]),
            "forecast_headroom_mw": float(self.forecast_headroom_mw[region, start]),
            "reserved_mw": float(self.reserved_mw[region, start]),
            "binding": binding.limit.label,
            "binding_hour_utc": clock.iso(binding.hour_utc),
            "bound": binding.bound if binding.is_stated else None,
            "limit": binding.limit_value if binding.is_stated else None,
            "unit": binding.unit,
            "level": float(self.level[region, start]),
            "weather_level": float(self.weather_level[region, start]),
            "load_level": float(self.load_level[region, start]),
            "limits_mw": {label: float(values[region, start]) for label, values in self.limits_mw.items()},
        }
