"""Conditions within the horizon: the bound of each hour by itself, and the safe loads at each level."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fleet.conformal.build_bands import Residuals
from fleet.conformal.window_levels import WindowGrid
from fleet.domain.conditions import Conditions
from fleet.domain.levels import HeadroomLevels
from fleet.domain.region import Fleet
from fleet.preparation.build_conditions import BOUNDED, HourlyValues, conditions_of
from fleet.preparation.gate_margins import MarginState, margins_of
from fleet.preparation.headroom_levels import levels_of
from fleet.preparation.required_levels import LevelState
from fleet.preparation.settings import DECISION, LOAD_SHARE, PATH, POINTWISE, WEATHER_SHARE, Settings
from fleet.preparation.stated_hours import GateHours
from fleet.units import FloatArray


@dataclass(frozen=True, kw_only=True, eq=False)
class NearConditions:
    """The conditions within the horizon, and the states after the last origin.

    Args:
        conditions: (origin, region, lead); each hour has a bound of its own.
        levels: of these origins, and of the `lead_in_h` origins before them.
        gate_margin: variable -> (origin, region, lead) margins that the levels multiply, at all origins of the
            residuals.
        margins_after, levels_after: states after the last origin.
    """

    conditions: Conditions
    levels: HeadroomLevels
    gate_margin: Mapping[str, FloatArray]
    margins_after: Mapping[str, MarginState]
    levels_after: LevelState


def near_conditions(
    fleet: Fleet,
    residuals: Mapping[str, Residuals],
    settings: Settings,
    grid_limit_mw: FloatArray,
    lead_in_h: int,
    margins: Mapping[str, MarginState] | None = None,
    levels: LevelState | None = None,
) -> NearConditions:
    """Compute the conditions of each hour by itself, the safe loads at each level, and the level that windows require.

    Args:
        residuals: column -> residuals of the last origins of the states, and of the new origins.
        grid_limit_mw: (origin, region, lead) grid power that decisions use, at all origins of the residuals.
        lead_in_h: the levels also cover this many origins before the first origin of the conditions.
        margins, levels: states before the new origins; None if all origins of the residuals are new.
    """
    since = residuals[BOUNDED[0]].since
    forecast = {name: of_column.forecast[since:] for name, of_column in residuals.items()}
    margins_after, margin = {}, {}
    for name in BOUNDED:
        before = MarginState() if margins is None else margins[name]
        margins_after[name], margin[name] = margins_of(residuals[name], settings, before, kept=settings.near.kept)
    bound = forecast | {name: forecast[name] + margin[name][POINTWISE][since:] for name in BOUNDED}
    conditions = conditions_of(
        fleet,
        expected=HourlyValues(**forecast),
        bound=HourlyValues(**bound),
        grid_limit_mw=grid_limit_mw[since:],
    )
    gate_margin = {name: margin[name][PATH if settings.gate == PATH else POINTWISE] for name in BOUNDED}
    bounded = {name: replace(residuals[name], since=since - lead_in_h) for name in BOUNDED}
    levels_after, of_windows = levels_of(
        fleet,
        GateHours(residuals=bounded, margin=gate_margin, grid_limit_mw=grid_limit_mw),
        WindowGrid.within(settings.horizon, WEATHER_SHARE * settings.miscoverage, LOAD_SHARE * settings.miscoverage),
        levels or LevelState(),
        kept=settings.near.kept,
        is_learning=settings.gate == DECISION,
    )
    return NearConditions(
        conditions=conditions,
        levels=of_windows,
        gate_margin=gate_margin,
        margins_after=margins_after,
        levels_after=levels_after,
    )
