"""Water that cooling uses on site: water that evaporates, and water that is drained to limit the salt content.

Source: heat balance at a latent heat of 2,450 kJ/kg, times C / (C - 1) for C cycles of concentration. 1 kg is 1 L.
Assumes:
    While an evaporative plant evaporates water, it takes in outside air only and recirculates no air of the hall.
    A tower gives off all heat by evaporation and none by warming the air. This overstates its water in cold weather.
"""

import numpy as np

from fleet.domain.region import EvaporativePlant, OutsideAirPlant, Plant
from fleet.physics import chiller
from fleet.physics.chiller import Chillers
from fleet.physics.cooling import flow_ratio
from fleet.physics.plant import PlantState
from fleet.units import KWH_PER_MWH, SECONDS_PER_HOUR, FloatArray

_L_PER_KWH_OF_HEAT = SECONDS_PER_HOUR / 2_450
_LEAST_MW = 1e-9


def water_l_per_kwh(state: PlantState, it_load_mw: FloatArray) -> FloatArray:
    """Return the on-site water per IT energy (WUE) [L/kWh], at a total IT load.

    It is exactly zero without evaporation: for plants with outside air only, for chillers with condensers in air, and
    for an evaporative plant where outside air is no warmer than the supply.
    """
    # At small loads, water is proportional to the load. So water per load at a tiny load also holds at no load.
    positive_mw = np.maximum(np.asarray(it_load_mw), _LEAST_MW)
    return _with_drain(state.plant, _L_PER_KWH_OF_HEAT * _evaporating_mw(state, positive_mw) / positive_mw)


def marginal_water_l_per_kwh(state: PlantState, it_load_mw: FloatArray) -> FloatArray:
    """Return the on-site water that the next kWh of IT energy adds at a total IT load [L/kWh]."""
    return _with_drain(state.plant, _L_PER_KWH_OF_HEAT * _marginal_evaporating_mw_per_mw(state, it_load_mw))


def added_water_l_per_h(state: PlantState, below_mw: FloatArray, added_mw: FloatArray) -> FloatArray:
    """Return the on-site water that `added_mw` of IT load uses on top of `below_mw` [L/h]."""
    total = below_mw + added_mw
    with_mw, without_mw = total * water_l_per_kwh(state, total), below_mw * water_l_per_kwh(state, below_mw)
    return KWH_PER_MWH * (with_mw - without_mw)


def _evaporating_mw(state: PlantState, it_load_mw: FloatArray) -> FloatArray:
    """Return the heat that leaves as vapour [MW].

    Source: for an evaporative plant m cp (T - Ts), where m cp is the load over the temperature rise in the hall. If
        the supply is warmer than `design_supply_c`, the rise is less than `air_rise_k`. A load beyond the largest flow
        gets the largest flow. For a tower, the heat carried plus the power of the chillers.
    """
    tower = _tower(state)
    if tower is not None:
        return np.minimum(it_load_mw, state.capacity_mw) + chiller.power_mw(tower, it_load_mw)
    return np.minimum(flow_ratio(state, it_load_mw), 1) * _full_flow_evaporating_mw(state)


def _marginal_evaporating_mw_per_mw(state: PlantState, it_load_mw: FloatArray) -> FloatArray:
    tower = _tower(state)
    if tower is not None:
        carried_per_mw = np.where(np.asarray(it_load_mw) < state.capacity_mw, 1.0, 0.0)
        return carried_per_mw + chiller.marginal_power_mw_per_mw(tower, it_load_mw)
    per_mw = _full_flow_evaporating_mw(state) / np.maximum(state.airflow_capacity_mw, _LEAST_MW)
    # At full flow, a larger load moves no more air.
    return np.where(flow_ratio(state, it_load_mw) >= 1, 0 * per_mw, per_mw)


def _full_flow_evaporating_mw(state: PlantState) -> FloatArray:
    cooled_k = np.maximum(np.asarray(state.temperature_c) - state.supply_c, 0)
    if not isinstance(state.plant, EvaporativePlant):
        return 0 * cooled_k
    return state.it_capacity_mw * cooled_k / state.plant.air_rise_k


def _tower(state: PlantState) -> Chillers | None:
    chillers = state.chillers
    return None if chillers is None or chillers.plant.condenser == "air" else chillers


def _with_drain(plant: Plant, evaporated: FloatArray) -> FloatArray:
    if isinstance(plant, OutsideAirPlant):
        return evaporated
    return evaporated * plant.cycles_of_concentration / (plant.cycles_of_concentration - 1)
