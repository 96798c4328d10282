"""A value that no place on earth, and no grid, has."""

from collections.abc import Mapping
from typing import ClassVar

from fleet.quality.base import Flags, Rule, View, is_carbon

# A grid of oil and coal alone is near 1,100 g/kWh.
_DIRTIEST_G_PER_KWH = 1_300.0
# Records of the World Meteorological Organization: -89.2 and 56.7 degC; dew point 35 degC.
_RANGES = {"temperature_c": (-90.0, 57.0), "dew_point_c": (-100.0, 36.0)}


class PhysicalRange(Rule):
    """The value is outside what is physically possible. This rule needs no history."""

    reason: ClassVar[str] = "outside what is physically possible, or in another unit (carbon: lb/MWh)"

    def doubtful(self, view: View) -> Mapping[str, Flags]:
        """Return the flags of impossible values."""
        flags = {}
        for column, values in view.values.items():
            is_bounded = is_carbon(column) or column in _RANGES
            if not is_bounded:
                continue
            low, high = _RANGES.get(column, (0.0, _DIRTIEST_G_PER_KWH))
            flags[column] = (values < low) | (values > high)
        return flags
