"""The spare power ahead of one origin, at each pair of levels that some window requires."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.decisions.caution import Caution
from fleet.domain.levels import HourBound
from fleet.preparation.prepared import Prepared
from fleet.units import FloatArray, IntArray


@dataclass(frozen=True, kw_only=True)
class LevelRows:
    """Rows of spare power, and the row of each window.

    Args:
        caution: of the controller, for which the rows were made.
        spare_mw: (row, region, hour) one row for each pair of levels; the last row is -inf, for windows that require
            more than the highest level.
        row: (bucket, region, start) row of a window.
        beyond: the bound beyond the horizon, the same for all rows but the last: arrays (region, hour).
    """

    caution: Caution
    spare_mw: FloatArray
    row: NDArray[np.int8]
    beyond: HourBound

    @classmethod
    def of(cls, prepared: Prepared, step: int, hours: int, caution: Caution) -> Self:
        """Return the rows of an origin.

        Args:
            hours: number of hours ahead, at least the horizon.
            caution: of the controller.
        """
        levels, horizon = prepared.levels, prepared.settings.horizon
        count, added = len(levels.levels), caution.near_level[:, None, None]
        weather, load = (
            levels.index_of(required[step] + added) for required in (levels.weather_required, levels.load_required)
        )
        is_possible = np.maximum(weather, load) < count
        pair = np.where(is_possible, weather * count + load, count**2)
        is_required = np.zeros(count**2 + 1, dtype=np.bool_)
        is_required[pair], is_required[-1] = True, True
        pairs, row = np.flatnonzero(is_required), (np.cumsum(is_required) - 1)[pair]
        weather_of_row, load_of_row = np.divmod(np.minimum(pairs, count**2 - 1), count)
        spare_mw = np.full((len(pairs), pair.shape[0], hours), -np.inf)
        at = step, slice(None), slice(None)
        spare_mw[:-1, :, :horizon] = levels.spare_mw(at, weather_of_row[:-1], load_of_row[:-1])
        limited = spare_mw[:-1, :, :horizon]
        np.minimum(limited, caution.near_mw[:, None], out=limited)
        beyond = _beyond(prepared, step, hours, caution)
        spare_mw[:-1, :, horizon:] = beyond.spare_mw
        row = np.ascontiguousarray(np.moveaxis(row, 2, 0).astype(np.int8))
        return cls(caution=caution, spare_mw=spare_mw, row=row, beyond=beyond)

    def of_running(self, prepared: Prepared, region: IntArray, left_h: IntArray) -> NDArray[np.int8]:
        """Return the (job,) row that the rest of each running job requires.

        Args:
            region, left_h: (job,) region, and hours from the first hour ahead until the end.
        """
        bucket = np.searchsorted(prepared.levels.bucket_h, np.minimum(left_h, prepared.settings.horizon))
        return np.asarray(self.row[bucket, region, 0])

    def for_caution(self, prepared: Prepared, step: int, caution: Caution) -> Self:
        """Return the rows of the same origin and hours for another caution of the controller."""
        if caution.equals(self.caution):
            return self
        return type(self).of(prepared, step, self.spare_mw.shape[2], caution)


def _beyond(prepared: Prepared, step: int, hours: int, caution: Caution) -> HourBound:
    """Return the bound beyond the horizon: arrays (region, hour)."""
    bound = prepared.bound_beyond(step, hours, caution.far_level)
    most_mw = np.where(np.isinf(caution.far_level), -np.inf, caution.far_mw)
    return bound._replace(spare_mw=np.minimum(bound.spare_mw, most_mw[:, None]))
