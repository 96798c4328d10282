"""The regular day of each month, and the anomalies of a series from it."""

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
    """Harmonics of the day in each month. A term is one harmonic in one month.

    is_known: (hour,) whether the value is known.
    smooth: (hour, term) harmonics times the interpolation weights of the months.
    projection: (known hour, term) maps known values to the least-squares means of the months and their harmonics.
    """

    is_known: NDArray[np.bool_]
    smooth: FloatArray
    projection: FloatArray

    @classmethod
    def of(cls, time_utc: HourArray, months: FloatArray, phase: FloatArray, is_known: NDArray[np.bool_]) -> Self:
        """Make the basis of a series.

        Args:
            time_utc: (hour,).
            months: (month, hour) interpolation weights.
            phase: (hour,) angle of the local solar day.
            is_known: (hour,) whether the value is known.
        """
        month = clock.month_index(time_utc) % _MONTHS
        is_in_month = (month == np.arange(_MONTHS)[:, None]).astype(np.float64)
        shapes = day_basis(phase)
        smooth = np.stack([weight * shape for shape in shapes for weight in months], axis=1)
        monthly = np.stack([inside * shape for shape in shapes for inside in is_in_month], axis=1)[is_known]
        return cls(is_known=is_known, smooth=smooth, projection=np.linalg.pinv(monthly).T)

    def _coefficients(self, values: FloatArray) -> FloatArray:
        coefficients: FloatArray = values[..., self.is_known] @ self.projection
        return coefficients

    def regular_day(self, values: FloatArray) -> RegularDay:
        """Return the mean of the known values, (hour,), by month and hour."""
        tables = self._coefficients(values).reshape(-1, _MONTHS)
        names = RegularDay.__dataclass_fields__
        return RegularDay(**{name: tuple(map(float, row)) for name, row in zip(names, tables, strict=True)})

    def anomaly(self, values: FloatArray) -> FloatArray:
        """Return the values minus their regular day, (..., hour); NaN where not known."""
        anomaly = values - self._coefficients(values) @ self.smooth.T
        return np.where(self.is_known, anomaly, np.nan)


def monthly_mean(values: FloatArray, months: FloatArray) -> FloatArray:
    """Return monthly means, (month,), whose interpolation to hours fits the known values best.

    Args:
        values: (hour,); NaN is missing.
        months: (month, hour) interpolation weights.
    """
    is_known = np.isfinite(values)
    table, *_ = np.linalg.lstsq(months[:, is_known].T, values[is_known], rcond=None)
    return np.asarray(table)


def smooth_year(table: FloatArray, harmonics: int = 2) -> FloatArray:
    """Return mean and first harmonics of a table of months, (month,).

    Two harmonics are suitable if a single month has too little data. Six harmonics return the table unchanged.
    """
    spectrum = np.fft.rfft(table)
    spectrum[harmonics + 1 :] = 0
    return np.fft.irfft(spectrum, _MONTHS)
