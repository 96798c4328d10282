"""Ridge regression on the departure from the same hour of the latest day, all leads at once."""

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from fleet.forecasting.base import Forecaster, Positions
from fleet.forecasting.design import design_matrix
from fleet.forecasting.seasonal_naive import same_hour
from fleet.forecasting.series import Series, actual
from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray

PENALTY = 2e-3
HALF_LIFE_H = HOURS_PER_YEAR
MIN_ROWS = 14 * HOURS_PER_DAY
# A linear model may extrapolate; a forecast this far outside everything seen is an error of the model.
REACH_BEYOND_RANGE = 0.1


@dataclass(frozen=True, kw_only=True)
class _Normal:
    """Accumulated normal equations of one region: X'X over all rows, what rows without a target take off it, X'Y."""

    gram: FloatArray
    moment: FloatArray
    rows: FloatArray
    gram_without_target: dict[int, FloatArray] = field(default_factory=dict)

    @classmethod
    def of(cls, features: FloatArray, target: FloatArray) -> Self:
        """features: (row, feature); target: (row, lead), NaN where missing."""
        missing = np.isnan(target)
        without = {}
        for lead in np.flatnonzero(missing.any(axis=0)):
            absent = features[missing[:, lead]]
            without[int(lead)] = absent.T @ absent
        return cls(
            gram=features.T @ features,
            moment=features.T @ np.where(missing, 0.0, target),
            rows=(~missing).sum(axis=0).astype(np.float64),
            gram_without_target=without,
        )

    def aged(self, weight: float) -> Self:
        without = {lead: gram * weight for lead, gram in self.gram_without_target.items()}
        return replace(
            self,
            gram=self.gram * weight,
            moment=self.moment * weight,
            rows=self.rows * weight,
            gram_without_target=without,
        )

    def plus(self, other: Self) -> Self:
        without = dict(self.gram_without_target)
        for lead, gram in other.gram_without_target.items():
            without[lead] = without[lead] + gram if lead in without else gram
        return replace(
            self,
            gram=self.gram + other.gram,
            moment=self.moment + other.moment,
            rows=self.rows + other.rows,
            gram_without_target=without,
        )

    def solve(self) -> FloatArray:
        """(feature, lead): ridge coefficients; zero, that is the anchor alone, where too few rows have a target."""
        leads = self.moment.shape[1]
        coefficient = np.zeros_like(self.moment)
        complete = [lead for lead in range(leads) if lead not in self.gram_without_target]
        groups = [complete] if complete else []
        groups += [[lead] for lead in self.gram_without_target]
        for group in groups:
            if self.rows[group].min() < MIN_ROWS:
                continue
            gram = self.gram - self.gram_without_target.get(group[0], 0.0)
            coefficient[:, group] = _ridge(gram, self.moment[:, group])
        return coefficient


def _ridge(gram: FloatArray, moment: FloatArray) -> FloatArray:
    # The penalty follows each feature's own spread, so that units do not matter; the intercept goes free.
    count = gram[0, 0]
    mean = gram[0] / count
    spread = np.maximum(np.diag(gram) - count * mean**2, 0.0)
    floor = 1e-9 * np.maximum(np.diag(gram), 1.0)
    # Below a year the season cannot be told from a trend; the fewer the rows, the closer it stays to the anchor.
    penalty = PENALTY * max(1.0, HOURS_PER_YEAR / count) ** 3 * spread + floor
    penalty[0] = floor[0]
    solution: FloatArray = np.asarray(np.linalg.solve(gram + np.diag(penalty), moment), dtype=np.float64)
    return solution


class Ridge(Forecaster):
    """Direct ridge: one design matrix, one right-hand side a lead, normal equations that only ever grow and age."""

    def __init__(self, *, horizon: int) -> None:
        super().__init__(horizon=horizon)
        self._normal: tuple[_Normal, ...] | None = None
        self._coefficient: tuple[FloatArray, ...] = ()
        self._seen: tuple[FloatArray, FloatArray] | None = None

    def learn(self, series: Series, start: int, stop: int) -> Self:
        wiser = type(self)(horizon=self.horizon)
        weight = 0.5 ** ((stop - start) / HALF_LIFE_H)
        normal = []
        for region, first in enumerate(series.first_known):
            # An origin is complete once its last target is known: rows run to stop - 1 - horizon.
            rows = np.arange(max(start - self.horizon, int(first)), stop - self.horizon)
            known = None if self._normal is None else self._normal[region].aged(weight)
            fresh = self._equations(series, region, rows)
            normal.append(fresh if known is None else known.plus(fresh))
        wiser._normal = tuple(normal)
        wiser._coefficient = tuple(equations.solve() for equations in normal)
        past = series.observed[:, :stop]
        wiser._seen = (np.nanmin(past, axis=1), np.nanmax(past, axis=1))
        return wiser

    def predict(self, series: Series, origins: Positions) -> FloatArray:
        anchor = same_hour(series.filled, origins, self.horizon)
        if self._seen is None:
            return anchor
        forecast = anchor.copy()
        for region, coefficient in enumerate(self._coefficient):
            # One product an origin: a product of all at once rounds differently with the number of origins, and a
            # live tick must forecast what a replay does.
            features = design_matrix(series, region, origins)
            forecast[:, region] += np.matmul(features[:, None, :], coefficient)[:, 0]
        # The last day counts as seen, or a level that jumped since the last refit would be cut back to the old one.
        today = same_hour(series.filled, origins, HOURS_PER_DAY)
        low = np.minimum(self._seen[0], today.min(axis=2))[:, :, None]
        high = np.maximum(self._seen[1], today.max(axis=2))[:, :, None]
        reach = REACH_BEYOND_RANGE * (high - low)
        bounded: FloatArray = np.clip(forecast, low - reach, high + reach)
        return bounded

    def _equations(self, series: Series, region: int, rows: Positions) -> _Normal:
        features = design_matrix(series, region, rows)
        anchor = same_hour(series.filled, rows, self.horizon)[:, region]
        return _Normal.of(features, actual(series, rows, self.horizon)[:, region] - anchor)
