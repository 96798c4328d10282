"""Gradient-boosted trees that correct the residuals of ridge."""

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.forecasting.base import Forecaster, Positions
from fleet.forecasting.ridge import Ridge
from fleet.forecasting.series import Series, actual, month_spans
from fleet.forecasting.target_features import target_features
from fleet.forecasting.tree_ensemble import TreeEnsemble
from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR, SIGMA_PER_MAD, FloatArray

# Neighbouring origins and leads hold nearly the same information. So the trees learn from every 11th hour as origin,
# which reaches every hour of the day, and from every third lead. The first of these leads differs between neighbouring
# origins. The accuracy is the same, in a thirtieth of the time.
GRID_H = 11
_LEAD_STEP = 3
_FIRST_H = 180 * HOURS_PER_DAY
_KEPT_H = 2 * HOURS_PER_YEAR
# The trees are fitted again when the new rows reach this share of the rows of the last fit.
_NEW_SHARE = 0.5
_ROUNDS = 36
_BINS = 32
_LARGEST_TARGET = 20.0
_PARAMETERS = {
    "tree_method": "hist",
    "max_bin": _BINS,
    "max_depth": 4,
    "eta": 0.15,
    "subsample": 0.7,
    "colsample_bytree": 0.7,
    "min_child_weight": 20,
    "reg_lambda": 5.0,
    # Close to the absolute error, by which forecasts are judged, and as fast as the squared error.
    "objective": "reg:pseudohubererror",
    "base_score": 0.0,
    "seed": 0,
    # On few cores, threads of two libraries that wait for each other are many times slower than one thread.
    "nthread": 1,
}


@dataclass(frozen=True, kw_only=True)
class _Trees:
    """The training rows and the fitted trees of one region. Rows are in order of their origins.

    origins, lead, residual: (row,); lead counts from 0.
    features: (row, feature).
    scale: (lead,) usual size of a residual. The output of the trees is multiplied by this size.
    used: (used feature,) indices of the features that varied at the last fit. The others are left out, so that a column
        that begins later does not change earlier forecasts.
    fitted_rows, fitted_until: number of rows of the last fit, and the latest origin among them; 0 and -1 before.
    """

    origins: Positions = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    features: NDArray[np.float32] | None = None
    lead: Positions = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    residual: FloatArray = field(default_factory=lambda: np.empty(0))
    scale: FloatArray | None = None
    used: Positions = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    ensemble: TreeEnsemble | None = None
    fitted_rows: int = 0
    fitted_until: int = -1

    def with_rows(
        self, origins: Positions, lead: Positions, features: NDArray[np.float32], residual: FloatArray
    ) -> Self:
        """Return the trees with more rows. Rows without a residual, and rows older than _KEPT_H, are left out."""
        is_known = np.isfinite(residual)
        origins, lead, features, residual = origins[is_known], lead[is_known], features[is_known], residual[is_known]
        kept = self.origins >= (origins[-1] if len(origins) else 0) - _KEPT_H
        kept_features = features[:0] if self.features is None else self.features[kept]
        return replace(
            self,
            origins=np.concatenate([self.origins[kept], origins]),
            lead=np.concatenate([self.lead[kept], lead]),
            features=np.concatenate([kept_features, features]),
            residual=np.concatenate([self.residual[kept], residual]),
        )

    def refitted(self, horizon: int) -> Self:
        """Return trees fitted to all rows, or the same trees if there are too few rows or too few new rows."""
        rows = len(self.origins)
        new_rows = np.count_nonzero(self.origins > self.fitted_until)
        if rows < _FIRST_H * horizon / (GRID_H * _LEAD_STEP) or new_rows < _NEW_SHARE * self.fitted_rows:
            return self
        features = self.features if self.features is not None else np.empty((0, 0), dtype=np.float32)
        used = np.flatnonzero(np.fmax.reduce(features) > np.fmin.reduce(features))
        scale = _scale_by_lead(self.residual, self.lead, horizon)
        target = np.clip(self.residual / scale[self.lead], -_LARGEST_TARGET, _LARGEST_TARGET)
        return replace(
            self,
            scale=scale,
            used=used,
            ensemble=TreeEnsemble.fit(features[:, used], target, _PARAMETERS, _ROUNDS),
            fitted_rows=rows,
            fitted_until=int(self.origins[-1]),
        )

    def correction(self, features: NDArray[np.float32]) -> FloatArray:
        """Return the amount to add to the base forecast: (origin, lead). Zero before the first fit.

        Args:
            features: (origin, lead, feature).
        """
        if self.ensemble is None or self.scale is None or not len(self.used):
            return np.zeros(features.shape[:2])
        output = self.ensemble.predict(features.reshape(-1, features.shape[2])[:, self.used])
        return self.scale * output.reshape(features.shape[:2]).astype(np.float64)


