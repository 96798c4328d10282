"""Water that cooling takes on site: what evaporates, and what is drained to keep salts in check.

Source: heat balance at a latent heat of 2,450 kJ/kg, times C / (C - 1) for C cycles of concentration. 1 kg is 1 L.
Assumes: of an evaporative plant, all supply air is outside air while it is being cooled; of a tower, all heat is given
off by evaporation, none by warming the air, which overstates its water in the cold.
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
    """On-site water per kWh of IT energy, at a total IT load.

    Exactly zero without evaporation: for outside air alone, for chillers whose condenser gives its heat to air, and
    wherever outside air is no warmer than the supply.
    """
    # Small loads take water in proportion, so that a milliwatt may stand for none.
    some = np.maximum(np.asarray(it_load_mw), _LEAST_MW)
    return _with_drain(state.plant, _L_PER_KWH_OF_HEAT * _evaporating_mw(state, some) / some)


def marginal_water_l_per_kwh(state: PlantState, it_load_mw: FloatArray) -> FloatArray:
    """On-site water that the next kWh of IT energy adds at a total IT load."""
    return _with_drain(state.plant, _L_PER_KWH_OF_HEAT * _marginal_evaporating_mw_per_mw(state, it_load_mw))


def added_water_l_per_h(state: PlantState, below_mw: FloatArray, added_mw: FloatArray) -> FloatArray:
    """On-site water that `added_mw` of IT load adds to `below_mw`."""
    total = below_mw + added_mw
    with_mw, without_mw = total * water_l_per_kwh(state, total), below_mw * water_l_per_kwh(state, below_mw)
    return KWH_PER_MWH * (with_mw - without_mw)


def _evaporating_mw(state: PlantState, it_load_mw: FloatArray) -> FloatArray:
    """Heat that leaves as vapour.

    Source: for an evaporative plant m cp (T - Ts) with the air that really moves, m cp being the load over its rise in
    the hall. The rise is less than `air_rise_k` above the design supply, and beyond the largest flow no more air moves.
    For a tower, the heat carried and the power of the chillers.
    """
    tower = _tower(state)
    if tower is not None:
        return np.minimum(it_load_mw, state.capacity_mw) + chiller.power_mw(tower, it_load_mw)
    return np.minimum(flow_ratio(state, it_load_mw), 1) * _full_flow_evaporating_mw(state)


def _marginal_evaporating_mw_per_mw(state: PlantState, it_load_mw: FloatArray) -> FloatArray:
    tower = _tower(state)
    if tower is not None:
        carried = np.where(np.asarray(it_load_mw) < state.capacity_mw, 1.0, 0.0)
        return carried + chiller.marginal_power_mw_per_mw(tower, it_load_mw)
    per_mw = _full_flow_evaporating_mw(state) / np.maximum(state.airflow_capacity_mw, _LEAST_MW)
    # Fans already at full flow cannot be driven harder.
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
