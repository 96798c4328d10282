"""Safe loads at rising levels of conservatism: never more at a higher level, and rounded to the safe side."""

from fractions import Fraction

import numpy as np
import pytest
from support.builders import hours_from
from support.sites import fleet_of, region

from fleet.conformal.build_bands import Residuals
from fleet.conformal.window_levels import WindowGrid
from fleet.domain.levels import HeadroomLevels, HourBound
from fleet.domain.region import Curtailment
from fleet.physics.headroom import safe_loads_mw
from fleet.physics.limits import GRID, UNKNOWN, code_of
from fleet.physics.plant_weather import PlantWeather
from fleet.preparation.headroom_levels import FREE_SHARE, levels_of
from fleet.preparation.required_levels import LevelState
from fleet.preparation.settings import DECISION, POINTWISE
from fleet.preparation.stated_hours import LEVELS, GateHours

LEADS = 6
ORIGINS = 24 * 40
NAMES = ("temperature_c", "dew_point_c", "it_load_mw")
HOT_SITE = region(outdoor_limit_c=34.0)


def random_forecast(seed: int = 0) -> dict[str, np.ndarray]:
    """Return random weather and load, each (origin, region, lead)."""
    rng = np.random.default_rng(seed)
    shape = (ORIGINS, 1, LEADS)
    temperature_c = rng.uniform(15, 36, shape)
    return {
        "temperature_c": temperature_c,
        "dew_point_c": temperature_c - rng.uniform(1, 15, shape),
        "it_load_mw": rng.uniform(3, 9, shape),
    }


def constant_forecast(temperature_c: float, dew_point_c: float, load_mw: float, *, origins: int = ORIGINS):
    """Return weather and load that never change."""
    return {
        name: np.full((origins, 1, LEADS), value)
        for name, value in zip(NAMES, (temperature_c, dew_point_c, load_mw), strict=True)
    }


def levels_from(
    forecast: dict[str, np.ndarray],
    *,
    margin: float | dict[str, np.ndarray] = 1.0,
    site=HOT_SITE,
    grid_mw: float | np.ndarray = 20.0,
    gate: str = POINTWISE,
    actual: dict[str, np.ndarray] | None = None,
) -> HeadroomLevels:
    """Return the levels of one site; by default the actual values equal the forecast."""
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
    _, levels = levels_of(
        fleet_of(site),
        GateHours(residuals=residuals, margin=margins, grid_limit_mw=np.broadcast_to(grid_mw, shape)),
        WindowGrid.within(LEADS, Fraction(1, 80), Fraction(1, 80)),
        LevelState(),
        kept=LEADS,
        is_learning=gate == DECISION,
    )
    return levels


def spare_of(levels: HeadroomLevels) -> np.ndarray:
    """Return the (level, origin, region, lead) spare power with weather and load at the same level."""
    at = slice(None), slice(None), slice(None)
    return np.stack([levels.spare_mw(at, level, level) for level in range(len(LEVELS))])


def bound_of(levels: HeadroomLevels, level: int) -> HourBound:
    """Return the bound of all hours with weather and load at the same level."""
    return levels.bound_at((slice(None), slice(None), slice(None)), level, level)


def test_a_higher_level_never_has_more_spare_power():
    spare_mw = spare_of(levels_from(random_forecast()))
    assert (np.diff(spare_mw, axis=0) <= 1e-12).all()
    # The highest level has four margins of 1 MW of load. The grid limit uses two and a half of them at every level.
    assert (spare_mw[-1] <= spare_mw[0] - 1.5 + 1e-9).all()


def test_a_negative_margin_never_adds_spare_power():
    # A forecast that is usually too high has its bound below itself.
    levels = levels_from(random_forecast(), margin=-0.5)
    spare_mw = spare_of(levels)
    for index in range(1, len(LEVELS)):
        np.testing.assert_array_equal(spare_mw[index], spare_mw[0])
    assert (levels.margin_k == 0).all()


def test_spare_power_is_at_most_that_of_the_physics_and_little_less():
    forecast = random_forecast()
    levels = levels_from(forecast)
    for index in (0, 4, 8):
        bound = {name: values + LEVELS[index] for name, values in forecast.items()}
        weather = PlantWeather.at(HOT_SITE, bound["temperature_c"], bound["dew_point_c"])
        exact_mw = safe_loads_mw(HOT_SITE, weather, 20.0).min(axis=0)
        promised_mw = spare_of(levels)[index] + bound["it_load_mw"] + FREE_SHARE * HOT_SITE.it_capacity_mw
        assert (promised_mw <= exact_mw + 1e-9).all()
        # Rounding the weather up by a quarter of a kelvin changes little, except at the outdoor limit.
        assert np.median(exact_mw - promised_mw) < 0.2


def test_the_grid_limit_is_never_held_below_its_least_level():
    cool = constant_forecast(10.0, 5.0, 6.0) | {"it_load_mw": random_forecast()["it_load_mw"]}
    levels = levels_from(cool, grid_mw=10.0)
    spare_mw = spare_of(levels)
    assert (bound_of(levels, 0).binding == code_of(GRID)).all()
    least = np.flatnonzero(GRID.least_level == LEVELS)[0]
    for index in range(least):
        np.testing.assert_array_equal(spare_mw[index], spare_mw[least])
    assert (spare_mw[least + 1] < spare_mw[least]).all()