class XGBoost(Forecaster):
    """Ridge plus trees that forecast the residuals of ridge: one tree model per region, for all leads.

    The trees are trained on out-of-sample forecasts, which ridge made before learning the actual values.
    Source: Chen & Guestrin 2016.
    """

    def __init__(self, *, horizon: int) -> None:
        super().__init__(horizon=horizon)
        self.ridge = Ridge(horizon=horizon)
        self._trees: tuple[_Trees, ...] = ()

    @classmethod
    def load_libraries(cls) -> None:
        TreeEnsemble.load_libraries()

    def learn(self, series: Series, start: int, stop: int) -> Self:
        learnt = type(self)(horizon=self.horizon)
        learnt.ridge, learnt._trees = self.ridge, self._trees or (_Trees(),) * len(series.observed)
        for first, end in month_spans(series.time_utc, start, stop):
            learnt._learn_month(series, first, end)
        return learnt

    def predict(self, series: Series, origins: Positions) -> FloatArray:
        return self.corrected(series, origins, self.ridge.predict(series, origins))

    def corrected(self, series: Series, origins: Positions, base: FloatArray) -> FloatArray:
        """Return the base forecast plus the correction of the trees: (origin, region, lead).

        Args:
            base: (origin, region, lead) forecast of ridge.
        """
        forecast = base.copy()
        for region, trees in enumerate(self._trees):
            if trees.ensemble is not None:
                features = target_features(series, region, origins, base[:, region])
                forecast[:, region] += trees.correction(features)
        return forecast

    def _learn_month(self, series: Series, start: int, stop: int) -> None:
        origins = training_origins(series, max(start - self.horizon, HOURS_PER_DAY - 1), stop - self.horizon)
        if len(origins):
            base = self.ridge.predict(series, origins)
            residual = actual(series, origins, self.horizon) - base
            first_lead = series.time_utc[origins].astype(np.int64) // GRID_H
            row, lead = np.nonzero((np.arange(self.horizon) + first_lead[:, None]) % _LEAD_STEP == 0)
            learnt = []
            for region, trees in enumerate(self._trees):
                usable = origins[row] >= series.first_known[region]
                features = target_features(series, region, origins, base[:, region])[row, lead]
                target = np.where(usable, residual[row, region, lead], np.nan)
                learnt.append(trees.with_rows(origins[row], lead, features, target).refitted(self.horizon))
            self._trees = tuple(learnt)
        self.ridge = self.ridge.learn(series, start, stop)


def training_origins(series: Series, start: int, stop: int) -> Positions:
    """Return the origins in start..stop-1 from which trees and weights learn: every GRID_H-th hour since 1970.

    So the choice of an origin does not depend on start and stop.
    """
    positions = np.arange(start, max(start, stop))
    origins: Positions = positions[series.time_utc[positions].astype(np.int64) % GRID_H == 0]
    return origins


def _scale_by_lead(residual: FloatArray, lead: Positions, horizon: int) -> FloatArray:
    """Return the usual size of a residual at each lead: (lead,); 1 where no residual is known or all are zero.

    Args:
        residual, lead: (row,).
    """
    median = [np.median(np.abs(residual[lead == index])) if (lead == index).any() else 0.0 for index in range(horizon)]
    scale = SIGMA_PER_MAD * np.array(median)
    return np.where(scale > 0, scale, 1.0)
