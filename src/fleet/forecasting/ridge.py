"""Ridge regression on the departure from the same hour of the latest day, all leads at once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from fleet.forecasting.base import Forecaster, Positions
from fleet.forecasting.design import covariate_columns, covariate_features, group_columns, origin_features
from fleet.forecasting.outlook_correction import OutlookCorrection
from fleet.forecasting.outlook_features import OutlookFeatures
from fleet.forecasting.regression import Regression
from fleet.forecasting.seasonal_naive import same_hour
from fleet.forecasting.series import Series, actual, month_spans
from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray

HALF_LIFE_H = 2 * HOURS_PER_YEAR
# A linear model may extrapolate; a forecast this far outside everything seen is an error of the model.
REACH_BEYOND_RANGE = 0.1
# What follows a long silence is no lesson: nearly all that such an origin knows is from before it.
MOST_IMPUTED_H = 16
_REGIONS_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class _Learnt:
    """Of a run of regions. own: from the past alone; correction: given outlooks, where there are any."""

    own: Regression
    correction: OutlookCorrection | None


class Ridge(Forecaster):
    """Direct ridge: one design matrix, one right-hand side a lead, normal equations that only ever grow and age.

    Where outlooks speak of a target, a second small regression a lead corrects the forecast with them, and learns
    their bias by season and hour. Where they do not, the first one stands.
    """

    def __init__(self, *, horizon: int) -> None:
        super().__init__(horizon=horizon)
        self._learnt: tuple[_Learnt, ...] = ()
        self._seen: tuple[FloatArray, FloatArray] | None = None

    def learn(self, series: Series, start: int, stop: int) -> Self:
        wiser = type(self)(horizon=self.horizon)
        wiser._learnt, wiser._seen = self._learnt, self._seen
        for first, end in month_spans(series.time_utc, start, stop):
            wiser._learn_month(series, first, end)
        return wiser

    def predict(self, series: Series, origins: Positions) -> FloatArray:
        anchor = same_hour(series.filled, origins, self.horizon)
        if not self._learnt:
            return anchor
        forecast = anchor.copy()
        for learnt, rows in zip(self._learnt, _runs(series), strict=True):
            own = learnt.own.predict(_features(series, rows, origins))
            outlook = OutlookFeatures.of(series, rows, origins, self.horizon)
            if outlook is not None and learnt.correction is not None:
                own = learnt.correction.applied(series, own, outlook, origins)
            forecast[:, rows] += own.swapaxes(0, 1)
        low, high = self._reach(series, slice(None), origins)
        bounded: FloatArray = np.clip(forecast, low, high)
        return bounded

    def parts(self, series: Series, origin: int) -> Mapping[str, FloatArray]:
        """What the forecast of an origin is made of: name -> (region, lead), what departs from the anchor.

        They add up to the forecast less the anchor, before it is held within reach.
        """
        origins = np.array([origin])
        anchor = same_hour(series.filled, origins, self.horizon)[0]
        if not self._learnt:
            return {"what is usual": np.zeros_like(anchor)}
        columns = {"what is usual": slice(0, 1), **group_columns(), **covariate_columns(series)}
        sums: dict[str, list[FloatArray]] = {name: [] for name in columns}
        outlooks = []
        for learnt, rows in zip(self._learnt, _runs(series), strict=True):
            features = _features(series, rows, origins)
            added = learnt.own.parts(features)[:, 0]
            for name, part in columns.items():
                sums[name].append(added[:, part].sum(axis=1))
            own = added.sum(axis=1)
            outlook = OutlookFeatures.of(series, rows, origins, self.horizon)
            told = own[:, None]
            if outlook is not None and learnt.correction is not None:
                told = learnt.correction.applied(series, told, outlook, origins)
            outlooks.append(told[:, 0] - own)
        parts = {name: np.concatenate(values) for name, values in sums.items()}
        return parts | ({} if series.outlooks is None else {"outlooks": np.concatenate(outlooks)})

    def _reach(self, series: Series, rows: slice, origins: Positions) -> tuple[FloatArray, FloatArray]:
        """(origin, region, 1) how low and how high a forecast may be."""
        # The last day counts as seen, or a level that jumped since the last refit would be cut back to the old one.
        today = same_hour(series.filled[rows], origins, HOURS_PER_DAY)
        low, high = today.min(axis=2), today.max(axis=2)
        if self._seen is not None:
            low, high = np.fmin(self._seen[0][rows], low), np.fmax(self._seen[1][rows], high)
        low, high = low[:, :, None], high[:, :, None]
        reach = REACH_BEYOND_RANGE * (high - low)
        return low - reach, high + reach

    def _learn_month(self, series: Series, start: int, stop: int) -> None:
        weight = 0.5 ** ((stop - start) / HALF_LIFE_H)
        # An origin is complete once its last target is known: rows run to stop - 1 - horizon.
        origins = np.arange(max(start - self.horizon, HOURS_PER_DAY - 1), stop - self.horizon)
        if len(origins):
            known = self._learnt or (None,) * len(list(_runs(series)))
            self._learnt = tuple(
                self._taught(learnt, series, rows, origins, weight)
                for learnt, rows in zip(known, _runs(series), strict=True)
            )
        past = series.observed[:, start:stop]
        low, high = np.fmin.reduce(past, axis=1), np.fmax.reduce(past, axis=1)
        if self._seen is not None:
            low, high = np.fmin(low, self._seen[0]), np.fmax(high, self._seen[1])
        self._seen = (low, high)

    def _taught(
        self, learnt: _Learnt | None, series: Series, rows: slice, origins: Positions, weight: float
    ) -> _Learnt:
        """With the origins of a month more, each with the forecast that was made before it was learnt."""
        anchor = same_hour(series.filled[rows], origins, self.horizon)
        low, high = ((bound - anchor).swapaxes(0, 1) for bound in self._reach(series, rows, origins))
        low, high = np.nan_to_num(low, nan=-np.inf), np.nan_to_num(high, nan=np.inf)
        target = (actual(series, origins, self.horizon, rows) - anchor).swapaxes(0, 1)
        lately = np.maximum(origins[:, None] - np.arange(HOURS_PER_DAY), 0)
        silent = series.missing[rows][:, lately].sum(axis=2) > MOST_IMPUTED_H
        early = origins < series.first_known[rows][:, None]
        target[silent | early] = np.nan
        design = _features(series, rows, origins)
        if early.any():
            design = np.where(early[..., None], 0.0, design)
        regions, _, features = design.shape
        own = Regression.empty((regions,), features, self.horizon) if learnt is None else learnt.own
        correction = None if learnt is None else learnt.correction
        outlook = OutlookFeatures.of(series, rows, origins, self.horizon)
        if outlook is not None:
            correction = (correction or OutlookCorrection.empty(outlook)).learn(
                series, own.predict(design), outlook, origins, target, weight=weight, low=low, high=high
            )
        return _Learnt(own=own.learn(design, target, weight=weight, low=low, high=high), correction=correction)


def _features(series: Series, rows: slice, origins: Positions) -> FloatArray:
    own = origin_features(series, rows, origins)
    return np.concatenate([own, covariate_features(series, rows, origins)], axis=2) if series.covariates else own


def _runs(series: Series) -> Iterator[slice]:
    """The regions, some at a time, so that a month of their features stays small."""
    for first in range(0, len(series.observed), _REGIONS_AT_ONCE):
        yield slice(first, min(first + _REGIONS_AT_ONCE, len(series.observed)))
