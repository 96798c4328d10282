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

    Its leads end with the last one that an outlook has ever reached.

    agreed: (region, lead) sum over past forecasts of the correction times the correction that would have been right.
        Older forecasts weigh less.
    moved: (region, lead) sum of the squared corrections, with the same weights.
    """

    regression: Regression
    agreed: FloatArray
    moved: FloatArray

    @classmethod
    def empty(cls, outlook: OutlookFeatures) -> Self:
        """Return a correction that has learnt nothing, and knows no lead."""
        regions, *_, features = outlook.values.shape
        return cls(
            regression=Regression.empty((regions, 0), correction_width(features), 1),
            agreed=np.zeros((regions, 0)),
            moved=np.zeros((regions, 0)),
        )

    @property
    def reach(self) -> int:
        """The last lead that an outlook has ever reached; 0 if there was none."""
        return int(self.agreed.shape[1])

    @property
    def trust(self) -> FloatArray:
        """(region, lead) share of the correction, in [0, 1], that would have given the smallest squared errors."""
        return np.clip(self.agreed / np.where(self.moved > 0, self.moved, 1.0), 0.0, 1.0)

    def applied(self, series: Series, base: FloatArray, outlook: OutlookFeatures, origins: Positions) -> FloatArray:
        """Return the corrected forecast minus the anchor: (region, origin, lead); `base` where no outlook is known.

        Args:
            base: (region, origin, lead) forecast without outlooks, minus the anchor.
        """
        leads = slice(min(self.reach, outlook.reach))
        outlook, near = outlook.up_to(leads.stop), base[..., leads]
        design = correction_design(series, near, outlook, origins)
        moved = self.regression.at((slice(None), leads)).predict(design)[..., 0].swapaxes(1, 2) - near
        applied = base.copy()
        applied[..., leads] = np.where(outlook.known, near + self.trust[:, None, leads] * moved, near)
        return applied

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
        before = self._reaching(outlook.reach)
        outlook, leads = outlook.up_to(before.reach), slice(before.reach)
        base, target = departures.base[..., leads], departures.target[..., leads]
        low, high = departures.low[..., leads], departures.high[..., leads]
        design = correction_design(series, base, outlook, origins)
        has_learnt = np.any(before.regression.coefficient != 0, axis=(-2, -1))[:, None]
        predicted = before.regression.predict(design)[..., 0].swapaxes(1, 2)
        counts = outlook.known & has_learnt & np.isfinite(target)
        move = np.where(counts, np.clip(predicted, low, high) - base, 0.0)
        known_target = np.where(outlook.known, target, np.nan)
        regression = before.regression.learn(
            design,
            _lead_first(known_target),
            weight=weight,
            low=_lead_first(low),
            high=_lead_first(high),
            hours_per_row=hours_per_row,
        )
        return replace(
            before,
            regression=regression,
            agreed=weight * before.agreed + (move * np.where(counts, target - base, 0.0)).sum(axis=1),
            moved=weight * before.moved + (move**2).sum(axis=1),
        )

    def _reaching(self, lead: int) -> Self:
        """Return the correction with at least the leads up to `lead`. The new ones have learnt nothing."""
        regions, new = len(self.agreed), max(lead - self.reach, 0)
        features = self.regression.gram.shape[-1]
        nothing = np.zeros((regions, new))
        return replace(
            self,
            regression=self.regression.joined(Regression.empty((regions, new), features, 1), axis=1),
            agreed=np.concatenate([self.agreed, nothing], axis=1),
            moved=np.concatenate([self.moved, nothing], axis=1),
        )


def _lead_first(values: FloatArray) -> FloatArray:
    """Return (region, lead, origin, 1), as `Regression` needs it, from (region, origin, lead)."""
    return values.swapaxes(1, 2)[..., None]