def test_a_contract_with_the_utility_binds_in_its_hours():
    site = region(curtailment=Curtailment(months=(1,), from_hour_utc=0, to_hour_utc=6, firm_mw=7.0))
    grid_mw = np.full((48, 1, LEADS), 20.0)
    grid_mw[:10] = 7.0
    levels = levels_from(constant_forecast(10.0, 5.0, 3.0, origins=48), margin=0.0, site=site, grid_mw=grid_mw)
    for level in range(len(LEVELS)):
        bound = bound_of(levels, level)
        assert (bound.binding[:10] == code_of(GRID)).all()
        assert (bound.binding[10:] != code_of(GRID)).all()
        assert (bound.spare_mw[:10] < bound.spare_mw[10:11]).all()


@pytest.mark.parametrize("name", NAMES)
def test_without_a_finite_margin_no_level_promises_anything(name):
    margins = {other: np.ones((ORIGINS, 1, LEADS)) for other in NAMES}
    margins[name][5, 0, 2] = np.inf
    levels = levels_from(random_forecast(), margin=margins)
    spare_mw = spare_of(levels)
    assert np.isneginf(spare_mw[:, 5, 0, 2]).all()
    assert (bound_of(levels, 0).binding[5, 0, 2] == code_of(UNKNOWN)).all()
    assert np.isfinite(np.delete(spare_mw, 5, axis=1)).all()


def test_weather_hotter_than_the_grid_allows_no_load():
    forecast = random_forecast() | {"temperature_c": np.full((ORIGINS, 1, LEADS), 59.0)}
    levels = levels_from(forecast, margin=10.0, site=region())
    # Four margins of 10 MW, and the share that is kept free.
    bound = bound_of(levels, -1)
    taken_mw = 40.0 + FREE_SHARE * region().it_capacity_mw
    np.testing.assert_allclose(bound.spare_mw, -(forecast["it_load_mw"] + taken_mw))
    assert (bound.binding == code_of(UNKNOWN)).all()


def test_a_grid_that_never_binds_does_not_deny_where_its_bound_leaves_the_table():
    # At one margin the dew point is at most 27 degC. At 2.5 margins, where the grid is held, that is 36 degC.
    humid = constant_forecast(28.0, 21.0, 3.0, origins=24)
    margin = {name: np.full((24, 1, LEADS), 6.0 if name == "dew_point_c" else 0.0) for name in NAMES}
    ample, scarce = (levels_from(humid, margin=margin, site=region(), grid_mw=grid_mw) for grid_mw in (200.0, 7.0))
    at_one = np.flatnonzero(LEVELS == 1)[0]
    assert (bound_of(ample, at_one).safe_load_mw > 0).all()
    assert not np.isin(bound_of(ample, at_one).binding, (code_of(GRID), code_of(UNKNOWN))).any()
    # A grid that can bind allows the load of the worst weather: (7 MW - 1 MW fixed) / 1.04, as fans take nothing here.
    np.testing.assert_allclose(bound_of(scarce, at_one).safe_load_mw, 6 / 1.04)
    assert (bound_of(scarce, at_one).binding == code_of(GRID)).all()


def test_the_required_level_is_the_level_that_earlier_windows_needed():
    # Only the load can miss its forecast, by 0 or by 2 margins.
    forecast = constant_forecast(10.0, 5.0, 5.0)
    never = levels_from(forecast, gate=DECISION)
    missed_mw = np.where(np.random.default_rng(1).uniform(size=(ORIGINS, 1, LEADS)) < 0.3, 7.0, 5.0)
    often = levels_from(forecast, gate=DECISION, actual=forecast | {"it_load_mw": missed_mw})
    # The tracked quantile stays near 0, the only score, and so below the next level.
    assert (never.load_required[-1] < LEVELS[1]).all()
    assert (often.load_required[-1] > 1.75).all()
    # The weather never missed its forecast.
    assert (often.weather_required[-1] < LEVELS[1]).all()
    # Nothing is promised before there are 30 days of windows: 10 for the weather, and then 20 for the load.
    assert np.isposinf(never.weather_required[: 24 * 10]).all()
    assert np.isposinf(never.load_required[: 24 * 30]).all()
    assert list(never.bucket_h) == [1, 2, 4, 6]


def test_a_window_without_promised_headroom_needs_no_level():
    # The load is above the 10 MW of IT power, so there is no headroom, whatever the actual load.
    forecast = constant_forecast(10.0, 5.0, 12.0)
    actual = forecast | {"it_load_mw": np.full((ORIGINS, 1, LEADS), 30.0)}
    levels = levels_from(forecast, gate=DECISION, actual=actual)
    assert (levels.load_required[-1] < LEVELS[1]).all()


def test_the_levels_that_windows_need_do_not_know_of_the_share_that_is_kept_free(monkeypatch):
    forecast = random_forecast()
    kept = levels_from(forecast)
    monkeypatch.setattr("fleet.preparation.headroom_levels.FREE_SHARE", 0.0)
    all_given = levels_from(forecast)
    for name in ("weather_required", "load_required"):
        np.testing.assert_array_equal(getattr(kept, name), getattr(all_given, name))
    np.testing.assert_allclose(kept.load_mw - all_given.load_mw, FREE_SHARE * HOT_SITE.it_capacity_mw)
