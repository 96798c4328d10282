"""Gradient-boosted trees that correct what ridge leaves."""

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray

from fleet.forecasting.base import Forecaster, Positions
from fleet.forecasting.ridge import Ridge
from fleet.forecasting.series import Series, actual, month_spans
from fleet.forecasting.target_features import target_features
from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR, SIGMA_PER_MAD, FloatArray

# Neighbouring origins and leads tell the same again: one origin in 11 h, which visits every hour of the day, and every
# third of its leads in turn teach as much at a thirtieth of the time.
GRID_H = 11
_LEAD_STEP = 3
_FIRST_H = 180 * HOURS_PER_DAY
_KEPT_H = 2 * HOURS_PER_YEAR
# Refitted when the new rows are this share of those learnt from before.
_NEWS = 0.5
_ROUNDS = 36
_BINS = 32
_FURTHEST = 20.0
_PARAMETERS = {
    "tree_method": "hist",
    "max_bin": _BINS,
    "max_depth": 4,
    "eta": 0.15,
    "subsample": 0.7,
    "colsample_bytree": 0.7,
    "min_child_weight": 20,
    "reg_lambda": 5.0,
    # Close to the absolute error that a forecast is judged by, and as fast as squares.
    "objective": "reg:pseudohubererror",
    "base_score": 0.0,
    "seed": 0,
    # Two libraries' threads that wait for each other on few cores are many times slower than one.
    "nthread": 1,
}


@dataclass(frozen=True, kw_only=True)
class _Trees:
    """Of one region. Rows by origin, ascending: origins, lead and residual (row,), features (row, feature).

    scale: (lead,) size of a usual residual, by which the trees' answer is multiplied.
    used: (feature used,) those that varied; a column that begins later must not change what was learnt before.
    fitted_rows, fitted_until: how many rows the booster has learnt from, and the last of their origins.
    """

    origins: Positions = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    features: NDArray[np.float32] | None = None
    lead: Positions = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    residual: FloatArray = field(default_factory=lambda: np.empty(0))
    scale: FloatArray | None = None
    used: Positions = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    booster: xgb.Booster | None = None
    fitted_rows: int = 0
    fitted_until: int = -1

    def taught(self, origins: Positions, lead: Positions, features: NDArray[np.float32], residual: FloatArray) -> Self:
        """With rows more; older ones than _KEPT_H are forgotten."""
        known = np.isfinite(residual)
        origins, lead, features, residual = origins[known], lead[known], features[known], residual[known]
        kept = self.origins >= (origins[-1] if len(origins) else 0) - _KEPT_H
        before = features[:0] if self.features is None else self.features[kept]
        return replace(
            self,
            origins=np.concatenate([self.origins[kept], origins]),
            lead=np.concatenate([self.lead[kept], lead]),
            features=np.concatenate([before, features]),
            residual=np.concatenate([self.residual[kept], residual]),
        )

    def refitted(self, horizon: int) -> Self:
        """Itself, unless enough is new."""
        rows = len(self.origins)
        fresh = np.count_nonzero(self.origins > self.fitted_until)
        if rows < _FIRST_H * horizon / (GRID_H * _LEAD_STEP) or fresh < _NEWS * self.fitted_rows:
            return self
        features = self.features if self.features is not None else np.empty((0, 0), dtype=np.float32)
        used = np.flatnonzero(np.fmax.reduce(features) > np.fmin.reduce(features))
        scale = _scale_by_lead(self.residual, self.lead, horizon)
        target = np.clip(self.residual / scale[self.lead], -_FURTHEST, _FURTHEST)
        table = xgb.DMatrix(features[:, used], target.astype(np.float32), nthread=1)
        return replace(
            self,
            scale=scale,
            used=used,
            booster=xgb.train(_PARAMETERS, table, _ROUNDS),
            fitted_rows=rows,
            fitted_until=int(self.origins[-1]),
        )

    def correction(self, features: NDArray[np.float32]) -> FloatArray:
        """(origin, lead) to add to the base forecast; zero before there are trees."""
        if self.booster is None or self.scale is None or not len(self.used):
            return np.zeros(features.shape[:2])
        flat = self.booster.inplace_predict(features.reshape(-1, features.shape[2])[:, self.used])
        return self.scale * flat.reshape(features.shape[:2]).astype(np.float64)


class XGBoost(Forecaster):
    """Trees on ridge's residuals, one model a region for all leads, taught by forecasts that did not know.

    Source: Chen & Guestrin 2016.
    """

    def __init__(self, *, horizon: int) -> None:
        super().__init__(horizon=horizon)
        self.ridge = Ridge(horizon=horizon)
        self._trees: tuple[_Trees, ...] = ()

    def learn(self, series: Series, start: int, stop: int) -> Self:
        wiser = type(self)(horizon=self.horizon)
        wiser.ridge, wiser._trees = self.ridge, self._trees or (_Trees(),) * len(series.observed)
        for first, end in month_spans(series.time_utc, start, stop):
            wiser._learn_month(series, first, end)
        return wiser

    def predict(self, series: Series, origins: Positions) -> FloatArray:
        return self.corrected(series, origins, self.ridge.predict(series, origins))

    def corrected(self, series: Series, origins: Positions, base: FloatArray) -> FloatArray:
        """(origin, region, lead): ridge's forecast `base` and what the trees add to it."""
        forecast = base.copy()
        for region, trees in enumerate(self._trees):
            if trees.booster is not None:
                features = target_features(series, region, origins, base[:, region])
                forecast[:, region] += trees.correction(features)
        return forecast

    def _learn_month(self, series: Series, start: int, stop: int) -> None:
        origins = grid(series, max(start - self.horizon, HOURS_PER_DAY - 1), stop - self.horizon)
        if len(origins):
            base = self.ridge.predict(series, origins)
            residual = actual(series, origins, self.horizon) - base
            hour = series.time_utc[origins].astype(np.int64) // GRID_H
            row, lead = np.nonzero((np.arange(self.horizon) + hour[:, None]) % _LEAD_STEP == 0)
            trees = []
            for region, known in enumerate(self._trees):
                usable = origins[row] >= series.first_known[region]
                features = target_features(series, region, origins, base[:, region])[row, lead]
                wanted = np.where(usable, residual[row, region, lead], np.nan)
                trees.append(known.taught(origins[row], lead, features, wanted).refitted(self.horizon))
            self._trees = tuple(trees)
        self.ridge = self.ridge.learn(series, start, stop)


def grid(series: Series, start: int, stop: int) -> Positions:
    """The origins in start..stop-1 that trees and weights learn from, the same whichever span they are asked of."""
    positions = np.arange(start, max(start, stop))
    on_grid: Positions = positions[series.time_utc[positions].astype(np.int64) % GRID_H == 0]
    return on_grid


def _scale_by_lead(residual: FloatArray, lead: Positions, horizon: int) -> FloatArray:
    size = [np.median(np.abs(residual[lead == each])) if (lead == each).any() else 0.0 for each in range(horizon)]
    scale = SIGMA_PER_MAD * np.array(size)
    return np.where(scale > 0, scale, 1.0)
