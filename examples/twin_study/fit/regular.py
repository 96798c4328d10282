"""The regular day of each month, and what is left of a series without it."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.twin.climate import RegularDay
from fleet.twin.regular import day_basis
from fleet.units import FloatArray

_MONTHS = 12


@dataclass(frozen=True, kw_only=True)
class Basis:
    """Harmonics of the day in each month.

    known: (hour,) whether the value is. smooth: (hour, term) the year as a table gives it. monthly: (known, term)
    the same harmonics, each within its own month, whose least squares are the means of the months.
    """

    known: NDArray[np.bool_]
    smooth: FloatArray
    monthly: FloatArray

    @classmethod
    def of(cls, time_utc: HourArray, months: FloatArray, phase: FloatArray, known: NDArray[np.bool_]) -> Self:
        """Args: months (month, hour) weights, phase (hour,), known (hour,)."""
        month = clock.month_index(time_utc) % _MONTHS
        within = (month == np.arange(_MONTHS)[:, None]).astype(np.float64)
        shapes = day_basis(phase)
        smooth = np.stack([weight * shape for shape in shapes for weight in months], axis=1)
        monthly = np.stack([inside * shape for shape in shapes for inside in within], axis=1)[known]
        return cls(known=known, smooth=smooth, monthly=np.linalg.pinv(monthly).T)

    def _coefficients(self, values: FloatArray) -> FloatArray:
        coefficients: FloatArray = values[..., self.known] @ self.monthly
        return coefficients

    def regular_day(self, values: FloatArray) -> RegularDay:
        """The mean of the known values by month and hour."""
        tables = self._coefficients(values).reshape(-1, _MONTHS)
        names = RegularDay.__dataclass_fields__
        return RegularDay(**{name: tuple(map(float, row)) for name, row in zip(names, tables, strict=True)})

    def anomaly(self, values: FloatArray) -> FloatArray:
        """(..., hour) the values less their regular day; NaN where not known."""
        left = values - self._coefficients(values) @ self.smooth.T
        return np.where(self.known, left, np.nan)


def monthly_mean(values: FloatArray, months: FloatArray) -> FloatArray:
    """(month,) means of the known values, as a table that runs smoothly through the year."""
    known = np.isfinite(values)
    table, *_ = np.linalg.lstsq(months[:, known].T, values[known], rcond=None)
    return np.asarray(table)


def smooth_year(table: FloatArray, harmonics: int = 2) -> FloatArray:
    """(month,) the table's mean and first harmonics: two for what a month tells too little of; six are the table."""
    spectrum = np.fft.rfft(table)
    spectrum[harmonics + 1 :] = 0
    return np.fft.irfft(spectrum, _MONTHS)
