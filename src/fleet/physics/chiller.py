"""Electric chillers: what they can carry, and the power that it takes.

Source: the EnergyPlus Input Output Reference, object Chiller:Electric (the model of BLAST), whose examples AirCooled
and WaterCooled give one consistent set of curves each. With d = (T_condenser - T_design) / slope, since the evaporator
is kept at its reference temperature and its term of d is zero:

    capacity ratio r = a0 + a1 d + a2 d^2, power ratio p = b0 + b1 r + b2 r^2, part load f = c0 + c1 x + c2 x^2,
    power = chiller_mw / reference_cop * r * p * f, with x the heat to carry over the capacity.

Here r and p f are divided by their values at the reference conditions, where the published curves give 0.995 and 0.974
(air), 0.945 and 1.005 (water), so that `chiller_mw` and `reference_cop` are met there.

Assumes: warmer chilled water, which would carry more for less, is not counted on; the heat is the IT load, without that
of the hall's own fans and of the uninterruptible supply; pumps and the tower's fans belong to the site's fixed power;
no dew forms, since chilled air is return air.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fleet.domain.region import ChillerPlant
from fleet.units import FloatArray

Quadratic = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Curves:
    """One example of the source. Temperatures enter the condenser: air, or water from a tower."""

    design_c: float
    slope: float
    capacity: Quadratic
    power: Quadratic
    part_load: Quadratic

    @property
    def coldest_c(self) -> float:
        """Where the capacity curve turns: colder air would seem to carry less, so the curves are held there."""
        return self.design_c - self.slope * self.capacity[1] / (2 * self.capacity[2])

    @property
    def least_part_load(self) -> float:
        """The load of a machine at which a unit of heat takes least power."""
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
    """The chillers in some weather. ratio: heat that they can carry, over `chiller_mw`; at least zero."""

    plant: ChillerPlant
    ratio: FloatArray

    @property
    def capacity_mw(self) -> FloatArray:
        return self.plant.chiller_mw * self.ratio


def chillers_in(plant: ChillerPlant, temperature_c: FloatArray, wet_bulb_c: FloatArray) -> Chillers:
    """The chillers in some weather, both temperatures outdoors.

    What they can carry falls strictly with the dry bulb (air) or the wet bulb (tower), down to zero where 77 degC of
    air or 61 degC of tower water enter the condenser; below -12 degC it is constant.
    """
    curves = CURVES[plant.condenser]
    if plant.condenser == "air":
        condenser_c = np.asarray(temperature_c) + 0 * np.asarray(wet_bulb_c)
    else:
        condenser_c = np.asarray(wet_bulb_c) + plant.tower_approach_k + 0 * np.asarray(temperature_c)
    departure = (np.maximum(condenser_c, curves.coldest_c) - curves.design_c) / curves.slope
    return Chillers(plant=plant, ratio=np.maximum(_quadratic(curves.capacity, departure) / curves.capacity[0], 0))


def full_load_cop(chillers: Chillers) -> FloatArray:
    """Heat carried per electric power when fully loaded."""
    return chillers.plant.reference_cop / _power_ratio(CURVES[chillers.plant.condenser], chillers.ratio)


def power_mw(chillers: Chillers, heat_mw: FloatArray) -> FloatArray:
    """Electric power to carry `heat_mw`. Never falls as heat or weather rises.

    As many machines run as keep each above its best load, so a smaller load takes power in proportion. A load beyond
    the capacity draws what it did in the warmest weather that could carry it: at full load hotter machines carry and
    draw less, and facility power would seem to fall.
    """
    plant, ratio = chillers.plant, chillers.ratio
    curves = CURVES[plant.condenser]
    load = np.asarray(heat_mw) / plant.chiller_mw
    part = np.clip(_over(load, ratio), curves.least_part_load, 1)
    held = np.maximum(ratio, np.minimum(load, _largest_ratio(curves)))
    specific = _power_ratio(curves, held) * (_quadratic(curves.part_load, part) / (part * sum(curves.part_load)))
    return plant.chiller_mw / plant.reference_cop * np.minimum(load, held) * specific


def marginal_power_mw_per_mw(chillers: Chillers, heat_mw: FloatArray) -> FloatArray:
    """Electric power that the next megawatt of heat adds."""
    plant, ratio = chillers.plant, chillers.ratio
    curves = CURVES[plant.condenser]
    load = np.asarray(heat_mw) / plant.chiller_mw
    part = _over(load, ratio)
    _, linear, square = curves.part_load
    # Below the best load power is in proportion; at it, slope and mean are the same.
    slope = linear + 2 * square * np.clip(part, curves.least_part_load, 1)
    within = _power_ratio(curves, ratio) * slope / sum(curves.part_load)
    beyond = np.where(load < _largest_ratio(curves), _full_power_slope(curves, load), 0.0)
    return np.where(part > 1, beyond, within) / plant.reference_cop


def _power_ratio(curves: Curves, ratio: FloatArray) -> FloatArray:
    """Full-load power per heat, over that at the reference conditions."""
    reference = _quadratic(curves.power, np.asarray(curves.capacity[0]))
    return _quadratic(curves.power, ratio * curves.capacity[0]) / reference


def _full_power_slope(curves: Curves, ratio: FloatArray) -> FloatArray:
    """Slope of ratio times power ratio."""
    raw = ratio * curves.capacity[0]
    constant, linear, square = curves.power
    reference = _quadratic(curves.power, np.asarray(curves.capacity[0]))
    return (constant + 2 * linear * raw + 3 * square * raw**2) / reference


def _largest_ratio(curves: Curves) -> float:
    turn = (curves.coldest_c - curves.design_c) / curves.slope
    return float(_quadratic(curves.capacity, np.asarray(turn)) / curves.capacity[0])


def _quadratic(coefficients: Quadratic, x: FloatArray) -> FloatArray:
    constant, linear, square = coefficients
    return constant + x * (linear + x * square)


def _over(load: FloatArray, ratio: FloatArray) -> FloatArray:
    """Load over capacity; inf for any load at no capacity, 0 for none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        part = load / ratio
    return np.where((load == 0) & (ratio == 0), 0.0, part)
