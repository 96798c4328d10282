"""What outlooks add to a forecast, and how far they have earned to be followed."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from fleet.forecasting.base import Positions
from fleet.forecasting.outlook_features import OutlookFeatures, correction_design, correction_width
from fleet.forecasting.regression import Regression
from fleet.forecasting.series import Series
from fleet.units import FloatArray


@dataclass(frozen=True, kw_only=True)
class OutlookCorrection:
    """A small regression for each region and lead, that starts from a forecast made without outlooks.

    agreed, moved: (region, lead) aged sums over past forecasts: what the outlooks moved them by times what would have
        been right, and its square.
    """

    regression: Regression
    agreed: FloatArray
    moved: FloatArray

    @classmethod
    def empty(cls, outlook: OutlookFeatures) -> Self:
        """Before any row: changes nothing."""
        regions, _, horizon, features = outlook.values.shape
        return cls(
            regression=Regression.empty((regions, horizon), correction_width(features), 1),
            agreed=np.zeros((regions, horizon)),
            moved=np.zeros((regions, horizon)),
        )

    @property
    def trust(self) -> FloatArray:
        """(region, lead) in [0, 1]: the share of its corrections that would have served best so far."""
        return np.clip(self.agreed / np.where(self.moved > 0, self.moved, 1.0), 0.0, 1.0)

    def applied(self, series: Series, own: FloatArray, outlook: OutlookFeatures, origins: Positions) -> FloatArray:
        """(region, origin, lead) departure from the anchor, `own` being the one without outlooks."""
        corrected = self.regression.predict(correction_design(series, own, outlook, origins))
        moved = corrected[..., 0].swapaxes(1, 2) - own
        return np.where(outlook.known, own + self.trust[:, None] * moved, own)

    def learn(
        self,
        series: Series,
        own: FloatArray,
        outlook: OutlookFeatures,
        origins: Positions,
        target: FloatArray,
        *,
        weight: float,
        low: FloatArray,
        high: FloatArray,
    ) -> Self:
        """With a block of rows more; own, target, low, high: (region, origin, lead), as for `Regression.learn`."""
        design = correction_design(series, own, outlook, origins)
        taught = np.any(self.regression.coefficient != 0, axis=(-2, -1))[:, None]
        corrected = np.clip(self.regression.predict(design)[..., 0].swapaxes(1, 2), low, high)
        counts = outlook.known & taught & np.isfinite(target)
        move = np.where(counts, corrected - own, 0.0)
        wanted = np.where(outlook.known, target, np.nan)
        wanted, low, high = (values.swapaxes(1, 2)[..., None] for values in (wanted, low, high))
        return replace(
            self,
            regression=self.regression.learn(design, wanted, weight=weight, low=low, high=high),
            agreed=weight * self.agreed + (move * np.where(counts, target - own, 0.0)).sum(axis=1),
            moved=weight * self.moved + (move**2).sum(axis=1),
        )
