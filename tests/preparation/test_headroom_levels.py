"""Headroom at rising conservatism: never more of it a rung up, and rounded to the safe side."""

from fractions import Fraction

import numpy as np
import pytest
from support.builders import hours_from
from support.sites import fleet_of, region

from fleet.conformal.build_bands import Residuals
from fleet.domain.conditions import Limit
from fleet.domain.levels import HeadroomLevels
from fleet.domain.region import Curtailment
from fleet.physics.headroom import PlantWeather, safe_loads_mw
from fleet.preparation.headroom_levels import GRID_LEVEL, POINTWISE, RUNGS, ladder_of

LEADS = 6
ORIGINS = 24 * 40
NAMES = ("temperature_c", "dew_point_c", "it_load_mw")
HOT = region(outdoor_limit_c=34.0)


def weather(seed: int = 0) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(seed)
    shape = (ORIGINS, 1, LEADS)
    temperature = draw.uniform(15, 36, shape)
    return {
        "temperature_c": temperature,
        "dew_point_c": temperature - draw.uniform(1, 15, shape),
        "it_load_mw": draw.uniform(3, 9, shape),
    }


def climbed(
    forecast: dict[str, np.ndarray],
    *,
    margin: float | dict[str, np.ndarray] = 1.0,
    where=HOT,
    limit_mw: float = 20.0,
    gate: str = POINTWISE,
    actual: dict[str, np.ndarray] | None = None,
) -> HeadroomLevels:
    shape = forecast["it_load_mw"].shape
    residuals = {
        name: Residuals(
            forecast=values,
            actual=(actual or forecast)[name],
            origin_utc=hours_from("2024-01-01", len(values)),
            age_h=np.zeros(shape[:2], dtype=np.int64),
        )
        for name, values in forecast.items()
    }
    margins = margin if isinstance(margin, dict) else {name: np.full(shape, margin) for name in NAMES}
    limits = np.full(shape, limit_mw)
    return ladder_of(fleet_of(where), residuals, margins, limits, Fraction(1, 20), gate=gate, since=0)


def test_a_rung_up_never_has_more_room():
    spare = climbed(weather()).spare_mw
    assert (np.diff(spare, axis=0) <= 1e-12).all()
    # Four margins of 1 MW of load, of which the grid's limit takes two and a half on every rung.
    assert (spare[-1] <= spare[0] - 1.5 + 1e-9).all()


def test_a_margin_below_zero_promises_no_more_than_the_forecast():
    # A forecast that lies too high has a bound below itself; conservatism must not add room all the same.
    ladder = climbed(weather(), margin=-0.5)
    for rung in range(1, len(RUNGS)):
        np.testing.assert_array_equal(ladder.spare_mw[rung], ladder.spare_mw[0])
    assert (ladder.margin_k == 0).all()


def test_a_rung_promises_no_more_than_the_physics_allow_and_little_less():
    forecast = weather()
    ladder = climbed(forecast)
    for rung in (0, 4, 8):
        bound = {name: values + RUNGS[rung] for name, values in forecast.items()}
        air = PlantWeather.at(HOT, bound["temperature_c"], bound["dew_point_c"])
        exact = safe_loads_mw(HOT, air, 20.0).min(axis=0)
        promised = ladder.spare_mw[rung] + bound["it_load_mw"]
        assert (promised <= exact + 1e-9).all()
        # A quarter of a kelvin up changes little, but where it passes the throttle.
        assert np.median(exact - promised) < 0.2


def test_the_grid_is_held_at_a_high_level_on_every_rung():
    forecast = weather() | {"temperature_c": np.full((ORIGINS, 1, LEADS), 10.0)}
    forecast["dew_point_c"] = forecast["temperature_c"] - 5
    ladder = climbed(forecast, limit_mw=10.0)
    bound = ladder.binding == Limit.GRID
    assert bound.all()
    level = np.flatnonzero(RUNGS == GRID_LEVEL)[0]
    for rung in range(level):
        np.testing.assert_array_equal(ladder.spare_mw[rung], ladder.spare_mw[level])
    assert (ladder.spare_mw[level + 1] < ladder.spare_mw[level]).all()


