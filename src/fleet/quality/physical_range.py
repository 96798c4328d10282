"""A temperature or dew point beyond all records, or a carbon intensity above that of the dirtiest grid."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from fleet.quality.base import Flags, Rule, View, is_carbon
from fleet.units import FloatArray

# A grid of oil and coal alone is near 1,100 g/kWh.
_DIRTIEST_G_PER_KWH = 1_300.0
# Records of the World Meteorological Organization: -89.2 and 56.7 degC; dew point 35 degC.
_RANGES = {"temperature_c": (-90.0, 57.0), "dew_point_c": (-100.0, 36.0)}
# A forecast may be outside the range by its error [unit of the column].
_FORECAST_ERROR = 5.0


class PhysicalRange(Rule):
    """The value is beyond the records of weather, or above the carbon of the dirtiest grid.

    This rule needs no history. Ingestion refuses only values outside a wider range.
    """

    reason: ClassVar[str] = "outside what is physically possible; perhaps in another unit, such as lb/MWh for carbon"

    def doubtful(self, view: View) -> Mapping[str, Flags]:
        """Return the flags of impossible values."""
        return {column: _outside(column, values, 0.0) for column, values in view.values.items()}

    def doubtful_outlooks(self, view: View) -> Mapping[str, Flags]:
        """Return the flags of impossible values of outlooks."""
        if view.outlooks is None:
            return {}
        return {column: _outside(column, values, _FORECAST_ERROR) for column, values in view.outlooks.values.items()}


def _outside(column: str, values: FloatArray, slack: float) -> Flags:
    """Return the flags of values outside the range of their column; none for a column without a range.

    Args:
        slack: how far outside the range a value may be [unit of the column].
    """
    if not (is_carbon(column) or column in _RANGES):
        return np.zeros(values.shape, dtype=np.bool_)
    low, high = _RANGES.get(column, (0.0, _DIRTIEST_G_PER_KWH))
    return (values < low - slack) | (values > high + slack)
