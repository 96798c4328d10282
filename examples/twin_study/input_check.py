"""Checks of weather and load for the hours of a region."""

import numpy as np
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.quantities import QUANTITIES, PlausibleRange
from fleet.domain.region import Region
from fleet.errors import DataError
from fleet.units import FloatArray

_RANGES = {
    "temperature_c": QUANTITIES["temperature_c"],
    "wet_bulb_c": QUANTITIES["temperature_c"],
    "dew_point_c": QUANTITIES["dew_point_c"],
    "relative_humidity_pct": PlausibleRange(low=0.0, high=100.0),
    "pressure_hpa": QUANTITIES["pressure_hpa"],
    "it_load_mw": QUANTITIES["it_load_mw"],
}


class InputCheck:
    """Checks the input for a region's hours."""

    def __init__(self, region: Region, hours: HourArray) -> None:
        self._region, self._hours = region, hours
        if hours.dtype != np.dtype("datetime64[h]"):
            raise DataError(f"region {region.id}: hours are {hours.dtype}, expected datetime64[h] of UTC")
        if np.isnat(hours).any():
            index = int(np.isnat(hours).argmax())
            raise DataError(
                f"region {region.id}: hours are NaT at index {index}, expected an hour of UTC at every index"
            )

    def admit(self, name: str, value: FloatArray | float) -> FloatArray:
        """Return the values as an array (hour,). Raise DataError if one is not finite or out of range."""
        shape = np.shape(value)
        if shape not in {(), self._hours.shape} or self._hours.ndim != 1:
            found = f"{name} has shape {shape} and hours {self._hours.shape}"
            raise DataError(f"region {self._region.id}: {found}, expected one number or an array (hour,)")
        values = np.broadcast_to(np.asarray(value, dtype=np.float64), self._hours.shape)
        self.refuse(name, values, ~np.isfinite(values), "a finite number")
        allowed = _RANGES[name]
        is_outside = (values < allowed.low) | (values > allowed.high)
        if is_outside.any():
            hint = allowed.hint(float(values[is_outside.argmax()]))
            self.refuse(name, values, is_outside, f"{allowed.low:g} to {allowed.high:g}; {hint}")
        return values

    def refuse(
        self, name: str, values: FloatArray, is_bad: NDArray[np.bool_], expected: str, limit: FloatArray | None = None
    ) -> None:
        """Raise DataError for the first bad value, if there is one.

        Args:
            name, values: the quantity, (hour,).
            is_bad: (hour,) whether the value is refused.
            expected: what was expected, for the message.
            limit: (hour,) the exceeded limit, for the message.
        """
        if not is_bad.any():
            return
        index = int(is_bad.argmax())
        limit_text = "" if limit is None else f" of {limit[index]:.10g}"
        raise DataError(
            f"region {self._region.id} at {clock.iso(self._hours[index])}: {name} is {values[index]:.10g}, "
            f"expected {expected}{limit_text}"
        )
