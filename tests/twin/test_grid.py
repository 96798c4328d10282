"""Laws that hold for any grid, whatever it was fitted to."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.grid_measures import OBSERVED, REGIONS, plain_weather

from fleet.domain.region import Region
from fleet.errors import DataError
from fleet.twin.blended_climate import table_of
from fleet.twin.grid import GRIDS, Grid, GridMix, make_grid
from fleet.twin.grid.dispatch import Dispatch, carbon_g_per_kwh, dispatch
from fleet.twin.grid.supply import Supply, full_sun_share, supply_of, wind_share
from fleet.twin.weather import TwinWeather
from fleet.units import FloatArray

START = np.datetime64("2024-03-01T00", "h")
TIME = START + np.arange(2_400)
ALL = [REGIONS[name] for name in GRIDS]
MIXES = list(GRIDS.values())


def cut(table: TwinWeather | Grid, rows: slice, hours: slice) -> dict[str, FloatArray]:
    return {f.name: getattr(table, f.name)[rows, hours] for f in fields(table)}


def one_hour(**changes: float) -> Supply:
    """One hour with a demand of 1, no other supply, and the given changes."""
    usual = {"demand": 1.0, "wind": 0.0, "full_sun": 0.0, "solar": 0.0, "hydro": 0.0} | changes
    return Supply(**{name: np.array([[value]]) for name, value in usual.items()})


def by_hand(**changes: float) -> GridMix:
    """A grid with 0.2 of nuclear, 0.3 of coal and 0.4 of gas, of which 0.1 each must run, and no trade."""
    mix = GRIDS["azps"]
    thermal = {"nuclear": 0.2, "coal_by_month": (0.3,) * 12, "coal_least": 1 / 3, "gas": 0.4, "gas_least": 0.1}
    trade = {"slope": 0.0, "usual": 0.5, "limit": 0.0} | changes
    return replace(mix, thermal=replace(mix.thermal, **thermal), exchange=replace(mix.exchange, **trade))


def served(mix: GridMix, **changes: float) -> dict[str, float]:
    dispatched = dispatch([mix], one_hour(**changes), TIME[:1])
    return {f.name: float(getattr(dispatched, f.name)[0, 0]) for f in fields(Dispatch)}


def test_plants_are_used_in_order_of_their_cost() -> None:
    # 1.0 - 0.2 nuclear = 0.8: all 0.3 of coal, all 0.4 of gas, and 0.1 of peakers.
    full = served(by_hand())
    assert [full[name] for name in ("coal", "gas", "peaker")] == pytest.approx([0.3, 0.4, 0.1])
    # 0.4 of wind leaves 0.4: coal stays at 0.3 and gas is reduced to 0.1.
    windy = served(by_hand(), wind=0.4)
    assert [windy[name] for name in ("coal", "gas", "peaker")] == pytest.approx([0.3, 0.1, 0.0])
    # 0.55 of wind leaves 0.25: coal is reduced too, to 0.15.
    assert served(by_hand(), wind=0.55)["coal"] == pytest.approx(0.15)


def test_wind_and_sun_are_curtailed_alike_where_thermal_plants_must_run() -> None:
    # 1.0 - 0.2 - 0.75 = 0.05 is left, but 0.1 of coal and 0.1 of gas must run: 0.15 of 0.75 is curtailed, a fifth.
    dispatched = served(by_hand(), wind=0.5, solar=0.25)
    assert dispatched["curtailed"] == pytest.approx(0.15)
    assert dispatched["wind"] == pytest.approx(0.4)
    assert dispatched["solar"] == pytest.approx(0.2)
    assert dispatched["coal"] + dispatched["gas"] == pytest.approx(0.2)


def test_what_must_run_beyond_the_demand_is_exported() -> None:
    # 0.2 of nuclear and 0.2 that must run meet a demand of 0.3.
    assert served(by_hand(), demand=0.3)["exports"] == pytest.approx(0.1)


def test_imports_rise_with_the_residual_load_up_to_their_limit() -> None:
    mix = by_hand(slope=0.5, usual=0.5, limit=0.1)
    # Residual loads of 0.6, 0.8 and 0.3: 0.5 x 0.1, 0.5 x 0.3 cut to 0.1, and 0.5 x 0.2 the other way.
    assert served(mix, wind=0.2)["imports"] == pytest.approx(0.05)
    assert served(mix)["imports"] == pytest.approx(0.1)
    assert served(mix, wind=0.5)["exports"] == pytest.approx(0.1)


def test_carbon_is_the_mean_of_the_factors_of_the_running_plants() -> None:
    dispatched = dispatch([by_hand()], one_hour(wind=0.3, solar=0.1), TIME[:1])
    # (0.2 x 12 + 0.3 x 11 + 0.1 x 45 + 0.3 x 820 + 0.1 x 490) / 1.0 = 305.2 g/kWh
    assert carbon_g_per_kwh([by_hand()], dispatched)[0, 0] == pytest.approx(305.2)


@settings(max_examples=60, deadline=None)
@given(
    demand=st.floats(0.2, 2.5),
    wind=st.floats(0, 1.5),
    solar=st.floats(0, 1),
    hydro=st.floats(0, 0.3),
    name=st.sampled_from(list(GRIDS)),
)
def test_every_hour_is_balanced_and_plants_stay_within_their_limits(
    demand: float, wind: float, solar: float, hydro: float, name: str
) -> None:
    dispatched = served(GRIDS[name], demand=demand, wind=wind, solar=solar, hydro=hydro)
    sources = ("wind", "solar", "hydro", "nuclear", "coal", "gas", "peaker", "imports")
    assert sum(dispatched[source] for source in sources) == pytest.approx(
        dispatched["demand"] + dispatched["exports"], abs=1e-9
    )
    assert min(dispatched.values()) >= -1e-12
    assert dispatched["coal"] <= dispatched["coal_available"] + 1e-12
    assert dispatched["gas"] <= GRIDS[name].thermal.gas + 1e-12
    assert dispatched["wind"] + dispatched["solar"] + dispatched["curtailed"] == pytest.approx(wind + solar, abs=1e-9)
    assert dispatched["coal"] + dispatched["gas"] >= dispatched["least"] - 1e-9


@settings(max_examples=60, deadline=None)
@given(demand=st.floats(0.5, 2), wind=st.floats(0, 1), more=st.floats(0.001, 0.3), name=st.sampled_from(list(GRIDS)))
def test_more_wind_never_raises_the_carbon_intensity(demand: float, wind: float, more: float, name: str) -> None:
    mixes = [GRIDS[name]]
    less, rest = (
        carbon_g_per_kwh(mixes, dispatch(mixes, one_hour(demand=demand, wind=output, hydro=0.05), TIME[:1]))[0, 0]
        for output in (wind, wind + more)
    )
    assert rest <= less + 1e-9


def test_wind_output_rises_with_the_wind_up_to_the_capacity() -> None:
    ie = GRIDS["ie"].wind
    calm, usual, storm = (
        wind_share([REGIONS["ie"]], [ie], np.full((1, 500), speed), seed=1)[0] for speed in (1.0, ie.site_m_s, 14.0)
    )
    assert (calm < usual).all()
    assert (usual < storm).all()
    assert storm.max() < ie.capacity


def test_panels_give_nothing_at_night_and_less_under_clouds_and_in_heat() -> None:
    region = REGIONS["azps"]
    noon = np.array(["2024-06-21T19"], dtype="datetime64[h]")

    def output(temperature_c: float, clearness: float, time: np.ndarray = noon) -> float:
        shape = (1, len(time))
        return float(full_sun_share([region], np.full(shape, temperature_c), np.full(shape, clearness), time)[0, 0])

    assert output(25, 1, np.array(["2024-06-21T08"], dtype="datetime64[h]")) == 0
    assert output(40, 0.5) < output(40, 1.0) < output(20, 1.0)
    # The sun is 80 degrees high: 1 - exp(-3 x 0.985) = 0.948. Cells have 40 + 25 x 0.948 = 63.7 degC, 38.7 K above 25:
    # 0.948 x (1 - 0.004 x 38.7) = 0.801.
    assert output(40, 1.0) == pytest.approx(0.801, abs=0.005)


def test_demand_rises_with_heat_and_cold_and_falls_at_weekends() -> None:
    region, week = REGIONS["azps"], START + np.arange(24 * 14)

    def mean(temperature_c: float, days: slice = slice(None)) -> float:
        shape = (1, len(week))
        weather = plain_weather([region], week)
        weather = replace(weather, temperature_c=np.full(shape, temperature_c))
        demand = supply_of([region], [replace(mix, demand=replace(mix.demand, spread=0.0))], weather, week, 1).demand
        return float(demand[0].reshape(14, 24)[days].mean())

    mix = GRIDS["azps"]
    # 16 K above 24 degC at 0.0479 per kelvin: 0.77 of the mean demand more; 11 K below 16 degC at 0.0163: 0.18 more.
    assert mean(40) - mean(20) == pytest.approx(16 * 0.0479, abs=0.002)
    assert mean(5) - mean(20) == pytest.approx(11 * 0.0163, abs=0.002)
    # 1 March 2024 is a Friday: days 1 and 2 are a weekend, 3 to 7 are not.
    assert mean(20, slice(1, 3)) < 0.99 * mean(20, slice(3, 8))


def test_only_the_hours_of_unknown_weather_are_unknown() -> None:
    weather = plain_weather(ALL, TIME)
    for name in ("temperature_c", "wind_speed_m_s", "clearness"):
        holed = getattr(weather, name).copy()
        holed[1, 100:150] = np.nan
        grid = make_grid(ALL, MIXES, replace(weather, **{name: holed}), TIME, 3)
        for column in ("carbon_g_per_kwh", "price_usd_per_mwh", "wind_mw", "solar_mw"):
            missing = np.isnan(getattr(grid, column))
            assert missing[1, 100:150].all()
            assert missing.sum() == 50


def test_the_limit_is_unknown_in_hours_of_unknown_weather_in_which_a_call_is_allowed() -> None:
    region = REGIONS["wacm"]
    time = np.datetime64("2024-07-01T00", "h") + np.arange(48)
    weather = plain_weather([region], time)
    limit = make_grid([region], [GRIDS["wacm"]], replace(weather, clearness=np.full((1, 48), np.nan)), time, 3).limit_mw
    # Calls are allowed from 20 to 2 h UTC: hours 0, 1, 20 to 25 and 44 to 47.
    assert np.flatnonzero(np.isnan(limit[0])).tolist() == [0, 1, *range(20, 26), *range(44, 48)]
    assert (limit[0, 2:20] == region.grid_limit_mw).all()


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    weather = plain_weather(ALL, TIME)
    first, second, other = (make_grid(ALL, MIXES, weather, TIME, seed) for seed in (5, 5, 6))
    for f in fields(Grid):
        assert getattr(first, f.name).tobytes() == getattr(second, f.name).tobytes()
    assert (first.carbon_g_per_kwh != other.carbon_g_per_kwh).any(axis=1).all()


def test_a_longer_series_begins_with_the_shorter_one() -> None:
    weather = plain_weather(ALL, TIME)
    long = make_grid(ALL, MIXES, weather, TIME, 5)
    for hours in (1, 7, 1_000):
        few = TwinWeather(**cut(weather, slice(None), slice(hours)))
        short = make_grid(ALL, MIXES, few, TIME[:hours], 5)
        for name, values in cut(long, slice(None), slice(hours)).items():
            np.testing.assert_array_equal(getattr(short, name), values)


def test_another_region_changes_nothing() -> None:
    regions = [ALL[index % 3].model_copy(update={"id": f"site-{index}"}) for index in range(20)]
    mixes = [MIXES[index % 3] for index in range(20)]
    weather = plain_weather(regions, TIME[:200])
    together = make_grid(regions, mixes, weather, TIME[:200], 5)
    for index in (0, 1, 17):
        rows = slice(index, index + 1)
        alone = make_grid(regions[rows], mixes[rows], TwinWeather(**cut(weather, rows, slice(None))), TIME[:200], 5)
        for name, values in cut(together, rows, slice(None)).items():
            np.testing.assert_array_equal(getattr(alone, name), values)


def test_carbon_of_a_mean_grid_lies_between_that_of_its_parts() -> None:
    between = table_of(GRIDS, {"azps": 0.5, "wacm": 0.5}, region="x", key="grid")
    region: Region = REGIONS["azps"]
    weather = plain_weather([region] * 3, TIME)
    carbon = make_grid([region] * 3, [GRIDS["azps"], between, GRIDS["wacm"]], weather, TIME, 5).carbon_g_per_kwh
    low, middle, high = carbon.mean(axis=1)
    assert low < middle < high


def test_weather_of_other_regions_is_refused() -> None:
    weather = plain_weather(ALL, TIME)
    with pytest.raises(DataError, match=r"found 1 grids .* expected 3"):
        make_grid(ALL, MIXES[:1], weather, TIME, 5)
    with pytest.raises(DataError, match=r"shape \(3, 2400\), expected 3 and \(3, 10\)"):
        make_grid(ALL, MIXES, weather, TIME[:10], 5)


def test_every_grid_has_observations_to_compare_with() -> None:
    assert set(OBSERVED) == set(GRIDS) == set(REGIONS)
