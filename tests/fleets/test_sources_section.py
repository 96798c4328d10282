"""The section `sources` of a fleet file is checked strictly, and every fault is one line."""

import pytest
from support.sites import region

from fleet.domain.region import Fleet
from fleet.errors import ConfigError
from fleet.fleets import dump_fleet, parse_fleet

CARBON = "  here:\n    carbon_g_per_kwh:\n"


def parse(sources: str):
    text = dump_fleet(Fleet(name="one site", regions=(region("here"),)))
    return parse_fleet(f"{text}sources:\n{sources}", name="f.yaml")


def test_sources_are_read_in_their_order():
    fleet = parse(
        CARBON + "      - {source: electricity_maps, zone: IE, version: v3}\n      - {source: eirgrid, zone: ROI}\n"
    )
    assert [feed.source for feed in fleet.sources["here"]["carbon_g_per_kwh"]] == ["electricity_maps", "eirgrid"]
    assert parse_fleet(dump_fleet(fleet), name="again") == fleet


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        (CARBON + "      - {source: watttime, zone: IE}\n", r"gives marginal carbon.*never mixed"),
        (CARBON + "      - {source: wattime, zone: IE}\n", "source is 'wattime', expected one of"),
        (CARBON + "      - {zone: IE}\n", "source is missing"),
        (CARBON + "      - {source: electricity_maps}\n", "zone is missing"),
        (CARBON + "      - {source: electricity_maps, zone: IE, key: abc123}\n", r"0.key is not a known key"),
        (CARBON + "      - {source: electricity_maps, zone: IE, factor: 0}\n", "factor is 0"),
        (CARBON + "      - {source: electricity_maps, zone: IE, version: v5}\n", "version is 'v5'"),
        (CARBON + "      - {source: gb_carbon, zone: '3'}\n", "has no measured values"),
        (CARBON + "      - {source: nws_observation, zone: KPHX}\n", "does not give this column"),
        (CARBON + 2 * "      - {source: eirgrid, zone: ROI}\n", "names the source 'eirgrid ROI' twice"),
        (CARBON + "      []\n", "at least 1"),
        ("  there:\n    carbon_g_per_kwh:\n      - {source: eirgrid, zone: ROI}\n", "names region 'there'"),
        ("  here:\n    carbon:\n      - {source: eirgrid, zone: ROI}\n", "sources.here.carbon is not a column"),
        (
            "  here:\n    it_load_mw:\n      - {source: prometheus, url: 'http://me:abc123@host', query: w, unit: W}\n",
            r"url has one of @ \? #, expected scheme, host and path alone; a key stands in key_env or key_file",
        ),
        (CARBON + "      - {source: electricity_maps, zone: IE, url: 'https://host/a?key=abc123'}\n", "url has one of"),
        ("  here:\n    it_load_mw:\n      - {source: prometheus, url: 'ftp://host', query: w, unit: W}\n", "url is"),
        (
            "  here:\n    it_load_mw:\n      - {source: prometheus, url: 'http://host', query: w, unit: horsepower}\n",
            "unit of it_load_mw is 'horsepower', expected one of MW",
        ),
    ],
)
def test_a_fault_is_one_line(sources, found):
    with pytest.raises(ConfigError, match=found) as refusal:
        parse(sources)
    assert "\n" not in str(refusal.value)
    assert "abc123" not in str(refusal.value)
