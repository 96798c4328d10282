"""The memory of anomalies: variances at given memories that reproduce the autocovariance of an observed series."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from fleet.twin.climate import MEMORIES_H, Memory
from fleet.twin.latent import memory_noise
from fleet.units import FloatArray
from twin_study.fit.regular import Basis

LAGS_H = (0, 1, 2, 3, 4, 6, 8, 10, 12, 15, 18, 21, 24, 30, 36, 42, 48, 60, 72, 96, 120, 168, 240, 336, 480, 720)
# The first lags are known best, and they determine how one hour follows another.
_LAG_WEIGHTS = np.array([30.0, 30.0, 20.0, 10.0] + [1.0] * (len(LAGS_H) - 4)) / np.sqrt(
    np.maximum(1, np.array(LAGS_H) / 24)
)
_DRAWS = 12
# A short record does not show long memories: two Januaries do not show how much Januaries differ. So a memory is fitted
# only if the record is at least this many times as long as the memory.
_TIMES_SEEN = 60
_SWING_MEMORIES = tuple(3 <= memory <= 243 for memory in MEMORIES_H)


@dataclass(frozen=True, kw_only=True)
class MemoryFit:
    """Variances at MEMORIES_H, (season, memory), in squares of the spread.

    The seasons are January and July, or only one for the whole year.
    """

    steady: FloatArray
    swing: FloatArray

    @property
    def total(self) -> FloatArray:
        """Total variance, (season,)."""
        return np.asarray(self.steady.sum(axis=1) + self.swing.sum(axis=1))

    @property
    def memories(self) -> list[Memory]:
        """The shares of the variance in each season."""
        return [
            Memory(steady=tuple(map(float, steady / total)), swing=tuple(map(float, swing / total)))
            for steady, swing, total in zip(self.steady, self.swing, self.total, strict=True)
        ]


def fit_memory(
    anomaly: FloatArray,
    basis: Basis,
    seasons: Sequence[FloatArray],
    *,
    day: FloatArray | None = None,
    spells: FloatArray | None = None,
) -> MemoryFit:
    """Fit a variance of zero or more to each memory, so that each season has the observed autocovariance.

    The fitted regular day of a short series also contains a part of the slow anomalies. So the observed autocovariance
    is compared with the autocovariance of simulated anomalies of each memory, with the same hours and gaps, minus their
    own regular day.

    Args:
        anomaly: (hour,) observed series minus its regular day.
        basis: the basis of that series.
        seasons: one array (hour,) per season, the spread of anomalies of variance one; their squares add up to the
            square of the whole spread.
        day: (hour,) shape of the daily cycle, of mean square one; None for a quantity without swing.
        spells: (draw, hour) simulated effects of spells minus their regular day. The fit does not explain their part of
            the autocovariance.
    """
    weights = [spread / np.sqrt(sum(np.square(other) for other in seasons)) for spread in seasons]

    def by_season(series: FloatArray) -> FloatArray:
        return np.concatenate([autocovariance(series * np.sqrt(weight)) for weight in weights])

    target = by_season(anomaly)
    if spells is not None:
        target = target - by_season(spells)
    longest_h = np.isfinite(anomaly).sum() / _TIMES_SEEN
    columns = []
    for index, memory_h in enumerate(MEMORIES_H):
        noise = memory_noise(np.random.default_rng(index).spawn(_DRAWS), len(anomaly), memory_h)
        for spread in seasons:
            columns.append(by_season(basis.anomaly(noise * spread)) if memory_h <= longest_h else np.zeros_like(target))
            swing = day if day is not None and _SWING_MEMORIES[index] else np.zeros(len(anomaly))
            columns.append(by_season(basis.anomaly(noise * spread * swing)))
    is_known = np.isfinite(target)  # with observations every six hours, other lags are unknown
    importance = np.tile(_LAG_WEIGHTS, len(seasons))[is_known]
    variances, _ = nnls(np.stack(columns, axis=1)[is_known] * importance[:, None], target[is_known] * importance)
    by_kind = variances.reshape(len(MEMORIES_H), len(seasons), 2)
    return MemoryFit(steady=by_kind[:, :, 0].T, swing=by_kind[:, :, 1].T)


def autocovariance(anomaly: FloatArray) -> FloatArray:
    """Return the mean product at each of LAGS_H, (lag,), over the known pairs of hours.

    Args:
        anomaly: (..., hour); the mean is over all leading axes too.
    """
    rows = np.atleast_2d(anomaly)
    is_known = np.isfinite(rows)
    filled = np.where(is_known, rows, 0)
    products = []
    for lag in LAGS_H:
        end = rows.shape[1] - lag
        pairs = (is_known[:, lag:] & is_known[:, :end]).sum()
        products.append((filled[:, lag:] * filled[:, :end]).sum() / pairs if pairs else np.nan)
    return np.array(products)
