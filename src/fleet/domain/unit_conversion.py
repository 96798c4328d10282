"""Conversions from the units of sources to the unit of each column."""

from collections.abc import Mapping
from dataclasses import dataclass

from fleet.errors import DataError
from fleet.units import KELVIN_AT_0_C


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """value in the unit of the column = (value + offset) * scale.

    unit: the unit of the source, as the source writes it.
    to: the unit of the column.
    """

    unit: str
    to: str
    scale: float = 1.0
    offset: float = 0.0

    def times(self, factor: float) -> "Conversion":
        """Return the conversion whose result is multiplied by a factor."""
        return Conversion(unit=self.unit, to=self.to, scale=self.scale * factor, offset=self.offset)

    @property
    def text(self) -> str:
        """What is done to a value, such as "°F - 32, x 0.5556"; only the unit if nothing is done."""
        shift = f" {'+' if self.offset > 0 else '-'} {abs(self.offset):g}" if self.offset else ""
        scale = f"{',' if shift else ''} x {self.scale:.5g}" if self.scale != 1.0 else ""
        return f"{self.unit}{shift}{scale}"


_POUND_KG = 0.45359237
_TEMPERATURE = {"°C": (1.0, 0.0), "degC": (1.0, 0.0), "C": (1.0, 0.0), "K": (1.0, -KELVIN_AT_0_C)} | dict.fromkeys(
    ("°F", "degF", "F"), (1 / 1.8, -32.0)
)
_SPEED = {"m/s": 1.0, "m_s-1": 1.0, "km/h": 1 / 3.6, "km_h-1": 1 / 3.6, "mph": 0.44704, "kn": 0.514444}
_PRESSURE = {"hPa": 1.0, "mbar": 1.0, "Pa": 0.01, "kPa": 10.0}
_CARBON = {"g/kWh": 1.0, "gCO2eq/kWh": 1.0, "gCO2/kWh": 1.0, "kg/MWh": 1.0, "lbs_co2_per_mwh": _POUND_KG}
# Energy of an hour over one hour is a mean power.
_POWER = {"MW": 1.0, "MAW": 1.0, "megawatthours": 1.0, "kW": 1e-3, "W": 1e-6, "GW": 1e3}
_PRICE = {"USD/MWh": 1.0, "USD/kWh": 1e3}
# Exchange rates change each day, so the fleet file states one as `factor`.
CURRENCIES = ("EUR/MWh", "GBP/MWh")

_SCALES: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "m_s": ("m/s", _SPEED),
    "hpa": ("hPa", _PRESSURE),
    "g_per_kwh": ("g/kWh", _CARBON),
    "mw": ("MW", _POWER),
    "usd_per_mwh": ("USD/MWh", _PRICE),
}


def conversion(column: str, unit: str, *, factor: float = 1.0) -> Conversion:
    """Return the conversion from a unit to that of a column, which the suffix of its name states.

    Args:
        factor: multiplies the converted value. A price in another currency needs one that is not 1.
    Raises: DataError for a unit that the column cannot have, or another currency without a factor.
    """
    if column.endswith("_c"):
        if unit in _TEMPERATURE:
            scale, offset = _TEMPERATURE[unit]
            return Conversion(unit=unit, to="°C", scale=scale, offset=offset).times(factor)
        raise DataError(f"unit of {column} is {unit!r}, expected one of {', '.join(_TEMPERATURE)}")
    suffix = next((name for name in _SCALES if column.endswith(f"_{name}")), None)
    if suffix is None:
        return Conversion(unit=unit, to=unit).times(factor)
    to, scales = _SCALES[suffix]
    if suffix == "usd_per_mwh" and unit in CURRENCIES:
        if factor == 1.0:
            raise DataError(
                f"unit of {column} is {unit!r}, expected USD/MWh; state the USD of one {unit[:3]} as `factor` in the "
                "fleet file"
            )
        return Conversion(unit=unit, to=to, scale=factor)
    if unit not in scales:
        raise DataError(f"unit of {column} is {unit!r}, expected one of {', '.join(scales)}")
    return Conversion(unit=unit, to=to, scale=scales[unit]).times(factor)


def own_unit(column: str) -> Conversion:
    """Return the conversion of a value that already has the unit of its column."""
    suffix = next((name for name in _SCALES if column.endswith(f"_{name}")), None)
    unit = "°C" if column.endswith("_c") else _SCALES[suffix][0] if suffix else ""
    return Conversion(unit=unit, to=unit)
