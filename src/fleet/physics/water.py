"""Water that cooling takes on site."""

import numpy as np

from fleet.domain.region import EvaporativePlant, Plant
from fleet.units import SECONDS_PER_HOUR, FloatArray

_LATENT_HEAT_KJ_PER_KG = 2_450.0


def water_l_per_kwh(plant: Plant, temperature_c: FloatArray, supply_c: FloatArray) -> FloatArray:
    """On-site water per kWh of IT energy: what evaporates, and what is drained to keep salts in check.

    Exactly zero without evaporation: for outside air alone, and wherever outside air is no warmer than the supply.

    Args:
        temperature_c: outdoor dry-bulb.
        supply_c: air after the plant, same shape.
    Assumes: all supply air is outside air while it is being cooled, and takes up `air_rise_k` in the hall; 1 kg is 1 L.
    Source: heat balance, (3600 / 2450) (T - Ts) / rise, times C / (C - 1) for C cycles of concentration.
    """
    cooled_k = np.maximum(np.asarray(temperature_c) - supply_c, 0)
    if not isinstance(plant, EvaporativePlant):
        return 0 * cooled_k
    evaporated = SECONDS_PER_HOUR / _LATENT_HEAT_KJ_PER_KG * cooled_k / plant.air_rise_k
    return evaporated * plant.cycles_of_concentration / (plant.cycles_of_concentration - 1)
