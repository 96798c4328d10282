"""The other forecasters combined, by region and lead, by what each recently earned."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from fleet.errors import DataError
from fleet.forecasting.base import Forecaster, Positions
from fleet.forecasting.persistence import Persistence
from fleet.forecasting.ridge_asinh import RidgeAsinh
from fleet.forecasting.seasonal_naive import SeasonalNaive
from fleet.forecasting.series import Series, month_spans
from fleet.forecasting.weights import Weights
from fleet.forecasting.xgboost import XGBoost, grid
from fleet.units import HOURS_PER_DAY, FloatArray

EXPERTS = ("seasonal_naive", "persistence", "ridge", "ridge_asinh", "xgboost")


@dataclass(frozen=True, kw_only=True)
class _Tally:
    """The weights, and the forecasts that still wait for their actuals.

    settled: the position up to which actuals have been weighed.
    waiting: position of a grid origin -> its forecasts (expert, region, lead) and their mixture (region, lead).
    """

    weights: Weights
    settled: int = 0
    waiting: Mapping[int, tuple[FloatArray, FloatArray]] = field(default_factory=dict)

    def settle(self, series: Series, now: int) -> Self:
        """At midnight, position `now`: what has become true since the last one is weighed."""
        weights = self.weights.aged()
        for origin, (experts, mixture) in self.waiting.items():
            first = max(self.settled, origin + 1)
            leads = slice(first - origin - 1, min(now - origin - 1, mixture.shape[1]))
            if leads.stop > leads.start:
                actual = series.observed[:, first : origin + 1 + leads.stop]
                weights = weights.taught(leads, experts[..., leads], mixture[:, leads], actual)
        waiting = {at: made for at, made in self.waiting.items() if at + made[1].shape[1] >= now}
        return replace(self, weights=weights, settled=now, waiting=waiting)


class Blend(Forecaster):
    """A convex mixture whose weights are set anew at each midnight of UTC, from all errors known by then.

    The weights learn from the same grid of origins whatever is asked, so that a live hour mixes as a replay does.
    """

    def __init__(self, *, horizon: int) -> None:
        super().__init__(horizon=horizon)
        self._naive = SeasonalNaive(horizon=horizon)
        self._persistence = Persistence(horizon=horizon)
        self._squeezed = RidgeAsinh(horizon=horizon)
        self.boosted = XGBoost(horizon=horizon)
        self._tally: _Tally | None = None
        self._until = 0
        self._is_frozen = False

    def learn(self, series: Series, start: int, stop: int) -> Self:
        wiser = type(self)(horizon=self.horizon)
        wiser.__dict__ |= self.__dict__
        if wiser._tally is None:
            wiser._tally = _Tally(weights=Weights.equal(len(EXPERTS), len(series.observed), self.horizon))
        for first, end in month_spans(series.time_utc, start, stop):
            wiser._tally, _ = wiser._rolled(wiser._tally, series, first, end)
            wiser._until = end
            wiser._squeezed = wiser._squeezed.learn(series, first, end)
            wiser.boosted = wiser.boosted.learn(series, first, end)
        return wiser

    def predict(self, series: Series, origins: Positions) -> FloatArray:
        if self._tally is None or not len(origins):
            return self._naive.predict(series, origins)
        if origins[0] < self._until:
            raise DataError(
                f"origin {origins[0]} is before the end of what was learnt, expected {self._until} or later"
            )
        experts = self.experts(series, origins)
        if self._is_frozen:
            return np.asarray((self._tally.weights.share[:, None] * experts).sum(axis=0), dtype=np.float64)
        _, share_of_day = self._rolled(self._tally, series, self._until, int(origins[-1]) + 1)
        day = _day(series, origins)
        forecast = np.empty(experts.shape[1:])
        for each, share in share_of_day.items():
            at = day == each
            forecast[at] = (share[:, None] * experts[:, at]).sum(axis=0)
        return forecast

    def frozen(self) -> Self:
        settled = type(self)(horizon=self.horizon)
        settled.__dict__ |= self.__dict__ | {"_is_frozen": True}
        return settled

    def experts(self, series: Series, origins: Positions) -> FloatArray:
        """(expert, origin, region, lead) in the order of EXPERTS."""
        ridge = self.boosted.ridge.predict(series, origins)
        return np.stack(
            [
                self._naive.predict(series, origins),
                self._persistence.predict(series, origins),
                ridge,
                self._squeezed.predict(series, origins),
                self.boosted.corrected(series, origins, ridge),
            ]
        )

    def shares(self, series: Series, origin: int) -> FloatArray:
        """(expert, region, lead) by which the experts counted at an origin since the last learning."""
        if self._tally is None:
            return Weights.equal(len(EXPERTS), len(series.observed), self.horizon).share
        _, share_of_day = self._rolled(self._tally, series, self._until, origin + 1)
        return share_of_day[int(_day(series, np.array([origin]))[0])]

    def _rolled(self, tally: _Tally, series: Series, start: int, stop: int) -> tuple[_Tally, Mapping[int, FloatArray]]:
        """The tally after the origins start..stop-1, and the weights of each of their days."""
        origins = grid(series, max(start, HOURS_PER_DAY - 1), stop)
        experts = self.experts(series, origins)
        day_of = _day(series, origins)
        share_of_day: dict[int, FloatArray] = {}
        days = _day(series, np.arange(start, stop))
        for first in np.flatnonzero(np.diff(days, prepend=-1)):
            tally = tally.settle(series, start + int(first))
            share = share_of_day[int(days[first])] = tally.weights.share
            made = {
                int(origins[at]): (experts[:, at], (share * experts[:, at]).sum(axis=0))
                for at in np.flatnonzero(day_of == days[first])
            }
            tally = replace(tally, waiting={**tally.waiting, **made})
        return tally, share_of_day


def _day(series: Series, positions: Positions) -> Positions:
    """Days since 1970 of UTC."""
    return series.time_utc[positions].astype("datetime64[D]").astype(np.int64)
