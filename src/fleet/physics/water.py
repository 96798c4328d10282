"""Water that cooling takes on site: what evaporates, and what is drained to keep salts in check.

Source: heat balance at a latent heat of 2,450 kJ/kg, times C / (C - 1) for C cycles of concentration. 1 kg is 1 L.
Assumes: of an evaporative plant, all supply air is outside air while it is being cooled, and takes up `air_rise_k` in
the hall; of a tower, all heat is given off by evaporation, none by warming the air, which overstates its water in the
cold.
"""

import numpy as np

from fleet.domain.region import ChillerPlant, EvaporativePlant
from fleet.physics import chiller
from fleet.physics.plant import PlantState
from fleet.units import KWH_PER_MWH, SECONDS_PER_HOUR, FloatArray

_L_PER_KWH_OF_HEAT = SECONDS_PER_HOUR / 2_450
_LEAST_MW = 1e-9


def water_l_per_kwh(state: PlantState, it_load_mw: FloatArray) -> FloatArray:
    """On-site water per kWh of IT energy, at a total IT load; but for a tower, the load does not matter.

    Exactly zero without evaporation: for outside air alone, for chillers whose condenser gives its heat to air, and
    wherever outside air is no warmer than the supply.

    Source: (3600 / 2450) (T - Ts) / rise for an evaporative plant, (3600 / 2450) (heat carried and power of the
    chillers over IT power) for a tower.
    """
    if state.chillers is None or state.chillers.plant.condenser == "air":
        return _of_air(state)
    # Small loads take water in proportion, so that a milliwatt may stand for none.
    some = np.maximum(np.asarray(it_load_mw), _LEAST_MW)
    rejected = np.minimum(some, state.capacity_mw) + chiller.power_mw(state.chillers, some)
    return _with_drain(state.chillers.plant, _L_PER_KWH_OF_HEAT * rejected / some)


def marginal_water_l_per_kwh(state: PlantState, it_load_mw: FloatArray) -> FloatArray:
    """On-site water that the next kWh of IT energy adds at a total IT load."""
    if state.chillers is None or state.chillers.plant.condenser == "air":
        return _of_air(state)
    carried = np.where(np.asarray(it_load_mw) < state.capacity_mw, 1.0, 0.0)
    added = chiller.marginal_power_mw_per_mw(state.chillers, it_load_mw)
    return _with_drain(state.chillers.plant, _L_PER_KWH_OF_HEAT * (carried + added))


def added_water_l_per_h(state: PlantState, below_mw: FloatArray, added_mw: FloatArray) -> FloatArray:
    """On-site water that `added_mw` of IT load adds to `below_mw`."""
    if state.chillers is None or state.chillers.plant.condenser == "air":
        return added_mw * (KWH_PER_MWH * _of_air(state))
    total = below_mw + added_mw
    with_mw, without_mw = total * water_l_per_kwh(state, total), below_mw * water_l_per_kwh(state, below_mw)
    return KWH_PER_MWH * (with_mw - without_mw)


def _of_air(state: PlantState) -> FloatArray:
    cooled_k = np.maximum(np.asarray(state.temperature_c) - state.supply_c, 0)
    if not isinstance(state.plant, EvaporativePlant):
        return 0 * cooled_k
    return _with_drain(state.plant, _L_PER_KWH_OF_HEAT * cooled_k / state.plant.air_rise_k)


def _with_drain(plant: EvaporativePlant | ChillerPlant, evaporated: FloatArray) -> FloatArray:
    return evaporated * plant.cycles_of_concentration / (plant.cycles_of_concentration - 1)
