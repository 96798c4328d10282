"""The columns of telemetry, and the range of values that each unit allows."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.errors import DataError
from fleet.units import KELVIN_AT_0_C, FloatArray, IntArray

Correction = Callable[[float], float]


@dataclass(frozen=True, kw_only=True)
class PlausibleRange:
    """A closed range that contains all true values, and the usual errors behind a value outside it.

    usual_errors: text for messages, such as "kelvin" -> function that undoes the error. If it brings a value into the
        range, the error is a likely cause.
    """

    low: float
    high: float
    usual_errors: Mapping[str, Correction] = field(default_factory=dict)

    def hint(self, value: float) -> str:
        """Return advice for a value outside the range."""
        causes = [name for name, undo in self.usual_errors.items() if self.low <= undo(value) <= self.high]
        if not causes:
            return "correct it or make it null"
        return f"looks like {' or '.join(causes)}: {'correct' if causes == [_WRONG_SIGN] else 'convert'} it"


def _times(factor: float) -> Correction:
    return lambda value: factor * value


_WRONG_SIGN = "a wrong sign"
_TEMPERATURE_ERRORS: Mapping[str, Correction] = {
    "kelvin": lambda value: value - KELVIN_AT_0_C,
    "degrees Fahrenheit": lambda value: (value - 32) / 1.8,
}
_POWER_ERRORS = {"kilowatt": _times(1e-3), _WRONG_SIGN: _times(-1)}
_AIR_TEMPERATURE = PlausibleRange(low=-90.0, high=60.0, usual_errors=_TEMPERATURE_ERRORS)
_SITE_POWER = PlausibleRange(low=0.0, high=10_000.0, usual_errors=_POWER_ERRORS)
_GRID_POWER = PlausibleRange(low=0.0, high=500_000.0, usual_errors=_POWER_ERRORS)
_CARBON = PlausibleRange(low=0.0, high=2_500.0, usual_errors={"g/MWh": _times(1e-3), _WRONG_SIGN: _times(-1)})

QUANTITIES: Mapping[str, PlausibleRange] = {
    "temperature_c": _AIR_TEMPERATURE,
    "dew_point_c": PlausibleRange(low=-100.0, high=40.0, usual_errors=_TEMPERATURE_ERRORS),
    "wind_speed_m_s": PlausibleRange(
        low=0.0, high=115.0, usual_errors={"km/h": _times(1 / 3.6), _WRONG_SIGN: _times(-1)}
    ),
    "pressure_hpa": PlausibleRange(
        low=400.0, high=1_100.0, usual_errors={"pascal": _times(0.01), "kilopascal": _times(10)}
    ),
    "carbon_g_per_kwh": _CARBON,
    # What one more MWh of load would emit. No decision uses it; see docs/sources.md.
    "marginal_carbon_g_per_kwh": _CARBON,
    "it_load_mw": _SITE_POWER,
    "grid_limit_mw": _SITE_POWER,
    "grid_demand_mw": _GRID_POWER,
    "grid_wind_mw": _GRID_POWER,
    "grid_solar_mw": _GRID_POWER,
    "price_usd_per_mwh": PlausibleRange(
        low=-2_000.0, high=25_000.0, usual_errors={"cents or another currency": _times(0.01)}
    ),
}

# In fog, sensors report a dew point above the temperature, by at most this difference.
FOG_K = 2.0

_AIR_TEMPERATURE_NAME = re.compile(r"^(air_)?(temp|temperature|dew_point|wet_bulb)(_.*)?_c$")
_LARGEST_KG_PER_KWH = 1.5
# The sum of squares of larger values over several years would exceed the range of floats.
_LARGEST = 1e100


def plausible_range(column: str) -> PlausibleRange | None:
    """Return the range of a telemetry column, or of a column that is named like an outdoor temperature; else None."""
    if column in QUANTITIES:
        return QUANTITIES[column]
    return _AIR_TEMPERATURE if _AIR_TEMPERATURE_NAME.match(column) else None


def is_known_ahead(column: str) -> bool:
    """Tell from the name of a column whether its values are known ahead of their hour. Markets fix prices ahead."""
    return "price" in column


def check_magnitude(column: str, values: FloatArray, *, where: str, time_utc: HourArray | None = None) -> None:
    """Refuse values that the column's unit cannot have. NaN means missing and passes.

    Args:
        column: name of the column.
        values: (value,) its values.
        where: name of the table or region, for messages.
        time_utc: (value,) the hour of each value, for messages; None if the values have no hours.
    Raises: DataError with the first impossible value, its hour, the number of such values and the likely cause.
    """
    infinite = np.flatnonzero(np.isinf(values))
    if infinite.size:
        raise DataError(f"{where}: {column} is infinite{_place(infinite, time_utc)}, expected a number or null")
    too_large = np.flatnonzero(np.abs(values) > _LARGEST)
    if too_large.size:
        raise DataError(
            f"{where}: {column} is {values[too_large[0]]:g}{_place(too_large, time_utc)}, expected at most "
            f"{_LARGEST:g} in size; looks like a filler for a missing value: make it null"
        )
    allowed = plausible_range(column)
    if allowed is None:
        return
    outside = np.flatnonzero((values < allowed.low) | (values > allowed.high))
    if outside.size:
        raise DataError(
            f"{where}: {column} is {values[outside[0]]:g}{_place(outside, time_utc)}, expected {allowed.low:g} to "
            f"{allowed.high:g}; {allowed.hint(float(values[outside[0]]))}"
        )
    if column == "carbon_g_per_kwh" and 0 < np.max(values, initial=0, where=~np.isnan(values)) <= _LARGEST_KG_PER_KWH:
        raise DataError(f"{where}: {column} never exceeds {_LARGEST_KG_PER_KWH:g}; looks like kg/kWh: convert it")


def _place(refused: IntArray, time_utc: HourArray | None) -> str:
    """Return where the first refused value is, and how many there are. Args: refused: positions of the values."""
    first = "" if time_utc is None else f" at {clock.iso(time_utc[refused[0]])}"
    return f"{first} (the first of {refused.size:,} such values)" if refused.size > 1 else first


def check_dew_point(
    values: Mapping[str, FloatArray], regions: Sequence[str], time_utc: HourArray, *, where: str
) -> None:
    """Refuse a dew point far above the temperature of its hour. A missing value or column passes.

    Args:
        values: column -> (region, hour).
        regions: (region,) ids.
        time_utc: (hour,) hours.
        where: name of the table, for messages.
    Raises: DataError with the first such region, hour and value.
    """
    if not {"temperature_c", "dew_point_c"} <= values.keys():
        return
    dry_bulb, dew_point = values["temperature_c"], values["dew_point_c"]
    impossible = np.argwhere(dew_point > dry_bulb + FOG_K)
    if impossible.size:
        row, hour = impossible[0]
        raise DataError(
            f"{where}: dew_point_c of region {regions[row]} at {clock.iso(time_utc[hour])} is "
            f"{dew_point[row, hour]:g}, expected at most {FOG_K:g} K above its temperature of {dry_bulb[row, hour]:g}; "
            "correct the wrong one or make it null"
        )
