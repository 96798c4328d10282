"""How long anomalies last: variances at given memories whose autocovariance is that of the observed series."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from fleet.twin.climate import MEMORIES_H, Memory
from fleet.twin.latent import memory_noise
from fleet.units import FloatArray
from twin_study.fit.regular import Basis

LAGS_H = (0, 1, 2, 3, 4, 6, 8, 10, 12, 15, 18, 21, 24, 30, 36, 42, 48, 60, 72, 96, 120, 168, 240, 336, 480, 720)
# The first lags are known best and decide how the hours follow each other.
_LAG_WEIGHTS = np.array([30.0, 30.0, 20.0, 10.0] + [1.0] * (len(LAGS_H) - 4)) / np.sqrt(
    np.maximum(1, np.array(LAGS_H) / 24)
)
_DRAWS = 12
# Two Januaries do not tell how a month departs from the next: a memory is believed if the record could hold so many.
_TIMES_SEEN = 60
_SWING_MEMORIES = tuple(3 <= memory <= 243 for memory in MEMORIES_H)


@dataclass(frozen=True, kw_only=True)
class MemoryFit:
    """Variances at MEMORIES_H in squares of the spread; (season, memory): January, July, or the year alone."""

    steady: FloatArray
    swing: FloatArray

    @property
    def total(self) -> FloatArray:
        """(season,)"""
        return np.asarray(self.steady.sum(axis=1) + self.swing.sum(axis=1))

    @property
    def memories(self) -> list[Memory]:
        """The shares of each season."""
        return [
            Memory(steady=tuple(map(float, steady / total)), swing=tuple(map(float, swing / total)))
            for steady, swing, total in zip(self.steady, self.swing, self.total, strict=True)
        ]


def fit_memory(
    left: FloatArray,
    basis: Basis,
    seasons: Sequence[FloatArray],
    *,
    day: FloatArray | None = None,
    beside: FloatArray | None = None,
) -> MemoryFit:
    """Variances at each memory, none below zero, that give the autocovariance that was observed in each season.

    Taking a regular day off a short series takes slow anomalies off with it. So the autocovariance is compared with
    that of simulated anomalies of each memory on the same hours with the same gaps, treated alike.

    Args:
        left: (hour,) what is left of the series without its regular day.
        basis: of that series.
        seasons: (hour,) spreads by which anomalies of variance one are stretched, each in its season; their squares
            add up.
        day: (hour,) shape of a pronounced day, of mean square one; None for a quantity without swing.
        beside: (draw, hour) what is not to be explained, as it is left without its regular day.
    """
    weights = [spread / np.sqrt(sum(np.square(other) for other in seasons)) for spread in seasons]

    def seen(series: FloatArray) -> FloatArray:
        return np.concatenate([autocovariance(series * np.sqrt(weight)) for weight in weights])

    target = seen(left)
    if beside is not None:
        target = target - seen(beside)
    longest_h = np.isfinite(left).sum() / _TIMES_SEEN
    columns = []
    for index, memory_h in enumerate(MEMORIES_H):
        pure = memory_noise(np.random.default_rng(index).spawn(_DRAWS), len(left), memory_h)
        for spread in seasons:
            columns.append(seen(basis.anomaly(pure * spread)) if memory_h <= longest_h else np.zeros_like(target))
            swinging = day if day is not None and _SWING_MEMORIES[index] else np.zeros(len(left))
            columns.append(seen(basis.anomaly(pure * spread * swinging)))
    known = np.isfinite(target)  # observations every six hours tell nothing of other lags
    importance = np.tile(_LAG_WEIGHTS, len(seasons))[known]
    variances, _ = nnls(np.stack(columns, axis=1)[known] * importance[:, None], target[known] * importance)
    by_kind = variances.reshape(len(MEMORIES_H), len(seasons), 2)
    return MemoryFit(steady=by_kind[:, :, 0].T, swing=by_kind[:, :, 1].T)


def autocovariance(anomaly: FloatArray) -> FloatArray:
    """(lag,) mean product at each of LAGS_H over the last axis and any before it; hours that are missing left out."""
    rows = np.atleast_2d(anomaly)
    known = np.isfinite(rows)
    filled = np.where(known, rows, 0)
    found = []
    for lag in LAGS_H:
        end = rows.shape[1] - lag
        pairs = (known[:, lag:] & known[:, :end]).sum()
        found.append((filled[:, lag:] * filled[:, :end]).sum() / pairs if pairs else np.nan)
    return np.array(found)
