"""Ridge regression for all leads at once. The target is the value minus the anchor.

The anchor is the latest known value at the target's hour of day.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from fleet.forecasting.base import Forecaster, Positions
from fleet.forecasting.design import covariate_columns, covariate_features, group_columns, origin_features
from fleet.forecasting.outlook_correction import Departures, OutlookCorrection
from fleet.forecasting.outlook_features import OutlookFeatures
from fleet.forecasting.regression import Regression
from fleet.forecasting.seasonal_naive import same_hour
from fleet.forecasting.series import Series, actual, month_spans
from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray

HALF_LIFE_H = 2 * HOURS_PER_YEAR
# A linear model may extrapolate. Forecasts are clipped to the observed range plus this share of the range on each side.
REACH_BEYOND_RANGE = 0.1
# Ridge does not learn from an origin with more missing values in the last 24 h, because most features are older values.
MOST_IMPUTED_H = 16
_REGIONS_AT_ONCE = 8
# With a longer horizon than this, one origin in five is learnt, because learning each would take most of the time of a
# live hour. Five has no common divisor with 24, so each hour of the day is learnt.
_EVERY_HOUR_UP_TO_H = 4 * HOURS_PER_DAY
_FAR_STEP_H = 5


@dataclass(frozen=True, kw_only=True)
class _RegionModels:
    """The models of a group of neighbouring regions.

    regression: makes forecasts without outlooks.
    correction: corrects these forecasts with outlooks; None if the series has no outlooks.
    """

    regression: Regression
    correction: OutlookCorrection | None


class Ridge(Forecaster):
    """Direct ridge regression: one design matrix for all leads, and one target per lead.

    In the normal equations, older rows weigh less. With a horizon of more than four days, one hour in five gives a row.
    If an outlook for a target exists, a second small regression for each lead uses the outlook to correct the forecast.
    This second regression learns the bias of outlooks by season and hour.
    """

    def __init__(self, *, horizon: int) -> None:
        super().__init__(horizon=horizon)
        self._models: tuple[_RegionModels, ...] = ()
        self._range: tuple[FloatArray, FloatArray] | None = None

    def learn(self, series: Series, start: int, stop: int) -> Self:
        learnt = type(self)(horizon=self.horizon)
        learnt._models, learnt._range = self._models, self._range
        for first, end in month_spans(series.time_utc, start, stop):
            learnt._learn_month(series, first, end)
        return learnt

    def predict(self, series: Series, origins: Positions) -> FloatArray:
        anchor = same_hour(series.filled, origins, self.horizon)
        if not self._models:
            return anchor
        forecast = anchor.copy()
        for models, rows in zip(self._models, _region_runs(series), strict=True):
            departure = models.regression.predict(_features(series, rows, origins))
            outlook = OutlookFeatures.of(series, rows, origins, self.horizon)
            if outlook is not None and models.correction is not None:
                departure = models.correction.applied(series, departure, outlook, origins)
            forecast[:, rows] += departure.swapaxes(0, 1)
        low, high = self._reach(series, slice(None), origins)
        clipped: FloatArray = np.clip(forecast, low, high)
        return clipped

    def parts(self, series: Series, origin: int) -> Mapping[str, FloatArray]:
        """Return the amount that each group of features adds to the forecast of an origin: name -> (region, lead).

        The parts add up to the forecast minus the anchor, before the forecast is clipped.
        """
        origins = np.array([origin])
        anchor = same_hour(series.filled, origins, self.horizon)[0]
        if not self._models:
            return {"the usual departure": np.zeros_like(anchor)}
        columns = {"the usual departure": slice(0, 1), **group_columns(), **covariate_columns(series)}
        sums: dict[str, list[FloatArray]] = {name: [] for name in columns}
        corrections = []
        for models, rows in zip(self._models, _region_runs(series), strict=True):
            added = models.regression.parts(_features(series, rows, origins))[:, 0]
            for name, group in columns.items():
                sums[name].append(added[:, group].sum(axis=1))
            base = added.sum(axis=1)
            outlook = OutlookFeatures.of(series, rows, origins, self.horizon)
            corrected = base[:, None]
            if outlook is not None and models.correction is not None:
                corrected = models.correction.applied(series, corrected, outlook, origins)
            corrections.append(corrected[:, 0] - base)
        parts = {name: np.concatenate(values) for name, values in sums.items()}
        return parts | ({} if series.outlooks is None else {"outlooks": np.concatenate(corrections)})

    @property
    def _step_h(self) -> int:
        """Hours from one learnt origin to the next."""
        return 1 if self.horizon <= _EVERY_HOUR_UP_TO_H else _FAR_STEP_H

    def _reach(self, series: Series, rows: slice, origins: Positions) -> tuple[FloatArray, FloatArray]:
        """Return the lowest and the highest forecast that are allowed: each (origin, region, 1)."""
        # The range includes the last day. Otherwise a forecast would be clipped if the values jumped since the last
        # learning.
        latest_day = same_hour(series.filled[rows], origins, HOURS_PER_DAY)
        low, high = latest_day.min(axis=2), latest_day.max(axis=2)
        if self._range is not None:
            low, high = np.fmin(self._range[0][rows], low), np.fmax(self._range[1][rows], high)
        low, high = low[:, :, None], high[:, :, None]
        reach = REACH_BEYOND_RANGE * (high - low)
        return low - reach, high + reach

    def _learn_month(self, series: Series, start: int, stop: int) -> None:
        weight = 0.5 ** ((stop - start) / HALF_LIFE_H)
        # Ridge learns an origin when its last target is known, so the last origin is stop - 1 - horizon.
        origins = np.arange(max(start - self.horizon, HOURS_PER_DAY - 1), stop - self.horizon)
        # By the clock, so that the start of the history makes no difference.
        origins = origins[series.time_utc[origins].astype("datetime64[h]").astype(np.int64) % self._step_h == 0]
        if len(origins):
            models_before = self._models or (None,) * len(list(_region_runs(series)))
            self._models = tuple(
                self._updated(models, series, rows, origins, weight)
                for models, rows in zip(models_before, _region_runs(series), strict=True)
            )
        values = series.observed[:, start:stop]
        low, high = np.fmin.reduce(values, axis=1), np.fmax.reduce(values, axis=1)
        if self._range is not None:
            low, high = np.fmin(low, self._range[0]), np.fmax(high, self._range[1])
        self._range = (low, high)

    def _updated(
        self, models: _RegionModels | None, series: Series, rows: slice, origins: Positions, weight: float
    ) -> _RegionModels:
        """Return the models of a group of regions after they have learnt the origins of one more month.

        The correction learns from forecasts that the regression made before it learnt these origins.
        """
        anchor = same_hour(series.filled[rows], origins, self.horizon)
        low, high = ((bound - anchor).swapaxes(0, 1) for bound in self._reach(series, rows, origins))
        low, high = np.nan_to_num(low, nan=-np.inf), np.nan_to_num(high, nan=np.inf)
        target = (actual(series, origins, self.horizon, rows) - anchor).swapaxes(0, 1)
        latest_day = np.maximum(origins[:, None] - np.arange(HOURS_PER_DAY), 0)
        is_silent = series.missing[rows][:, latest_day].sum(axis=2) > MOST_IMPUTED_H
        is_early = origins < series.first_known[rows][:, None]
        target[is_silent | is_early] = np.nan
        design = _features(series, rows, origins)
        if is_early.any():
            design = np.where(is_early[..., None], 0.0, design)
        regions, _, features = design.shape
        regression = Regression.empty((regions,), features, self.horizon) if models is None else models.regression
        correction = None if models is None else models.correction
        outlook = OutlookFeatures.of(series, rows, origins, self.horizon)
        if outlook is not None:
            departures = Departures(base=regression.predict(design), target=target, low=low, high=high)
            correction = (correction or OutlookCorrection.empty(outlook)).learn(
                series, origins, outlook, departures, weight=weight, hours_per_row=self._step_h
            )
        regression = regression.learn(design, target, weight=weight, low=low, high=high, hours_per_row=self._step_h)
        return _RegionModels(regression=regression, correction=correction)


def _features(series: Series, rows: slice, origins: Positions) -> FloatArray:
    features = origin_features(series, rows, origins)
    if not series.covariates:
        return features
    return np.concatenate([features, covariate_features(series, rows, origins)], axis=2)


def _region_runs(series: Series) -> Iterator[slice]:
    """Yield groups of neighbouring regions. The groups are so small that a month of their features fits into memory."""
    for first in range(0, len(series.observed), _REGIONS_AT_ONCE):
        yield slice(first, min(first + _REGIONS_AT_ONCE, len(series.observed)))
