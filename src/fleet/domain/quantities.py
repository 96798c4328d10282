"""The columns of telemetry, and the magnitudes that their units allow."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.errors import DataError
from fleet.units import KELVIN_AT_0_C, FloatArray

Undo = Callable[[float], float]


@dataclass(frozen=True, kw_only=True)
class Plausible:
    """A closed range that no true value leaves, and what a value outside it usually is.

    undo: what makes a true value of each slip; a value that none of them brings into the range is no such slip.
    """

    low: float
    high: float
    slip: str
    undo: tuple[Undo, ...] = ()

    def hint(self, value: float) -> str:
        """What to do about a value outside the range, where its cause can be guessed."""
        if any(self.low <= undo(value) <= self.high for undo in self.undo):
            return f"looks like {self.slip}: convert it"
        return "mend it or make it null"


def _times(factor: float) -> Undo:
    return lambda value: factor * value


_SIGN, _FROM_THOUSANDTHS = _times(-1), _times(1e-3)
_TEMPERATURE_SLIP = "kelvin or degrees Fahrenheit"
_TEMPERATURE_UNDO: tuple[Undo, ...] = (lambda value: value - KELVIN_AT_0_C, lambda value: (value - 32) / 1.8)
_POWER_SLIP, _POWER_UNDO = "kilowatt or a sign slip", (_FROM_THOUSANDTHS, _SIGN)
_AIR_TEMPERATURE = Plausible(low=-90.0, high=60.0, slip=_TEMPERATURE_SLIP, undo=_TEMPERATURE_UNDO)
_SITE_POWER = Plausible(low=0.0, high=10_000.0, slip=_POWER_SLIP, undo=_POWER_UNDO)
_GRID_POWER = Plausible(low=0.0, high=500_000.0, slip=_POWER_SLIP, undo=_POWER_UNDO)

QUANTITIES: Mapping[str, Plausible] = {
    "temperature_c": _AIR_TEMPERATURE,
    "dew_point_c": Plausible(low=-100.0, high=40.0, slip=_TEMPERATURE_SLIP, undo=_TEMPERATURE_UNDO),
    "wind_speed_m_s": Plausible(low=0.0, high=115.0, slip="km/h or a sign slip", undo=(_times(1 / 3.6), _SIGN)),
    "pressure_hpa": Plausible(low=400.0, high=1_100.0, slip="pascal or kilopascal", undo=(_times(0.01), _times(10))),
    "carbon_g_per_kwh": Plausible(low=0.0, high=2_500.0, slip="g/MWh or a sign slip", undo=(_FROM_THOUSANDTHS, _SIGN)),
    "it_load_mw": _SITE_POWER,
    "grid_limit_mw": _SITE_POWER,
    "grid_wind_mw": _GRID_POWER,
    "grid_solar_mw": _GRID_POWER,
    "price_usd_per_mwh": Plausible(low=-2_000.0, high=25_000.0, slip="cents or another currency", undo=(_times(0.01),)),
}

# In fog sensors show a dew point above the temperature, by less than this.
FOG_K = 2.0

_AIR_TEMPERATURE_NAME = re.compile(r"^(air_)?(temp|temperature|dew_point|wet_bulb)(_.*)?_c$")
_LARGEST_KG_PER_KWH = 1.5
# Squares of larger values, summed over years, would leave the range of floats.
_LARGEST = 1e100


def plausible_range(column: str) -> Plausible | None:
    """The range of a contract column, or of any column named like an outdoor temperature; else None."""
    if column in QUANTITIES:
        return QUANTITIES[column]
    return _AIR_TEMPERATURE if _AIR_TEMPERATURE_NAME.match(column) else None


def check_magnitude(column: str, values: FloatArray, *, where: str) -> None:
    """Refuse values that the column's unit cannot have. NaN is missing and passes.

    Raises: DataError naming the first value and what it may be.
    """
    infinite = np.flatnonzero(np.isinf(values))
    if infinite.size:
        raise DataError(f"{where}: {column} is infinite in hour {infinite[0]}, expected a number or null")
    fill = np.flatnonzero(np.abs(values) > _LARGEST)
    if fill.size:
        raise DataError(
            f"{where}: {column} is {values[fill[0]]:g} in hour {fill[0]}, expected at most {_LARGEST:g} in size; "
            "looks like a filler for missing: make it null"
        )
    allowed = plausible_range(column)
    if allowed is None:
        return
    bad = np.flatnonzero((values < allowed.low) | (values > allowed.high))
    if bad.size:
        raise DataError(
            f"{where}: {column} is {values[bad[0]]:g}, expected {allowed.low:g} to {allowed.high:g}; "
            f"{allowed.hint(float(values[bad[0]]))}"
        )
    if column == "carbon_g_per_kwh" and 0 < np.max(values, initial=0, where=~np.isnan(values)) <= _LARGEST_KG_PER_KWH:
        raise DataError(f"{where}: {column} never exceeds {_LARGEST_KG_PER_KWH:g}; looks like kg/kWh: convert it")


def check_dew_point(
    values: Mapping[str, FloatArray], regions: Sequence[str], time_utc: HourArray, *, where: str
) -> None:
    """Refuse a dew point far above the temperature of its hour. A missing value or column passes.

    Args:
        values: columns (region, hour).
    Raises: DataError naming the first region, hour and value.
    """
    if not {"temperature_c", "dew_point_c"} <= values.keys():
        return
    dry, dew = values["temperature_c"], values["dew_point_c"]
    impossible = np.argwhere(dew > dry + FOG_K)
    if impossible.size:
        row, hour = impossible[0]
        found = f"dew_point_c of region {regions[row]} at {clock.iso(time_utc[hour])} is {dew[row, hour]:g}"
        raise DataError(
            f"{where}: {found}, expected at most its temperature of {dry[row, hour]:g}, and {FOG_K:g} K more in fog; "
            "mend the one that is wrong or make it null"
        )
