"""The first checks of a datacentre engineer: laws for any plant in any weather, and published annual figures.

The annual figures need the real weather of the shared data, beside the repository or in the folder FLEET_SHARED_DATA.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl
import psychrolib
import pytest
from support.builders import hours_from
from support.plants import AIR_CHILLED, EVAPORATIVE, IT_MW, OUTSIDE_AIR, PLANTS, TOWER_CHILLED, region_with
from support.real_data import DATA, needs_data
from twin_study.operate import Operation, OutdoorAir, operate

from fleet.domain.region import Plant
from fleet.fleets import load_fleet
from fleet.physics.altitude import inlet_limit_c
from fleet.physics.chiller import chillers_in, full_load_cop
from fleet.physics.psychrometrics import dew_point_c, relative_humidity_pct, wet_bulb_c
from fleet.units import FloatArray

HOURS = 4_000
SEEDS = (3, 17, 29)
FLEET = {region.id: region for region in load_fleet().regions}
STATIONS = {
    "arizona": "isd_us-az-phoenix_2017-2018",
    "ireland": "metie_ie-dublin-phoenix-park_2007-2014",
    "wyoming": "isd_us-wy-cheyenne_2017-2018",
}
PUE = {"arizona": 1.13, "ireland": 1.18, "wyoming": 1.125}
WUE = {"arizona": (1.52, 0.20), "ireland": (0.0, 0.03), "wyoming": (0.16, 0.06)}
MEAN_LOAD = {"arizona": 0.44, "ireland": 0.43, "wyoming": 0.32}  # of the IT capacity, with all jobs at home

psychrolib.SetUnitSystem(psychrolib.SI)


def random_air(seed: int, *, low_c: float = -30.0, high_c: float = 50.0) -> OutdoorAir:
    """Random weather with dew points up to 30 degC and pressures from sea level to 2,000 m."""
    rng = np.random.default_rng(seed)
    temperature = rng.uniform(low_c, high_c, HOURS)
    wettest = np.minimum(100.0, relative_humidity_pct(temperature, np.full(HOURS, 30.0)))
    return OutdoorAir(
        temperature_c=temperature,
        relative_humidity_pct=rng.uniform(0, 1, HOURS) * wettest,
        pressure_hpa=rng.uniform(800, 1_020, HOURS),
    )


def in_air(plant: Plant, air: OutdoorAir, load_mw: FloatArray | float) -> Operation:
    return operate(region_with(plant), hours_from("2024-01-01T00", HOURS), air, load_mw)


@pytest.fixture(params=PLANTS, ids=["evaporative", "outside_air", "air_chilled", "tower_chilled"])
def plant(request: pytest.FixtureRequest) -> Plant:
    return request.param


@pytest.fixture(params=SEEDS)
def seed(request: pytest.FixtureRequest) -> int:
    return request.param


def random_load(seed: int) -> FloatArray:
    return np.random.default_rng(100 + seed).uniform(0.05, 1, HOURS) * IT_MW


def heat_of_moving_air_mw(operation: Operation, air: OutdoorAir, rise_k: FloatArray) -> FloatArray:
    """Heat from volume flow, density of dry air, 1.006 kJ/kgK and the change of temperature."""
    density = air.pressure_hpa * 100 / (287.042 * (operation.supply_c + 273.15))
    return operation.air_volume_flow_m3_s * density * 1.006 * rise_k / 1_000


def test_1_power_and_heat_are_conserved(plant: Plant, seed: int) -> None:
    air = random_air(seed)
    operation = in_air(plant, air, random_load(seed))
    parts = operation.it_mw + operation.ups_loss_mw + operation.fixed_mw + operation.fan_mw + operation.chiller_mw
    np.testing.assert_allclose(operation.facility_mw, parts, rtol=1e-9)
    # The removed heat is the heat that the moving air takes up in the hall, up to the capacity of the chillers.
    removed = heat_of_moving_air_mw(operation, air, operation.exhaust_c - operation.supply_c)
    if plant in (AIR_CHILLED, TOWER_CHILLED):
        removed = np.minimum(removed, operation.cooling_capacity_mw)
    np.testing.assert_allclose(removed, operation.heat_removed_mw, rtol=1e-3)
    np.testing.assert_allclose(removed + operation.heat_stored_mw, operation.heat_generated_mw, rtol=1e-3)
    assert (operation.heat_stored_mw == 0).sum() > HOURS / 2
    assert (operation.heat_stored_mw > 0).sum() > 50


def test_2_pue_is_above_one_and_rises_as_load_falls_while_power_does_not(plant: Plant, seed: int) -> None:
    air = random_air(seed, high_c=20.0)  # cool air, so capacity is ample
    loads = [in_air(plant, air, share * IT_MW) for share in (0.1, 0.3, 0.5)]
    for less, more in pairwise(loads):
        assert (more.pue >= 1).all()
        assert (less.pue > more.pue).all()
        assert (less.facility_mw <= more.facility_mw).all()
    rising = np.sort(random_load(seed))
    constant = OutdoorAir(
        temperature_c=air.temperature_c[0],
        relative_humidity_pct=air.relative_humidity_pct[0],
        pressure_hpa=air.pressure_hpa[0],
    )
    assert (np.diff(in_air(plant, constant, rising).facility_mw) >= 0).all()


@needs_data
@pytest.mark.parametrize("site", STATIONS)
def test_2_and_3_annual_pue_and_water_on_real_weather_are_the_published_ones(site: str) -> None:
    rows = pl.read_parquet(DATA / f"weather/{STATIONS[site]}.parquet").drop_nulls(["temp_c", "dew_point_c"])
    region = FLEET[site]
    air = OutdoorAir(
        temperature_c=rows["temp_c"].cast(pl.Float64).to_numpy(),
        dew_point_c=rows["dew_point_c"].cast(pl.Float64).to_numpy(),
    )
    time_utc = rows["time_utc"].dt.replace_time_zone(None).to_numpy().astype("datetime64[h]")
    operation = operate(region, time_utc, air, MEAN_LOAD[site] * region.it_capacity_mw)
    assert (operation.pue >= 1).all()
    assert operation.facility_mw.sum() / operation.it_mw.sum() == pytest.approx(PUE[site], abs=0.02)
    published, tolerance = WUE[site]
    assert operation.water_l.sum() / (1_000 * operation.it_mw.sum()) == pytest.approx(published, abs=tolerance)


def test_3_water_is_zero_when_dry_and_never_above_the_mass_balance(plant: Plant, seed: int) -> None:
    air = random_air(seed)
    operation = in_air(plant, air, random_load(seed))
    if plant in (OUTSIDE_AIR, AIR_CHILLED):
        assert (operation.water_l == 0).all()
    if plant is EVAPORATIVE:
        dry = air.temperature_c <= operation.supply_c
        assert dry.any()
        assert (operation.water_l[dry] == 0).all()
        # All the heat that the air lost in the plant left as vapour. Half as much water goes to the drain.
        cooled_k = np.maximum(air.temperature_c - operation.supply_c, 0)
        cooled_kw = 1_000 * heat_of_moving_air_mw(operation, air, cooled_k)
        np.testing.assert_allclose(operation.water_l, 1.5 * cooled_kw * 3_600 / 2_450, rtol=1e-3)
    if plant is TOWER_CHILLED:
        rejected_kw = 1_000 * (operation.heat_removed_mw + operation.chiller_mw)
        assert (operation.water_l <= 1.5 * rejected_kw * 3_600 / 2_450 + 1e-6).all()
        assert (operation.water_l > 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("hpa", [1_013.25, 810.0])
def test_4_humidity_agrees_with_psychrolib(hpa: float, seed: int) -> None:
    air = random_air(seed)
    some = slice(0, 1_000)
    dry, share = air.temperature_c[some], np.maximum(air.relative_humidity_pct[some], 0.5)
    dew = dew_point_c(dry, share)
    wet = wet_bulb_c(dry, dew, hpa)
    assert (dew <= wet + 1e-6).all()
    assert (wet <= dry + 1e-6).all()
    back = relative_humidity_pct(dry, dew)
    assert ((back >= 0) & (back <= 100)).all()
    oracle = [psychrolib.GetTWetBulbFromRelHum(t, h / 100, hpa * 100) for t, h in zip(dry, share, strict=True)]
    np.testing.assert_allclose(wet, oracle, atol=0.05)


def test_5_evaporation_stops_at_the_wet_bulb_and_humidity_never_helps(seed: int) -> None:
    air, load = random_air(seed, low_c=15.0), random_load(seed)
    wet = wet_bulb_c(air.temperature_c, dew_point_c(air.temperature_c, air.relative_humidity_pct), air.pressure_hpa)
    damper = replace(air, relative_humidity_pct=(air.relative_humidity_pct + 100) / 2)
    here, there = in_air(EVAPORATIVE, air, load), in_air(EVAPORATIVE, damper, load)
    assert (here.supply_c >= wet).all()
    assert (there.inlet_c >= here.inlet_c - 1e-6).all()
    assert (there.cooling_capacity_mw <= here.cooling_capacity_mw + 1e-6).all()
    assert (there.inlet_c > here.inlet_c + 1).any()


@pytest.mark.parametrize("chilled", [AIR_CHILLED, TOWER_CHILLED], ids=["air", "tower"])
def test_6_above_20_degc_chillers_strictly_lose_capacity_and_efficiency(chilled) -> None:
    weather = np.linspace(20, 50, 3_001)
    chillers = chillers_in(chilled, weather, weather)
    assert (np.diff(chillers.capacity_mw) < 0).all()
    assert (np.diff(full_load_cop(chillers)) < 0).all()


@pytest.mark.parametrize(("low_c", "high_c", "step"), [(-30.0, 45.0, 5.0), (4.0, 12.0, 0.1)])
def test_6_inlet_and_facility_power_never_fall_as_load_or_weather_rises(
    plant: Plant, seed: int, low_c: float, high_c: float, step: float
) -> None:
    """Large steps in any weather, and small steps where the wet bulb of dry air freezes."""
    air, load = random_air(seed, low_c=low_c, high_c=high_c), random_load(seed)
    here = in_air(plant, air, load)
    vapour = dew_point_c(air.temperature_c, np.maximum(air.relative_humidity_pct, 0.01))
    hotter = air.temperature_c + step
    warm = replace(air, temperature_c=hotter, relative_humidity_pct=relative_humidity_pct(hotter, vapour))
    for there in (in_air(plant, air, np.minimum(load + step, IT_MW)), in_air(plant, warm, load)):
        assert (there.inlet_c >= here.inlet_c - 1e-6).all()
        assert (there.facility_mw >= here.facility_mw - 1e-6).all()


def test_7_thin_air_needs_a_quarter_more_flow_and_lowers_the_limit(plant: Plant) -> None:
    # 1,013.25 / 810 = 1.251
    air = random_air(3, high_c=15.0)
    thick, thin = (in_air(plant, replace(air, pressure_hpa=hpa), 40.0) for hpa in (1_013.25, 810.0))
    np.testing.assert_allclose(thin.air_volume_flow_m3_s / thick.air_volume_flow_m3_s, 1.25, atol=0.02)
    assert inlet_limit_c(FLEET["wyoming"]) == pytest.approx(31.8, abs=0.1)


def test_8_in_a_heat_wave_a_dry_inlet_follows_the_heat_and_a_wet_one_the_humidity() -> None:
    """31 days of at least 43 degC with varying humidity."""
    hour = np.arange(31 * 24)
    temperature = 45 - 2 * np.cos(2 * np.pi * hour / 24)
    dew_point = 12 + 8 * np.sin(2 * np.pi * hour / (24 * 7.3))
    air = OutdoorAir(temperature_c=temperature, dew_point_c=dew_point)
    time_utc = hours_from("2024-07-01T00", len(hour))
    large_air_flow = OUTSIDE_AIR.model_copy(update={"design_supply_c": 45.0})
    dry, wet = (operate(region_with(plant), time_utc, air, 5.0) for plant in (large_air_flow, EVAPORATIVE))
    assert temperature.min() >= 43
    assert np.corrcoef(dry.inlet_c, temperature)[0, 1] > 0.99
    assert abs(np.corrcoef(dry.inlet_c, dew_point)[0, 1]) < 0.1
    assert np.corrcoef(wet.inlet_c, dew_point)[0, 1] > 0.9
    assert (wet.inlet_c < dry.inlet_c - 10).all()


def test_8_a_monsoon_hour_is_worse_for_evaporation_than_a_hotter_dry_one() -> None:
    monsoon, dry = (
        operate(region_with(EVAPORATIVE), hours_from("2024-08-01T00", 1), air, 40.0)
        for air in (
            OutdoorAir(temperature_c=32.0, wet_bulb_c=25.0, pressure_hpa=970.0),
            OutdoorAir(temperature_c=45.0, relative_humidity_pct=10.0, pressure_hpa=970.0),
        )
    )
    assert monsoon.inlet_c[0] > dry.inlet_c[0]
