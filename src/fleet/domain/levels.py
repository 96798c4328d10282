"""What is promised of the hours ahead at rising conservatism, and how much of it a window asks for."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.domain.conditions import Conditions
from fleet.units import FloatArray

# Levels are sums of steps; a rung that is asked for to the last digit is not the next one.
_DUST = 1e-6


@dataclass(frozen=True, kw_only=True)
class HeadroomLevels:
    """Bounds of each hour ahead, rung by rung, at some origins.

    rungs: (rung,) ascending levels of conservatism: at level x, weather and load lie x margins above the forecast.
    safe_load_mw, spare_mw: (rung, origin, region, lead) the largest total IT load that every limit allows, and what it
        leaves above the load bound; below zero where the region's own load is too much, and -inf where no bound is.
    binding: (rung, origin, region, lead) the Limit that sets the safe load.
    temperature_c, margin_k: (origin, region, lead) forecast of the outdoor temperature, and one margin.
    level: (origin, region, start, bucket) the conservatism that a window asks for, by its first lead and its length;
        infinite where nothing can be promised.
    longest: (bucket,) the most hours of a window of each bucket, ascending; the last is the horizon.
    """

    rungs: FloatArray
    safe_load_mw: FloatArray
    spare_mw: FloatArray
    binding: NDArray[np.int8]
    temperature_c: FloatArray
    margin_k: FloatArray
    level: FloatArray
    longest: NDArray[np.int64]

    @classmethod
    def single(cls, near: Conditions) -> Self:
        """One rung, which every window asks for: what the conditions hold is believed as it stands."""
        load = near.load_bound_mw
        spare = np.where(np.isfinite(load), near.safe_load_mw - load, -np.inf)
        origins, regions, leads = spare.shape
        return cls(
            rungs=np.zeros(1),
            safe_load_mw=near.safe_load_mw[None],
            spare_mw=spare[None],
            binding=near.binding[None],
            temperature_c=near.temperature_bound_c,
            margin_k=np.zeros(spare.shape),
            level=np.zeros((origins, regions, leads, 1)),
            longest=np.array([leads]),
        )

    def asked(self, step: int, duration: int, extra: FloatArray) -> FloatArray:
        """(region, start) the conservatism that a job asks for: its level and the extra.

        Args:
            step: number of the origin.
            duration: hours; those past the horizon are no part of the window.
            extra: (region,) conservatism to add.
        """
        leads = self.level.shape[2]
        inside = np.minimum(duration, leads - np.arange(leads))
        bucket = np.searchsorted(self.longest, inside)
        return np.asarray(self.level[step][:, np.arange(leads), bucket] + extra[:, None])

    def rung(self, asked: FloatArray) -> NDArray[np.int64]:
        """The first rung at or above what is asked for; one past the last where there is none."""
        return np.asarray(np.searchsorted(self.rungs, asked - _DUST))
