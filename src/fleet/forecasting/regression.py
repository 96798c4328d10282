"""Ridge regression that is learnt a block of rows at a time, and is not led astray by the few rows that err most."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR, SIGMA_PER_MAD, FloatArray

PENALTY = 2e-3
MIN_ROWS = 14 * HOURS_PER_DAY
# Residuals beyond this many times their usual size pull no harder than one of this size.
_HUBER = 2.0
_FLOOR = 1e-9


@dataclass(frozen=True, kw_only=True)
class Regression:
    """Normal equations that only ever grow and age. Groups share nothing; the targets of a group share its design.

    A target that is missing while others of its row are known counts as met by the coefficients so far, and the part
    of a residual that Huber's loss cuts off is taken away from its target in the same way: one weighted least-squares
    step a block, started from what the block before had reached.

    gram: (..., feature, feature) sums of products of features; the first feature is the intercept.
    moment: (..., feature, target). rows: (..., target) aged count of known targets.
    spread: (..., target) usual size of a residual that was made before its row was learnt.
    coefficient: (..., feature, target); zero where rows are too few.
    Source: Huber 1973 (pseudo-observations); Rousseeuw & Croux 1993 (spread by the median).
    """

    gram: FloatArray
    moment: FloatArray
    rows: FloatArray
    spread: FloatArray
    coefficient: FloatArray

    @classmethod
    def empty(cls, groups: tuple[int, ...], features: int, targets: int) -> Self:
        """Before any row: forecasts nothing, that is zero."""
        return cls(
            gram=np.zeros((*groups, features, features)),
            moment=np.zeros((*groups, features, targets)),
            rows=np.zeros((*groups, targets)),
            spread=np.full((*groups, targets), np.inf),
            coefficient=np.zeros((*groups, features, targets)),
        )

    def learn(
        self, design: FloatArray, target: FloatArray, *, weight: float, low: FloatArray, high: FloatArray
    ) -> Self:
        """One with a block of rows more.

        Args:
            design: (..., row, feature).
            target: (..., row, target), NaN where missing; a row without any is not learnt from.
            weight: of all rows so far, as they have aged since; in (0, 1].
            low, high: broadcast to target; what the coefficients so far say outside is held there, since a missing
                target must not confirm an impossible forecast.
        """
        known = np.isfinite(target)
        usable = known.any(axis=-1, keepdims=True)
        if not usable.all():
            design = np.where(usable, design, 0.0)
        fitted = np.clip(np.matmul(design, self.coefficient), low, high)
        residual = np.where(known, target - fitted, 0.0)
        cut = _HUBER * self.spread[..., None, :]
        wanted = fitted + np.clip(residual, -cut, cut)
        turned = design.swapaxes(-1, -2)
        gram = weight * self.gram + np.matmul(turned, design)
        moment = weight * self.moment + np.matmul(turned, wanted)
        count = known.sum(axis=-2)
        rows = weight * self.rows + count
        coefficient = np.where(rows[..., None, :] < MIN_ROWS, 0.0, _solve(gram, moment))
        grown = type(self)(gram=gram, moment=moment, rows=rows, spread=self.spread, coefficient=coefficient)
        return grown._with_spread(weight * self.rows, residual, known)

    def predict(self, design: FloatArray) -> FloatArray:
        """(..., row, target) of a (..., row, feature) design.

        One product a row: a product of all at once rounds differently with the number of rows, and a live hour must
        forecast what a replay does.
        """
        product: FloatArray = np.matmul(design[..., None, :], self.coefficient[..., None, :, :])[..., 0, :]
        return product

    def parts(self, design: FloatArray) -> FloatArray:
        """(..., row, feature, target) what each feature adds by departing from its mean; the intercept: the rest."""
        mean = self.gram[..., 0, :] / np.maximum(self.gram[..., :1, 0], _FLOOR)
        departure = design - mean[..., None, :]
        departure[..., 0] = 1.0
        added = departure[..., None] * self.coefficient[..., None, :, :]
        usual = np.matmul(mean[..., None, :], self.coefficient)
        added[..., 0, :] = usual
        return added

    def _with_spread(self, rows_before: FloatArray, residual: FloatArray, known: FloatArray) -> Self:
        size = SIGMA_PER_MAD * _median(np.abs(residual), known)
        count = known.sum(axis=-2)
        total = rows_before + count
        before = np.where(np.isfinite(self.spread), rows_before, 0.0) * np.nan_to_num(self.spread, posinf=0.0)
        settled = np.isfinite(self.spread) | (total >= MIN_ROWS)
        mean = (before + np.where(count > 0, count * size, 0.0)) / np.maximum(total, 1.0)
        # A series that stood still has no usual size of a residual, and nothing may be cut off by it.
        spread = np.where(settled & (mean > 0), mean, np.inf)
        return type(self)(
            gram=self.gram, moment=self.moment, rows=self.rows, spread=spread, coefficient=self.coefficient
        )


def _median(values: FloatArray, known: FloatArray) -> FloatArray:
    """Along the rows, of the known values; zero where there is none."""
    ordered = np.sort(np.where(known, values, np.inf), axis=-2)
    middle = np.maximum(known.sum(axis=-2) - 1, 0) // 2
    picked = np.take_along_axis(ordered, middle[..., None, :], axis=-2)[..., 0, :]
    return np.where(np.isfinite(picked), picked, 0.0)


def _solve(gram: FloatArray, moment: FloatArray) -> FloatArray:
    # The penalty follows each feature's own spread, so that units do not matter; the intercept goes free.
    diagonal = np.diagonal(gram, axis1=-2, axis2=-1)
    count = np.maximum(gram[..., :1, 0], 1.0)
    spread = np.maximum(diagonal - gram[..., 0, :] ** 2 / count, 0.0)
    floor = _FLOOR * np.maximum(diagonal, 1.0)
    # Below a year the season cannot be told from a trend; the fewer the rows, the closer it stays to the anchor.
    penalty = PENALTY * np.maximum(1.0, HOURS_PER_YEAR / count) ** 3 * spread + floor
    penalty[..., 0] = floor[..., 0]
    damped = gram + penalty[..., None] * np.eye(gram.shape[-1])
    return np.asarray(np.linalg.solve(damped, moment), dtype=np.float64)
