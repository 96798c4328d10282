"""What may still be added in the hours ahead of one origin, and which limit says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fleet.domain import clock
from fleet.domain.clock import Hour, HourArray
from fleet.domain.conditions import Limit
from fleet.domain.decision import Binding
from fleet.units import DUST_MW, FloatArray, IntArray

_STEPS_PER_MW = 10
# What is no limit of the envelope has no load of its own.
TERMS = (Limit.OUTDOOR, Limit.INLET, Limit.IT, Limit.COOLING, Limit.GRID)


def rounded_down_mw(mw: FloatArray) -> FloatArray:
    """Tenths of a megawatt, at least zero and never more than there are."""
    return np.asarray(np.floor(_STEPS_PER_MW * (np.maximum(mw, 0.0) + DUST_MW)) / _STEPS_PER_MW)


@dataclass(frozen=True, kw_only=True)
class ByLevel:
    """Headroom on a fixed grid of conservatism and window length, whatever a window asks for.

    levels: (level,) margins above the forecast. windows_h: (window,) lengths.
    headroom_mw: (level, window, region, start), rounded down.
    """

    levels: FloatArray
    windows_h: IntArray
    headroom_mw: FloatArray


@dataclass(frozen=True, kw_only=True)
class HeadroomCurve:
    """The most that a job of `duration_h` hours may take, by region and start, ahead of one origin.

    A window has as much as its tightest hour, and what stands beside its headroom is of that hour. Arrays are
    (region, start); start s begins s hours after the first hour ahead of the origin.

    headroom_mw: at the conservatism that the window asks for, less what is reserved; rounded down, and zero where
        nothing can be promised.
    forecast_headroom_mw: the same, believing the forecast.
    reserved_mw: what earlier approvals hold.
    binding: [region][start] the limit that leaves least, what the bound reaches there and what is allowed.
    level: margins that the window asks for; infinite where no bound can be given.
    limits_mw: (limit, region, start) the largest total IT load under each Limit at that conservatism; inf where it
        allows any, NaN where no bound can be given and past the horizon, where the season speaks of them together.
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
    level: FloatArray
    limits_mw: FloatArray
    by_level: ByLevel

    @property
    def start_utc(self) -> HourArray:
        """(start,) the first hour of each window."""
        return np.asarray(self.origin_utc + np.arange(1, self.headroom_mw.shape[1] + 1))

    def as_dict(self, regions: Sequence[str]) -> dict[str, Any]:
        """Of these regions, for JSON; what is not finite there is written as null."""
        return {
            "origin_utc": clock.iso(self.origin_utc),
            "confidence": self.confidence,
            "duration_h": self.duration_h,
            "regions": {name: self._region(self.region_ids.index(name)) for name in regions},
        }

    def _region(self, at: int) -> dict[str, Any]:
        grid = self.by_level
        return {
            "hours": [self._hour(at, start) for start in range(len(self.start_utc))],
            "by_level": {
                "levels": grid.levels.tolist(),
                "windows_h": grid.windows_h.tolist(),
                "headroom_mw": grid.headroom_mw[:, :, at].tolist(),
            },
        }

    def _hour(self, at: int, start: int) -> dict[str, Any]:
        binding = self.binding[at][start]
        known = binding.limit != Limit.UNKNOWN.label
        return {
            "start_utc": clock.iso(self.start_utc[start]),
            "headroom_mw": float(self.headroom_mw[at, start]),
            "forecast_headroom_mw": float(self.forecast_headroom_mw[at, start]),
            "reserved_mw": float(self.reserved_mw[at, start]),
            "binding": binding.limit,
            "binding_hour_utc": clock.iso(binding.hour_utc),
            "bound": binding.bound if known else None,
            "limit": binding.limit_value if known else None,
            "unit": binding.unit,
            "level": float(self.level[at, start]),
            "limits_mw": {limit.label: float(self.limits_mw[limit, at, start]) for limit in TERMS},
        }
