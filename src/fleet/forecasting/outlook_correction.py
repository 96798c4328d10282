"""Corrects a forecast with outlooks. The better past corrections were, the larger the share that is applied."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from fleet.forecasting.base import Positions
from fleet.forecasting.outlook_features import OutlookFeatures, correction_design, correction_width
from fleet.forecasting.regression import Regression
from fleet.forecasting.series import Series
from fleet.units import FloatArray


@dataclass(frozen=True, kw_only=True)
class Departures:
    """Forecasts and targets of a block of origins, minus the anchor. All are (region, origin, lead).

    The anchor is the latest known value at the target's hour of day.

    base: the forecast made without outlooks.
    target: the actual value; NaN where it is missing.
    low, high: limits of the forecast.
    """

    base: FloatArray
    target: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, kw_only=True)
class OutlookCorrection:
    """A small regression for each region and lead that corrects a forecast made without outlooks.

    agreed: (region, lead) sum over past forecasts of the correction times the correction that would have been right.
        Older forecasts weigh less.
    moved: (region, lead) sum of the squared corrections, with the same weights.
    """

    regression: Regression
    agreed: FloatArray
    moved: FloatArray

    @classmethod
    def empty(cls, outlook: OutlookFeatures) -> Self:
        """Return a correction that has learnt nothing and changes nothing."""
        regions, _, horizon, features = outlook.values.shape
        return cls(
            regression=Regression.empty((regions, horizon), correction_width(features), 1),
            agreed=np.zeros((regions, horizon)),
            moved=np.zeros((regions, horizon)),
        )

    @property
    def trust(self) -> FloatArray:
        """(region, lead) share of the correction, in [0, 1], that would have given the smallest squared errors."""
        return np.clip(self.agreed / np.where(self.moved > 0, self.moved, 1.0), 0.0, 1.0)

    def applied(self, series: Series, base: FloatArray, outlook: OutlookFeatures, origins: Positions) -> FloatArray:
        """Return the corrected forecast minus the anchor: (region, origin, lead); `base` where no outlook is known.

        Args:
            base: (region, origin, lead) forecast without outlooks, minus the anchor.
        """
        corrected = self.regression.predict(correction_design(series, base, outlook, origins))
        moved = corrected[..., 0].swapaxes(1, 2) - base
        return np.where(outlook.known, base + self.trust[:, None] * moved, base)

    def learn(
        self,
        series: Series,
        origins: Positions,
        outlook: OutlookFeatures,
        departures: Departures,
        *,
        weight: float,
        hours_per_row: int,
    ) -> Self:
        """Return a correction that has also learnt from a block of origins.

        Args:
            departures: forecasts and targets of these origins.
            weight: factor on the weight of all earlier origins, in (0, 1].
            hours_per_row: as for `Regression.learn`.
        """
        base, target = departures.base, departures.target
        design = correction_design(series, base, outlook, origins)
        has_learnt = np.any(self.regression.coefficient != 0, axis=(-2, -1))[:, None]
        predicted = self.regression.predict(design)[..., 0].swapaxes(1, 2)
        corrected = np.clip(predicted, departures.low, departures.high)
        counts = outlook.known & has_learnt & np.isfinite(target)
        move = np.where(counts, corrected - base, 0.0)
        known_target = np.where(outlook.known, target, np.nan)
        low, high = _lead_first(departures.low), _lead_first(departures.high)
        regression = self.regression.learn(
            design, _lead_first(known_target), weight=weight, low=low, high=high, hours_per_row=hours_per_row
        )
        return replace(
            self,
            regression=regression,
            agreed=weight * self.agreed + (move * np.where(counts, target - base, 0.0)).sum(axis=1),
            moved=weight * self.moved + (move**2).sum(axis=1),
        )


def _lead_first(values: FloatArray) -> FloatArray:
    """Return (region, lead, origin, 1), as `Regression` needs it, from (region, origin, lead)."""
    return values.swapaxes(1, 2)[..., None]
