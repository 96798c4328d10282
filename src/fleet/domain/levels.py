"""Safe loads of the hours ahead at rising levels of conservatism, and the level that each window requires."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.domain.conditions import Conditions
from fleet.units import FloatArray

# Required levels are sums with rounding errors. A level that is lower by at most this is high enough.
_ROUNDING_LEVEL = 1e-6


@dataclass(frozen=True, kw_only=True)
class HeadroomLevels:
    """Bounds of each hour ahead of some origins, level by level.

    At level x, weather and load lie x margins above the forecast. The grid limit is computed at `GRID.least_level` or
    higher.

    Args:
        levels: (level,) ascending, in margins.
        safe_load_mw: (level, origin, region, lead) the largest total IT load that every limit allows.
        spare_mw: (level, origin, region, lead) safe load minus load bound; negative where the load bound exceeds the
            safe load, -inf where no bound can be given.
        binding: (level, origin, region, lead) code of the limit that sets the safe load.
        temperature_c, margin_k: (origin, region, lead) forecast of the outdoor temperature, and one margin.
        dew_point_c, dew_point_margin_k: the same for the dew point; NaN where it is not known.
        required: (origin, region, start, bucket) the level that a window requires, by start and bucket of its length;
            infinite where no level is high enough.
        bucket_h: (bucket,) the longest window of each bucket, ascending; the last one is the horizon.
    """

    levels: FloatArray
    safe_load_mw: FloatArray
    spare_mw: FloatArray
    binding: NDArray[np.int8]
    temperature_c: FloatArray
    margin_k: FloatArray
    dew_point_c: FloatArray
    dew_point_margin_k: FloatArray
    required: FloatArray
    bucket_h: NDArray[np.int64]

    @classmethod
    def single(cls, near: Conditions) -> Self:
        """Return a single level, which holds the bounds of the conditions. Every window requires this level.

        Args:
            near: conditions (origin, region, lead).
        """
        load = near.load_bound_mw
        spare = np.where(np.isfinite(load), near.safe_load_mw - load, -np.inf)
        origins, regions, leads = spare.shape
        return cls(
            levels=np.zeros(1),
            safe_load_mw=near.safe_load_mw[None],
            spare_mw=spare[None],
            binding=near.binding[None],
            temperature_c=near.temperature_bound_c,
            margin_k=np.zeros(spare.shape),
            dew_point_c=np.full(spare.shape, np.nan),
            dew_point_margin_k=np.zeros(spare.shape),
            required=np.zeros((origins, regions, leads, 1)),
            bucket_h=np.array([leads]),
        )

    def spare_ahead_mw(self, step: int, spare_beyond_mw: FloatArray) -> FloatArray:
        """Return the spare power of every hour ahead of one origin, at every level.

        Args:
            step: number of the origin.
            spare_beyond_mw: (region, hour beyond the horizon) spare power at the climatological band, the same at every
                level.
        Returns: (level + 1, region, hour); the last level is -inf, because a window that requires more than the highest
            level gets nothing.
        """
        near = self.spare_mw[:, step]
        levels, regions, horizon = near.shape
        spare = np.full((levels + 1, regions, horizon + spare_beyond_mw.shape[1]), -np.inf)
        spare[:-1, :, :horizon] = near
        spare[:-1, :, horizon:] = spare_beyond_mw
        return spare

    def required_by(self, step: int, duration_h: int, extra: FloatArray) -> FloatArray:
        """Return the level that a job requires, by region and start: the level of its window plus the extra level.

        Args:
            step: number of the origin.
            duration_h: length of the job; its hours beyond the horizon are not part of the window.
            extra: (region,) level to add.
        Returns: (region, start).
        """
        leads = self.required.shape[2]
        inside = np.minimum(duration_h, leads - np.arange(leads))
        bucket = np.searchsorted(self.bucket_h, inside)
        return np.asarray(self.required[step][:, np.arange(leads), bucket] + extra[:, None])

    def index_of(self, required: FloatArray) -> NDArray[np.int64]:
        """Return the index of the first level at or above the required level; one past the last if there is none."""
        return np.asarray(np.searchsorted(self.levels, required - _ROUNDING_LEVEL))