def test_a_contract_with_the_utility_binds_in_its_hours():
    where = region(curtailment=Curtailment(months=(1,), from_hour_utc=0, to_hour_utc=6, firm_mw=7.0))
    forecast = {name: np.full((48, 1, LEADS), level) for name, level in zip(NAMES, (10.0, 5.0, 3.0), strict=True)}
    residuals = {
        name: Residuals(
            forecast=values,
            actual=values,
            origin_utc=hours_from("2024-01-01", 48),
            age_h=np.zeros((48, 1), dtype=np.int64),
        )
        for name, values in forecast.items()
    }
    limits = np.full((48, 1, LEADS), 20.0)
    limits[:10] = 7.0
    margins = {name: np.zeros((48, 1, LEADS)) for name in NAMES}
    found = ladder_of(fleet_of(where), residuals, margins, limits, Fraction(1, 20), gate=POINTWISE, since=0)
    assert (found.binding[:, :10] == Limit.GRID).all()
    assert (found.binding[:, 10:] != Limit.GRID).all()
    assert (found.spare_mw[:, :10] < found.spare_mw[:, 10:11]).all()


@pytest.mark.parametrize("name", NAMES)
def test_without_a_margin_no_rung_promises_anything(name):
    shape = (ORIGINS, 1, LEADS)
    margins = {each: np.ones(shape) for each in NAMES}
    margins[name][5, 0, 2] = np.inf
    ladder = climbed(weather(), margin=margins)
    assert np.isneginf(ladder.spare_mw[:, 5, 0, 2]).all()
    assert (ladder.binding[:, 5, 0, 2] == Limit.UNKNOWN).all()
    assert np.isfinite(np.delete(ladder.spare_mw, 5, axis=1)).all()


def test_heat_past_every_table_allows_nothing():
    forecast = weather() | {"temperature_c": np.full((ORIGINS, 1, LEADS), 59.0)}
    ladder = climbed(forecast, margin=10.0, where=region())
    last = ladder.spare_mw[-1]
    np.testing.assert_allclose(last, -(forecast["it_load_mw"] + 40.0))
    assert (ladder.binding[-1] == Limit.UNKNOWN).all()


def test_a_decision_asks_for_what_its_windows_have_needed():
    """Load is all that misses, by 0 or 2 margins: the level is 0 where it never does, and 2 where it does often."""
    forecast = {
        "temperature_c": np.full((ORIGINS, 1, LEADS), 10.0),
        "dew_point_c": np.full((ORIGINS, 1, LEADS), 5.0),
        "it_load_mw": np.full((ORIGINS, 1, LEADS), 5.0),
    }
    never = climbed(forecast, gate="decision")
    missed = np.where(np.random.default_rng(1).uniform(size=(ORIGINS, 1, LEADS)) < 0.3, 7.0, 5.0)
    often = climbed(forecast, gate="decision", actual=forecast | {"it_load_mw": missed})
    # The tracked quantile hovers around the zero that it always sees, below the next rung.
    assert (never.level[-1] < RUNGS[1]).all()
    assert (often.level[-1] > 1.75).all()
    # Before there are 30 days of windows nothing is promised.
    assert np.isposinf(never.level[: 24 * 30]).all()
    assert list(never.longest) == [1, 2, 4, 6]


def test_a_window_in_which_nothing_was_promised_has_needed_nothing():
    forecast = weather() | {"it_load_mw": np.full((ORIGINS, 1, LEADS), 12.0)}
    # 10 MW are installed: there is no headroom, whatever the load comes to.
    found = climbed(forecast, gate="decision", actual=forecast | {"it_load_mw": np.full((ORIGINS, 1, LEADS), 30.0)})
    assert (found.level[-1] < RUNGS[1]).all()
