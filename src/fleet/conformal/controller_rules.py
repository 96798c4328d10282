"""The constants of the breach controller, and the sums that it counts."""

from dataclasses import dataclass

import numpy as np

from fleet.units import FloatArray, IntArray

JOBS, ENERGY = 0, 1
NEAR, FAR = 0, 1


@dataclass(frozen=True, kw_only=True)
class ControllerRules:
    """The constants of the controller. Levels are in margins.

    miscoverage: accepted share of approvals, and of their energy, that breach.
    horizon_h: longest job of the NEAR track [h].
    floor: the lowest level. A level below zero is a credit: it adds nothing until it has been used up.
    first_level: the level before any outcome.
    closing_level: the level from which a track approves nothing.
    gain: size of a step of the level for each approval [margins].
    energy_gain: the same for the energy that the region uses in an hour at its IT capacity [margins].
    max_unresolved: with this many approvals whose outcome is awaited, a region approves nothing.
    reopen_after_h: hours in a row, closed and with nothing unresolved, after which a track opens on probation.
    longest_wait_h: the longest such wait after failed probations [h].
    reopening_level: the highest level at the beginning of a probation.
    probation_jobs: unresolved approvals on probation, at most, and safe outcomes that end it.
    probation_share: share of the IT capacity that all jobs together may use on probation.
    """

    miscoverage: float
    horizon_h: int = 24
    floor: float = -1.0
    first_level: float = 0.0
    closing_level: float = 4.0
    gain: float = 0.05
    energy_gain: float = 0.05
    max_unresolved: int = 500
    reopen_after_h: int = 72
    longest_wait_h: int = 28 * 24
    reopening_level: float = 2.0
    probation_jobs: int = 5
    probation_share: float = 0.05

    def track_of(self, duration_h: int) -> int:
        """Return the track of jobs of a duration."""
        return FAR if duration_h > self.horizon_h else NEAR

    def amounts(
        self, regions: int, region: IntArray, duration_h: IntArray, count: IntArray, energy_wh: IntArray
    ) -> FloatArray:
        """Return the (unit, track, region) sums of some approvals.

        Args:
            regions: number of regions.
            region, duration_h, count, energy_wh: (entry,) position of the region, hours of each job, number of
                approvals, and their energy.
        """
        cell = np.where(duration_h > self.horizon_h, FAR, NEAR) * regions + region
        # In the order of the units: JOBS, then ENERGY.
        sums = [np.bincount(cell, weights=values, minlength=2 * regions) for values in (count, energy_wh)]
        return np.array(sums, dtype=np.float64).reshape(2, 2, regions)
