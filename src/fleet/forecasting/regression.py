"""Ridge regression that learns blocks of rows one after another and limits the effect of the largest residuals."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.units import HOURS_PER_DAY, HOURS_PER_YEAR, SIGMA_PER_MAD, FloatArray

PENALTY = 2e-3
MIN_ROWS = 14 * HOURS_PER_DAY
# A residual larger than this many times the usual size counts as this many times the usual size.
_HUBER = 2.0
_FLOOR = 1e-9


@dataclass(frozen=True, kw_only=True)
class Regression:
    """Normal equations that add new rows and reduce the weight of older rows.

    Leading axes (...) are groups. Each group has a design of its own; all targets of a group share this design.
    Each block of rows is one weighted least-squares step from the coefficients before the block. In this step, a target
    that is missing in a row with other known targets is replaced by its prediction. A target whose residual exceeds the
    limit of Huber's loss is moved to that limit.

    gram: (..., feature, feature) sums of products of features. The first feature is the intercept.
    moment: (..., feature, target) sums of products of features and targets.
    rows: (..., target) hours that rows with a known target stand for; older rows weigh less.
    spread: (..., target) usual size of a residual, from predictions made before the row was learnt; infinite while
        there are too few rows.
    coefficient: (..., feature, target); zero while there are too few rows.
    Source: Huber 1973 (pseudo-observations); Rousseeuw & Croux 1993 (spread by the median).
    """

    gram: FloatArray
    moment: FloatArray
    rows: FloatArray
    spread: FloatArray
    coefficient: FloatArray

    @classmethod
    def empty(cls, groups: tuple[int, ...], features: int, targets: int) -> Self:
        """Return a regression without rows, which predicts zero."""
        return cls(
            gram=np.zeros((*groups, features, features)),
            moment=np.zeros((*groups, features, targets)),
            rows=np.zeros((*groups, targets)),
            spread=np.full((*groups, targets), np.inf),
            coefficient=np.zeros((*groups, features, targets)),
        )

    def at(self, groups: tuple[slice, ...]) -> Self:
        """Return the regression of some groups."""
        return type(self)(**{name: values[groups] for name, values in vars(self).items()})

    def joined(self, others: Self, axis: int) -> Self:
        """Return a regression with the groups of two regressions, one after another along an axis of groups."""
        return type(self)(
            **{name: np.concatenate([values, vars(others)[name]], axis=axis) for name, values in vars(self).items()}
        )

    def learn(
        self,
        design: FloatArray,
        target: FloatArray,
        *,
        weight: float,
        low: FloatArray,
        high: FloatArray,
        hours_per_row: int = 1,
    ) -> Self:
        """Return a regression that has also learnt from a block of rows.

        Args:
            design: (..., row, feature).
            target: (..., row, target); NaN where missing. Rows without any target are left out.
            weight: factor on the weight of all earlier rows, in (0, 1].
            low, high: limits of the predictions in this step; they broadcast to target. Without limits, a missing
                target would confirm an impossible prediction.
            hours_per_row: hours that a row stands for. It weighs as much as that many equal rows.
        """
        is_known = np.isfinite(target)
        usable = is_known.any(axis=-1, keepdims=True)
        if not usable.all():
            design = np.where(usable, design, 0.0)
        predicted = np.clip(np.matmul(design, self.coefficient), low, high)
        residual = np.where(is_known, target - predicted, 0.0)
        limit = _HUBER * self.spread[..., None, :]
        pseudo_target = predicted + np.clip(residual, -limit, limit)
        transposed = design.swapaxes(-1, -2)
        gram = weight * self.gram + hours_per_row * np.matmul(transposed, design)
        moment = weight * self.moment + hours_per_row * np.matmul(transposed, pseudo_target)
        count = hours_per_row * is_known.sum(axis=-2)
        rows = weight * self.rows + count
        coefficient = np.where(rows[..., None, :] < MIN_ROWS, 0.0, _solve(gram, moment))
        grown = type(self)(gram=gram, moment=moment, rows=rows, spread=self.spread, coefficient=coefficient)
        return grown._with_spread(weight * self.rows, count, residual, is_known)

    def predict(self, design: FloatArray) -> FloatArray:
        """Return the predictions of a (..., row, feature) design: (..., row, target).

        Each row is multiplied separately, because the rounding of one product of all rows depends on the number of
        rows. A live hour must give exactly the forecast of a replay.
        """
        product: FloatArray = np.matmul(design[..., None, :], self.coefficient[..., None, :, :])[..., 0, :]
        return product

    def parts(self, design: FloatArray) -> FloatArray:
        """Return the amount that each feature adds because it differs from its mean: (..., row, feature, target).

        The intercept gets the prediction at the means, so that the parts add up to the prediction.
        """
        mean = self.gram[..., 0, :] / np.maximum(self.gram[..., :1, 0], _FLOOR)
        departure = design - mean[..., None, :]
        departure[..., 0] = 1.0
        added = departure[..., None] * self.coefficient[..., None, :, :]
        added[..., 0, :] = np.matmul(mean[..., None, :], self.coefficient)
        return added

    def _with_spread(
        self, earlier_rows: FloatArray, count: FloatArray, residual: FloatArray, is_known: NDArray[np.bool_]
    ) -> Self:
        """Return the regression with the spread of the earlier rows and of a block of residuals.

        Args:
            count: (..., target) weight of the block, in hours.
        """
        size = SIGMA_PER_MAD * _median(np.abs(residual), is_known)
        total = earlier_rows + count
        has_spread = np.isfinite(self.spread)
        earlier_sum = np.where(has_spread, earlier_rows, 0.0) * np.nan_to_num(self.spread, posinf=0.0)
        enough = has_spread | (total >= MIN_ROWS)
        mean = (earlier_sum + np.where(count > 0, count * size, 0.0)) / np.maximum(total, 1.0)
        # A constant series has no usual size of a residual. With an infinite spread, no residual is limited.
        spread = np.where(enough & (mean > 0), mean, np.inf)
        return type(self)(
            gram=self.gram, moment=self.moment, rows=self.rows, spread=spread, coefficient=self.coefficient
        )


def _median(values: FloatArray, is_known: NDArray[np.bool_]) -> FloatArray:
    """Return the lower median of the known values along the rows: (..., target); zero where none is known."""
    ordered = np.sort(np.where(is_known, values, np.inf), axis=-2)
    middle = np.maximum(is_known.sum(axis=-2) - 1, 0) // 2
    median = np.take_along_axis(ordered, middle[..., None, :], axis=-2)[..., 0, :]
    return np.where(np.isfinite(median), median, 0.0)


def _solve(gram: FloatArray, moment: FloatArray) -> FloatArray:
    """Return the ridge coefficients: (..., feature, target)."""
    # The penalty is a share of each feature's own variation, so that units do not matter. The intercept has no penalty.
    diagonal = np.diagonal(gram, axis1=-2, axis2=-1)
    count = np.maximum(gram[..., :1, 0], 1.0)
    variation = np.maximum(diagonal - gram[..., 0, :] ** 2 / count, 0.0)
    floor = _FLOOR * np.maximum(diagonal, 1.0)
    # In less than a year of data, season and trend look the same. A larger penalty then keeps the coefficients small.
    penalty = PENALTY * np.maximum(1.0, HOURS_PER_YEAR / count) ** 3 * variation + floor
    penalty[..., 0] = floor[..., 0]
    damped = gram + penalty[..., None] * np.eye(gram.shape[-1])
    return np.asarray(np.linalg.solve(damped, moment), dtype=np.float64)
