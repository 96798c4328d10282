"""A region from a few answers has the stated PUE, and sources that the fleet file accepts."""

from dataclasses import replace

import numpy as np
import pytest

from fleet.errors import ConfigError
from fleet.fleets import dump_fleet, parse_fleet
from fleet.physics.plant import plant_state
from fleet.physics.power import facility_power_mw
from fleet.physics.psychrometrics import pressure_hpa, wet_bulb_c
from fleet.workflows.new_region import SiteAnswers, extended, new_region

SITE = SiteAnswers(region="dublin", name="Dublin", latitude_deg=53.4, longitude_deg=-6.3, capacity_mw=80.0)


def pue(region, load_mw):
    pressure, temperature = pressure_hpa(region.altitude_m), np.array([12.0])
    state = plant_state(region, temperature, wet_bulb_c(temperature, np.array([7.0]), pressure), pressure)
    return float(facility_power_mw(state, np.array([load_mw]))[0]) / load_mw


@pytest.mark.parametrize("cooling", ["evaporative", "outside_air", "chiller"])
@pytest.mark.parametrize("stated", [1.25, 1.4])
@pytest.mark.parametrize("altitude_m", [0.0, 1_860.0])
def test_the_usual_load_has_the_stated_pue(cooling, stated, altitude_m):
    region = new_region(replace(SITE, cooling=cooling, pue=stated, altitude_m=altitude_m))
    assert pue(region, 0.6 * 80) == pytest.approx(stated, abs=1e-3)
    assert region.plant.fan_reference_mw > 0
    assert region.plant.fixed_mw > 0


def test_the_grid_carries_the_full_load_by_default():
    region = new_region(SITE)
    assert region.grid_limit_mw == pytest.approx(1.1 * 80 * pue(region, 80.0), abs=0.1)
    assert new_region(replace(SITE, grid_limit_mw=90.0)).grid_limit_mw == 90.0


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"pue": 1.03}, r"PUE is 1.03, expected more than 1.04"),
        ({"cooling": "ice"}, "cooling is 'ice', expected one of evaporative"),
        ({"capacity_mw": -5.0}, "it_capacity_mw"),
        ({"latitude_deg": 95.0}, "latitude_deg is 95"),
        ({"region": "Dublin 1"}, "id is 'Dublin 1'"),
        ({"carbon": "watttime", "zone": "IE"}, "gives marginal carbon"),
        ({"carbon": "eirgrid", "zone": "GB"}, "zone is 'GB'"),
        ({"load_url": "ftp://x", "load_query": "w"}, "url is 'ftp://x'"),
    ],
)
def test_an_answer_that_cannot_be_used_is_one_line(changes, found):
    with pytest.raises(ConfigError, match=found) as refusal:
        extended(None, replace(SITE, **changes))
    assert "\n" not in str(refusal.value)


def test_the_file_is_read_back_and_a_second_region_is_added():
    carbon = replace(SITE, carbon="electricity_maps", zone="IE", load_url="http://prom:9090", load_query="sum(w)")
    first = extended(None, carbon)
    for with_defaults in (True, False):
        assert parse_fleet(dump_fleet(first, with_defaults=with_defaults), name="f") == first
    assert [feed.source for feed in first.sources["dublin"]["carbon_g_per_kwh"]] == [
        "electricity_maps",
        "electricity_maps_forecast",
    ]
    both = extended(first, replace(SITE, region="cork", name="Cork"))
    assert both.region_ids == ("dublin", "cork")
    assert set(both.sources) == {"dublin", "cork"}
    with pytest.raises(ConfigError, match="region dublin is in the fleet already"):
        extended(both, SITE)
