"""A mixture of the other forecasters (the experts). Their recent errors set their weights for each region and lead."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from fleet.domain import clock
from fleet.errors import DataError
from fleet.forecasting.base import Forecaster, Positions
from fleet.forecasting.climatology import Climatology
from fleet.forecasting.persistence import Persistence
from fleet.forecasting.ridge_asinh import RidgeAsinh
from fleet.forecasting.seasonal_naive import SeasonalNaive
from fleet.forecasting.series import Series, month_spans
from fleet.forecasting.weights import Weights
from fleet.forecasting.xgboost import XGBoost, training_origins
from fleet.units import HOURS_PER_DAY, FloatArray

EXPERTS = ("seasonal_naive", "persistence", "ridge", "ridge_asinh", "xgboost")
# Many days ahead, recent values tell little, and a usual year is hard to beat. Within a day it is a bad expert, and
# each bad expert costs accuracy until its weight has fallen.
FAR_EXPERTS = (*EXPERTS, "climatology")


@dataclass(frozen=True, kw_only=True)
class _Tally:
    """The weights, and the training forecasts for which some actual values are not known yet.

    settled: the weights have learnt from all actual values before this position.
    waiting: position of a training origin -> forecasts (expert, region, lead) and their mixture (region, lead).
    """

    weights: Weights
    settled: int = 0
    waiting: Mapping[int, tuple[FloatArray, FloatArray]] = field(default_factory=dict)

    def settle(self, series: Series, midnight: int) -> Self:
        """Return the tally one day later, after it has learnt from all actual values before the position `midnight`."""
        weights = self.weights.aged()
        for origin, (experts, mixture) in self.waiting.items():
            first = max(self.settled, origin + 1)
            leads = slice(first - origin - 1, min(midnight - origin - 1, mixture.shape[1]))
            if leads.stop > leads.start:
                actual = series.observed[:, first : origin + 1 + leads.stop]
                weights = weights.updated(leads, experts[..., leads], mixture[:, leads], actual)
        waiting = {
            origin: (experts, mixture)
            for origin, (experts, mixture) in self.waiting.items()
            if origin + mixture.shape[1] >= midnight
        }
        return replace(self, weights=weights, settled=midnight, waiting=waiting)


class Blend(Forecaster):
    """A weighted mean of the experts. The weights change at each midnight of UTC.

    The weights learn from the residuals of the training origins that are known by then. The training origins depend
    only on the clock, so that a live hour and a replay give the same mixture.
    """

    def __init__(self, *, horizon: int) -> None:
        super().__init__(horizon=horizon)
        self._naive = SeasonalNaive(horizon=horizon)
        self._persistence = Persistence(horizon=horizon)
        self._climatology = Climatology(horizon=horizon)
        self._ridge_asinh = RidgeAsinh(horizon=horizon)
        self.boosted = XGBoost(horizon=horizon)
        self._tally: _Tally | None = None
        self._tallied_until = 0
        self._is_frozen = False

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the experts: EXPERTS up to a day ahead, FAR_EXPERTS for a longer horizon."""
        return EXPERTS if self.horizon <= HOURS_PER_DAY else FAR_EXPERTS

    @classmethod
    def load_libraries(cls) -> None:
        XGBoost.load_libraries()

    def learn(self, series: Series, start: int, stop: int) -> Self:
        learnt = type(self)(horizon=self.horizon)
        learnt.__dict__ |= self.__dict__
        if learnt._tally is None:
            learnt._tally = _Tally(weights=Weights.equal(len(self.names), len(series.observed), self.horizon))
        for first, end in month_spans(series.time_utc, start, stop):
            learnt._tally, _ = learnt._advance(learnt._tally, series, max(first, learnt._tallied_until), end)
            learnt._tallied_until = end
            learnt._climatology = learnt._climatology.learn(series, first, end)
            learnt._ridge_asinh = learnt._ridge_asinh.learn(series, first, end)
            learnt.boosted = learnt.boosted.learn(series, first, end)
        return learnt

    def predict(self, series: Series, origins: Positions) -> FloatArray:
        if self._tally is None or not len(origins):
            return self._naive.predict(series, origins)
        if origins[0] < self._tallied_until:
            raise DataError(
                f"origin {origins[0]} is before the end of the last learning, expected {self._tallied_until} or later"
            )
        experts = self.experts(series, origins)
        if self._is_frozen:
            return np.asarray((self._tally.weights.share[:, None] * experts).sum(axis=0), dtype=np.float64)
        _, share_by_day = self._advance(self._tally, series, self._tallied_until, int(origins[-1]) + 1)
        day_of_origin = _day(series, origins)
        forecast = np.empty(experts.shape[1:])
        for day, share in share_by_day.items():
            is_on_day = day_of_origin == day
            forecast[is_on_day] = (share[:, None] * experts[:, is_on_day]).sum(axis=0)
        return forecast

    def frozen(self) -> Self:
        frozen = type(self)(horizon=self.horizon)
        frozen.__dict__ |= self.__dict__ | {"_is_frozen": True}
        return frozen

    def caught_up(self, series: Series, stop: int) -> Self:
        # The weights change at midnight only.
        midnight = stop - 1 - int(clock.hour_of_day(series.time_utc[stop - 1 : stop])[0])
        if self._tally is None or midnight <= self._tallied_until:
            return self
        caught_up = type(self)(horizon=self.horizon)
        caught_up.__dict__ |= self.__dict__
        caught_up._tally, _ = self._advance(self._tally, series, self._tallied_until, midnight)
        caught_up._tallied_until = midnight
        return caught_up

    def experts(self, series: Series, origins: Positions) -> FloatArray:
        """Return the forecast of each expert, in the order of `names`: (expert, origin, region, lead)."""
        ridge = self.boosted.ridge.predict(series, origins)
        far = [self._climatology.predict(series, origins)] if self.names == FAR_EXPERTS else []
        return np.stack(
            [
                self._naive.predict(series, origins),
                self._persistence.predict(series, origins),
                ridge,
                self._ridge_asinh.predict(series, origins),
                self.boosted.corrected(series, origins, ridge),
                *far,
            ]
        )

    def shares(self, series: Series, origin: int) -> FloatArray:
        """Return the share of each expert at an origin after the last learning: (expert, region, lead)."""
        if self._tally is None:
            return Weights.equal(len(self.names), len(series.observed), self.horizon).share
        _, share_by_day = self._advance(self._tally, series, self._tallied_until, origin + 1)
        return share_by_day[int(_day(series, np.array([origin]))[0])]

    def _advance(self, tally: _Tally, series: Series, start: int, stop: int) -> tuple[_Tally, Mapping[int, FloatArray]]:
        """Return the tally after the hours start..stop-1, and day -> (expert, region, lead) shares on that day."""
        origins = training_origins(series, max(start, HOURS_PER_DAY - 1), stop)
        experts = self.experts(series, origins)
        day_of_origin = _day(series, origins)
        share_by_day: dict[int, FloatArray] = {}
        day_of_hour = _day(series, np.arange(start, stop))
        for first_hour in np.flatnonzero(np.diff(day_of_hour, prepend=-1)):
            tally = tally.settle(series, start + int(first_hour))
            share = share_by_day[int(day_of_hour[first_hour])] = tally.weights.share
            new = {
                int(origins[index]): (experts[:, index], (share * experts[:, index]).sum(axis=0))
                for index in np.flatnonzero(day_of_origin == day_of_hour[first_hour])
            }
            tally = replace(tally, waiting={**tally.waiting, **new})
        return tally, share_by_day


def _day(series: Series, positions: Positions) -> Positions:
    """Return the UTC day of each position, in days since 1970."""
    return series.time_utc[positions].astype("datetime64[D]").astype(np.int64)
