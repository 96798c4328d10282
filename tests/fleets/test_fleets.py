"""Fleet files are read strictly: what cannot be honoured is named, and nothing is guessed."""

import pytest

from fleet.domain.region import Fleet
from fleet.errors import ConfigError
from fleet.fleets import load_fleet, parse_fleet

PLANT = "{kind: outside_air, supply_setpoint_c: 18, design_supply_c: 24, fan_reference_mw: 1, fixed_mw: 1}"
REGION = f"""
  - id: alpha
    name: Alpha
    latitude_deg: 50
    longitude_deg: 0
    altitude_m: 0
    it_capacity_mw: 10
    grid_limit_mw: 20
    plant: {PLANT}
"""
TEXT = f"name: test\nregions:{REGION}"


def refused(text: str) -> str:
    with pytest.raises(ConfigError) as error:
        parse_fleet(text, name="test.yaml")
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith("test.yaml")
    return message


def test_the_packaged_fleet_has_the_three_regions():
    assert load_fleet().region_ids == ("arizona", "ireland", "wyoming")


def test_a_small_file_is_enough():
    fleet = parse_fleet(TEXT, name="test.yaml")
    assert fleet.region_ids == ("alpha",)
    assert fleet.costs.carbon_usd_per_t == 50
    assert fleet.regions[0].inlet_limit_c == 35


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("name: test", "name: test\ncolour: red", "colour is not a known key"),
        ("    altitude_m: 0", "    altitude_m: 0\n    altitude: 0", "regions.0.altitude is not a known key"),
        ("grid_limit_mw: 20", "grid_limit_mv: 20", "regions.0.grid_limit"),
        ("grid_limit_mw: 20", "grid_limit_mw: twenty", "valid number"),
        ("grid_limit_mw: 20", "grid_limit_mw: '20'", "valid number"),
        ("grid_limit_mw: 20", "grid_limit_mw: yes", "valid number"),
        ("grid_limit_mw: 20", "grid_limit_mw: -20", "greater than 0"),
        ("grid_limit_mw: 20", "grid_limit_mw: .inf", "finite"),
        ("grid_limit_mw: 20", "grid_limit_mw: .nan", "finite"),
        ("grid_limit_mw: 20", "grid_limit_mw:", "valid number"),
        ("it_capacity_mw: 10", "it_capacity_mw: 0", "greater than 0"),
        ("latitude_deg: 50", "latitude_deg: 95", "less than or equal to 90"),
        ("id: alpha", "id: 'Alpha One'", "pattern"),
        ("id: alpha", "id: 7", "valid string"),
        (f"    plant: {PLANT}\n", "", "regions.0.plant: Field required"),
        ("kind: outside_air", "kind: magic", "'magic'"),
        ("kind: outside_air, ", "", "kind"),
        ("design_supply_c: 24", "design_supply_c: 12", "design_supply_c 12.0 is below supply_setpoint_c"),
        ("fixed_mw: 1", "fixed_mw: -1", "greater than or equal to 0"),
        (REGION, REGION + REGION, "region id 'alpha' occurs twice"),
        (REGION, " []", "at least 1"),
        (REGION, " alpha", "regions"),
        ("name: test\n", "", "name: Field required"),
        ("    altitude_m: 0", "    altitude_m: 0\n    twin: {mean_load_fraction: 1.5}", "mean_load_fraction"),
    ],
)
def test_a_key_or_value_that_cannot_be_honoured_is_named(old, new, says):
    assert TEXT.count(old) == 1
    assert says in refused(TEXT.replace(old, new))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a list",
        "just words",
        "name: [unclosed",
        "name: a\n\tname: b",
        "a: b: c",
        "name: 2024-13-45",
        "[" * 2_000,
        "a\x00b",
        "!!python/object/apply:os.system ['exit 1']",
        "name: !!python/name:os.system",
        "name: &a [*a]",
    ],
)
def test_what_is_no_fleet_at_all_is_refused(text):
    refused(text)


def test_a_tag_that_names_code_is_refused_and_not_run(tmp_path):
    trace = tmp_path / "trace"
    refused(f"name: !!python/object/apply:pathlib.Path.touch [!!python/object/apply:pathlib.Path ['{trace}']]")
    assert not trace.exists()


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load_fleet(tmp_path / "none.yaml")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_fleet(tmp_path / "bytes.yaml")


def test_a_fleet_survives_its_own_json():
    fleet = load_fleet()
    assert Fleet.model_validate_json(fleet.model_dump_json()) == fleet
