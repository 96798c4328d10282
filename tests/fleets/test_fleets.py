"""Fleet files are read strictly: each key or value that cannot be used is named."""

import re

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
    """Return the message with which a fleet file is refused."""
    with pytest.raises(ConfigError) as error:
        parse_fleet(text, name="test.yaml")
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith("test.yaml")
    return message


def test_the_packaged_fleet_has_the_three_regions():
    assert load_fleet().region_ids == ("arizona", "ireland", "wyoming")


def test_a_file_needs_only_a_few_keys():
    fleet = parse_fleet(TEXT, name="test.yaml")
    assert fleet.region_ids == ("alpha",)
    assert fleet.costs.carbon_usd_per_t == 50
    assert fleet.regions[0].inlet_limit_c == 35


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name: test", "name: test\ncolour: red", "colour is not a known key"),
        ("name: test", "name: test\n1: red", "1 is not a known key"),
        ("    altitude_m: 0", "    altitude_m: 0\n    altitude: 0", "region alpha: altitude is not a known key"),
        ("grid_limit_mw: 20", "grid_limit_mv: 20", "region alpha: grid_limit"),
        ("grid_limit_mw: 20", "grid_limit_mw: twenty", "valid number"),
        ("grid_limit_mw: 20", "grid_limit_mw: '20'", "valid number"),
        ("grid_limit_mw: 20", "grid_limit_mw: yes", "valid number"),
        ("grid_limit_mw: 20", "grid_limit_mw: -20", "greater than 0"),
        ("grid_limit_mw: 20", "grid_limit_mw: .inf", "finite"),
        ("grid_limit_mw: 20", "grid_limit_mw: .nan", "finite"),
        ("grid_limit_mw: 20", "grid_limit_mw:", "valid number"),
        ("grid_limit_mw: 20", "grid_limit_mw: 1", "region alpha: grid_limit_mw 1 is not above plant.fixed_mw 1"),
        ("it_capacity_mw: 10", "it_capacity_mw: 0", "greater than 0"),
        ("latitude_deg: 50", "latitude_deg: 95", "less than or equal to 90"),
        ("id: alpha", "id: 'Alpha One'", "regions.0.id is 'Alpha One', expected the pattern"),
        ("id: alpha", "id: 7", "valid string"),
        (f"    plant: {PLANT}\n", "", "region alpha: plant is missing"),
        (
            "kind: outside_air",
            "kind: magic",
            "region alpha: plant.kind is 'magic', expected one of 'evaporative', 'out",
        ),
        ("kind: outside_air, ", "", "region alpha: plant.kind is missing"),
        ("design_supply_c: 24", "design_supply_c: 12", "design_supply_c 12.0 is below supply_setpoint_c"),
        ("fixed_mw: 1", "fixed_mw: -1", "region alpha: plant.fixed_mw is -1, expected greater than or equal to 0"),
        (f"plant: {PLANT}", "plant: 7", "region alpha: plant is 7, expected keys with values"),
        (REGION, REGION + REGION, "region id 'alpha' occurs twice"),
        (REGION, " []", "at least 1"),
        (REGION, " alpha", "regions"),
        ("name: test\n", "", "name is missing"),
        (
            "name: test",
            "name: test\ncosts: {transfer_usd_per_gb: -1}",
            "costs.transfer_usd_per_gb is -1, expected great",
        ),
        ("name: test", "name: test\ncosts: {waiting_usd_per_mwh_per_h: .inf}", "finite"),
        ("name: test", "name: test\ncosts: {change_usd_per_mwh: '1'}", "costs.change_usd_per_mwh is '1'"),
        ("name: test", "name: test\ncosts: {count_grid_water: 1}", "costs.count_grid_water is 1"),
        (
            "    altitude_m: 0",
            "    altitude_m: 0\n    grid_water_l_per_kwh: -1",
            "region alpha: grid_water_l_per_kwh is -1",
        ),
        ("    altitude_m: 0", "    altitude_m: 0\n    twin: {mean_load_fraction: 1.5}", "mean_load_fraction"),
    ],
)
def test_a_key_or_value_that_cannot_be_used_is_named(old, new, expected):
    assert TEXT.count(old) == 1
    assert expected in refused(TEXT.replace(old, new))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "is empty"),
        ("# a comment\n---\n", "is empty"),
        ("- name: test\n", "holds a list"),
        ("!!set {a}", "holds a list"),
        *((text, "holds a single value") for text in ("name", "7", "0.5", "yes", "2024-01-01")),
    ],
)
def test_a_file_without_keys_is_refused_in_words(text, found):
    assert refused(text) == (
        f"test.yaml {found}, expected keys `name` and `regions`; remove it, and `fleet init` writes a new one"
    )


@pytest.mark.parametrize(
    ("climate", "expected"),
    [
        ("{phoenix: 0.5}", "region alpha: twin.climate: shares add up to 0.5, expected 1"),
        ("{phoenix: 2}", "region alpha: twin.climate.phoenix is 2, expected less than or equal to 1"),
        ("{}", "region alpha: twin.climate is empty, expected at least 1 entry"),
        ("5", "region alpha: twin.climate is 5, expected a name, or shares of several that add up to 1"),
        ("[phoenix]", "region alpha: twin.climate is a list, expected a name, or shares"),
    ],
)
def test_a_fault_in_shares_is_named(climate, expected):
    message = refused(TEXT.replace("    altitude_m: 0", f"    altitude_m: 0\n    twin: {{climate: {climate}}}"))
    assert message.startswith(f"test.yaml: {expected}")
    assert "a valid string" not in message


def test_several_faults_are_named_in_one_line():
    message = refused(TEXT.replace("altitude_m: 0", "altitude: 0").replace("fixed_mw: 1", "fixed_mw: low"))
    assert message == (
        "test.yaml: 3 faults: region alpha: plant.fixed_mw is 'low', expected a valid number; "
        "region alpha: altitude is not a known key; remove it or correct its spelling; "
        "region alpha: altitude_m is missing; add it"
    )


def test_of_many_faults_the_first_are_named_and_the_others_are_counted():
    message = refused(TEXT + "".join(f"key{index}: 1\n" for index in range(20)))
    assert message.startswith("test.yaml: 20 faults: key0 is not a known key")
    assert message.endswith("; and 14 more")


@pytest.mark.parametrize("new", ["design_supply_c: 12", "kind: magic", "fixed_mw: -1"])
def test_a_message_has_no_words_of_pydantic_and_no_content_of_the_file(new):
    key = new.split(":")[0]
    message = refused(re.sub(rf"{key}: \w+", new, TEXT))
    assert not re.search(r"Value error|Input|Field|found \{|dictionary", message)


def test_a_long_value_is_cut_with_an_ellipsis():
    assert f"{'x' * 59}…, expected" in refused(TEXT.replace("altitude_m: 0", f"altitude_m: {'x' * 500}"))


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
def test_a_text_that_is_not_a_fleet_is_refused(text):
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


def test_a_fleet_is_read_back_from_its_json():
    fleet = load_fleet()
    assert Fleet.model_validate_json(fleet.model_dump_json()) == fleet


def test_a_fault_names_the_region_by_its_id_and_not_by_its_number():
    message = refused(TEXT.replace("grid_limit_mw: 20", "grid_limit_mw: low"))
    assert message.startswith("test.yaml: region alpha: grid_limit_mw is 'low', expected")
    # Without an id that can be used, the number is all there is.
    assert "regions.0.id is 7, expected" in refused(TEXT.replace("id: alpha", "id: 7"))
