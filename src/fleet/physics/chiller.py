"""Electric chillers: the heat that they can carry, and the power that they draw.

Source: the EnergyPlus Input Output Reference, object Chiller:Electric (the model of BLAST), whose examples AirCooled
and WaterCooled give one consistent set of curves each. The evaporator stays at its reference temperature. So only the
temperature of the air or water that enters the condenser counts, as d = (T_condenser - T_design) / slope:

    capacity ratio r = a0 + a1 d + a2 d^2, power ratio p = b0 + b1 r + b2 r^2, part load f = c0 + c1 x + c2 x^2,
    power = chiller_mw / reference_cop * r * p * f, where x is the heat to carry over the capacity.

This module divides r and p f by their values at the reference conditions. So the chillers have exactly `chiller_mw` and
`reference_cop` there. Undivided, r and p f would be 0.995 and 0.974 (air), 0.945 and 1.005 (water).

Assumes:
    The chilled water is never warmer than the reference; warmer water would carry more heat for less power.
    The heat is the IT load. The heat of the hall's fans and of the uninterruptible power supply (UPS) is left out.
    Pumps and the fans of the tower belong to the site's fixed power.
    No dew forms, because the chilled air is return air.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fleet.domain.region import ChillerPlant
from fleet.units import FloatArray

Quadratic = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Curves:
    """The curves of one example of the source.

    design_c: reference temperature [degC] of the air or tower water that enters the condenser.
    slope: divisor [K] of the difference between the temperature at the condenser and `design_c`.
    capacity, power, part_load: coefficients a, b and c, constant term first.
    """

    design_c: float
    slope: float
    capacity: Quadratic
    power: Quadratic
    part_load: Quadratic

    @property
    def coldest_c(self) -> float:
        """Temperature at the condenser [degC] where the capacity is highest. It is constant at lower temperatures."""
        return self.design_c - self.slope * self.capacity[1] / (2 * self.capacity[2])

    @property
    def least_part_load(self) -> float:
        """Part load at which a machine needs the least power per unit of heat."""
        return float(np.sqrt(self.part_load[0] / self.part_load[2]))


CURVES: Mapping[str, Curves] = {
    "air": Curves(
        design_c=35.0,
        slope=2.778,
        capacity=(0.9949, -0.045954, -0.0013543),
        power=(2.333, -1.975, 0.6121),
        part_load=(0.03303, 0.6852, 0.2818),
    ),
    "tower": Curves(
        design_c=29.44,
        slope=2.682759,
        capacity=(0.944836, -0.0570088, -0.00185486),
        power=(1.907846, -1.204987, 0.2634623),
        part_load=(0.03303, 0.6852, 0.2818),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Chillers:
    """The chillers in some weather.

    ratio: heat that the chillers can carry, over `chiller_mw`; zero or more, of the shape of the weather.
    """

    plant: ChillerPlant
    ratio: FloatArray

    @property
    def capacity_mw(self) -> FloatArray:
        """Heat that the chillers can carry [MW]."""
        return self.plant.chiller_mw * self.ratio


def chillers_in(plant: ChillerPlant, temperature_c: FloatArray, wet_bulb_c: FloatArray) -> Chillers:
    """Return the chillers in some weather.

    The capacity is constant up to about -12 degC at the condenser. Above, it falls strictly as the dry bulb (condenser
    in air) or the wet bulb (tower) rises, to zero at 76.7 degC of air or 61.5 degC of tower water.

    Args:
        plant: the region's chillers.
        temperature_c, wet_bulb_c: outdoor dry bulb and wet bulb, of shapes that broadcast.
    """
    curves = CURVES[plant.condenser]
    if plant.condenser == "air":
        condenser_c = np.asarray(temperature_c) + 0 * np.asarray(wet_bulb_c)
    else:
        condenser_c = np.asarray(wet_bulb_c) + plant.tower_approach_k + 0 * np.asarray(temperature_c)
    departure = (np.maximum(condenser_c, curves.coldest_c) - curves.design_c) / curves.slope
    return Chillers(plant=plant, ratio=np.maximum(_quadratic(curves.capacity, departure) / curves.capacity[0], 0))


def full_load_cop(chillers: Chillers) -> FloatArray:
    """Return the heat carried per unit of electric power at full load."""
    return chillers.plant.reference_cop / _power_ratio(CURVES[chillers.plant.condenser], chillers.ratio)


def power_mw(chillers: Chillers, heat_mw: FloatArray) -> FloatArray:
    """Return the electric power [MW] that carries `heat_mw`. It never falls as heat rises or as weather gets warmer.

    The plant runs only as many machines as keep each at or above its best part load. So at small loads, power is
    proportional to the heat. A load beyond the capacity draws the power that it draws in the warmest weather in which
    the chillers can carry it. A load that no weather allows draws the full power of the coldest weather. Without this
    rule, power would fall as the weather gets hotter, because hotter machines at full load carry and draw less.

    Args:
        chillers: the chillers in the weather of the hour.
        heat_mw: heat to carry [MW], of a shape that broadcasts with the weather.
    """
    plant, ratio = chillers.plant, chillers.ratio
    curves = CURVES[plant.condenser]
    load = np.asarray(heat_mw) / plant.chiller_mw
    part_load = np.clip(_over(load, ratio), curves.least_part_load, 1)
    carrying_ratio = np.maximum(ratio, np.minimum(load, _largest_ratio(curves)))
    at_part_load = _quadratic(curves.part_load, part_load) / (part_load * sum(curves.part_load))
    specific = _power_ratio(curves, carrying_ratio) * at_part_load
    return plant.chiller_mw / plant.reference_cop * np.minimum(load, carrying_ratio) * specific


def marginal_power_mw_per_mw(chillers: Chillers, heat_mw: FloatArray) -> FloatArray:
    """Return the electric power that the next MW of heat adds [MW/MW].

    Args: as for `power_mw`.
    """
    plant, ratio = chillers.plant, chillers.ratio
    curves = CURVES[plant.condenser]
    load = np.asarray(heat_mw) / plant.chiller_mw
    part_load = _over(load, ratio)
    _, linear, square = curves.part_load
    # Below the best part load, power is proportional to heat. At the best part load, the slope equals power over heat.
    slope = linear + 2 * square * np.clip(part_load, curves.least_part_load, 1)
    within = _power_ratio(curves, ratio) * slope / sum(curves.part_load)
    beyond = np.where(load < _largest_ratio(curves), _full_power_slope(curves, load), 0.0)
    return np.where(part_load > 1, beyond, within) / plant.reference_cop


def _power_ratio(curves: Curves, ratio: FloatArray) -> FloatArray:
    """Return power per unit of heat at full load, over the value at the reference conditions."""
    reference = _quadratic(curves.power, np.asarray(curves.capacity[0]))
    return _quadratic(curves.power, ratio * curves.capacity[0]) / reference


def _full_power_slope(curves: Curves, ratio: FloatArray) -> FloatArray:
    """Return the derivative of (ratio times power ratio) with respect to ratio."""
    unscaled = ratio * curves.capacity[0]
    constant, linear, square = curves.power
    reference = _quadratic(curves.power, np.asarray(curves.capacity[0]))
    return (constant + 2 * linear * unscaled + 3 * square * unscaled**2) / reference


def _largest_ratio(curves: Curves) -> float:
    departure = (curves.coldest_c - curves.design_c) / curves.slope
    return float(_quadratic(curves.capacity, np.asarray(departure)) / curves.capacity[0])


def _quadratic(coefficients: Quadratic, x: FloatArray) -> FloatArray:
    constant, linear, square = coefficients
    return constant + x * (linear + x * square)


def _over(load: FloatArray, ratio: FloatArray) -> FloatArray:
    """Return load over capacity: inf for a load without capacity, 0 for no load."""
    with np.errstate(divide="ignore", invalid="ignore"):
        part_load = load / ratio
    return np.where((load == 0) & (ratio == 0), 0.0, part_load)
