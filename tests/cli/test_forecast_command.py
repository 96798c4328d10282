"""`fleet forecast`."""

import json
from dataclasses import replace

import numpy as np
import pytest
import yaml
from support.commands import assert_refused, runner
from support.sites import DAY, fleet_of, region, summer_twin

from fleet.cli.forecast_command import _cell
from fleet.fleets import load_fleet
from fleet.storage.telemetry_store import write_telemetry

FLEET = load_fleet()
# Sixty days of errors are needed for a band, and thirty days of history before.
HOURS = 100 * DAY
TELEMETRY = summer_twin().telemetry.hours(0, HOURS)
AT = f"{TELEMETRY.time_utc[-1]}:00Z"
COLUMNS = ("temperature_c", "dew_point_c", "it_load_mw", "carbon_g_per_kwh", "price_usd_per_mwh")


def workspace_with(folder, telemetry):
    write_telemetry(folder / "telemetry.parquet", telemetry)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return workspace_with(tmp_path_factory.mktemp("home"), TELEMETRY)


@pytest.fixture
def fleet(monkeypatch, capsys, home):
    monkeypatch.setenv("FLEET_HOME", str(home))
    return runner(monkeypatch, capsys)


def test_the_forecast_is_printed_written_and_plotted(fleet, tmp_path):
    result = fleet("forecast", "--at", AT, "--json", tmp_path / "out.json", "--plot", tmp_path / "out.html")
    assert result.code == 0, result
    for name in FLEET.region_ids:
        assert f"{name}: the 24 h after the last known hour {AT}" in result.out
    assert "95 % sure for each hour" in result.out
    content = json.loads((tmp_path / "out.json").read_text())
    assert (content["origin_utc"], content["confidence"], content["closed"]) == (AT, 0.95, {})
    assert list(content["regions"]) == list(FLEET.region_ids)
    assert content["no_band"] == {}
    assert list(content["units"].items()) == [
        ("temperature_c", "degC"),
        ("dew_point_c", "degC"),
        ("it_load_mw", "MW"),
        ("carbon_g_per_kwh", "g/kWh"),
        ("price_usd_per_mwh", "USD/MWh"),
    ]
    for columns in content["regions"].values():
        assert list(columns) == list(COLUMNS)
        for hours in columns.values():
            assert len(hours) == 24
            assert hours[0]["time_utc"] == f"{TELEMETRY.time_utc[-1] + 1}:00Z"
            assert all(hour["lower"] < hour["forecast"] < hour["upper"] for hour in hours)
    page = (tmp_path / "out.html").read_text()
    assert "Each band holds for its hour by itself" in page


@pytest.mark.slow
def test_a_higher_confidence_gives_wider_bands(fleet, tmp_path):
    widths = []
    for confidence in (0.8, 0.95):
        result = fleet("forecast", "--at", AT, "--confidence", confidence, "--json", tmp_path / "out.json")
        assert result.code == 0, result
        content = json.loads((tmp_path / "out.json").read_text())["regions"]["wyoming"]["temperature_c"]
        widths.append(np.mean([hour["upper"] - hour["lower"] for hour in content]))
    assert widths[0] < widths[1]


@pytest.mark.slow
def test_only_the_named_region_is_shown(fleet, tmp_path):
    result = fleet("forecast", "--at", AT, "--region", "ireland", "--json", tmp_path / "out.json")
    assert list(json.loads((tmp_path / "out.json").read_text())["regions"]) == ["ireland"]
    assert "ireland: the 24 h" in result.out
    assert "arizona: the 24 h" not in result.out
    assert_refused(fleet("forecast", "--at", AT, "--region", "mars"), "region 'mars' is not in the fleet")


@pytest.mark.slow
def test_a_silent_region_has_no_bound_and_says_why(fleet, tmp_path):
    values = {name: grid.copy() for name, grid in TELEMETRY.values.items()}
    values["temperature_c"][0, -20:] = np.nan
    silent = tmp_path / "silent"
    silent.mkdir()
    workspace_with(silent, replace(TELEMETRY, values=values))
    result = fleet("forecast", "--home", silent, "--at", AT, "--json", tmp_path / "out.json")
    assert result.code == 0, result
    why = json.loads((tmp_path / "out.json").read_text())["closed"]
    assert list(why) == ["arizona"]
    assert why["arizona"].startswith("temperature_c has had no usable value since")
    columns = "temperature_c, dew_point_c, it_load_mw"
    assert (
        f"arizona: no band of {columns}, and no bound for jobs: temperature_c has had no usable value since"
        in result.out
    )
    content = json.loads((tmp_path / "out.json").read_text())
    assert set(content["no_band"]["arizona"]) == set(COLUMNS[:3])
    assert {hour["upper"] for hour in content["regions"]["arizona"]["temperature_c"]} == {None}
    assert None not in {hour["upper"] for hour in content["regions"]["ireland"]["temperature_c"]}


def test_a_plot_of_many_regions_asks_for_one(fleet, tmp_path):
    many = tmp_path / "fleet.yaml"
    some = fleet_of(*[region(f"r{number}") for number in range(5)])
    many.write_text(yaml.safe_dump(some.model_dump(mode="json")))
    result = fleet("forecast", "--fleet", many, "--plot", tmp_path / "out.html")
    assert_refused(result, "a plot shows at most 4 regions, found 5; name one with --region")


def table_lines(text):
    return [line.rstrip() for line in text.splitlines() if line[:1] in tuple("┏┃┡│└")]


@pytest.mark.slow
@pytest.mark.parametrize(("width", "tables"), [(80, 2), (120, 1), (30, 5)])
def test_columns_that_do_not_fit_the_terminal_are_in_further_tables(fleet, monkeypatch, width, tables):
    monkeypatch.setenv("COLUMNS", str(width))
    result = fleet("forecast", "--at", AT, "--region", "wyoming")
    lines = table_lines(result.out)
    assert sum(line.startswith("┏") for line in lines) == tables
    assert result.out.count("wyoming, continued") == tables - 1
    # A table has at least one column beside the hour, also on a terminal that is too narrow for it.
    assert max(map(len, lines)) <= max(width, 42)
    for name in COLUMNS:
        assert result.out.count(f" {name} ┃") == 1
    # Every table has all hours.
    assert sum(line.startswith("│") for line in lines) == 24 * tables


@pytest.mark.slow
def test_a_file_has_one_table_for_a_region(fleet, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    result = fleet("forecast", "--at", AT, "--region", "wyoming")
    assert sum(line.startswith("┏") for line in table_lines(result.out)) == 1


def test_the_ends_of_a_band_are_rounded_outwards():
    assert _cell(10.04, 9.06, 11.01, digits=1) == "10.0 [9.0, 11.1]"
    assert _cell(-10.04, -11.01, -9.06, digits=1) == "-10.0 [-11.1, -9.0]"
    assert _cell(447.6, 430.9, 474.1, digits=0) == "448 [430, 475]"
    assert _cell(42.0, -np.inf, np.inf, digits=1) == "42.0 [-]"
    assert _cell(np.nan, -np.inf, np.inf, digits=1) == "-"


@pytest.mark.slow
def test_a_price_of_the_fleet_file_is_shown_without_band(fleet, tmp_path):
    values = {name: grid for name, grid in TELEMETRY.values.items() if name != "price_usd_per_mwh"}
    home = tmp_path / "stated"
    home.mkdir()
    workspace_with(home, replace(TELEMETRY, values=values))
    result = fleet("forecast", "--home", home, "--at", AT, "--region", "ireland")
    assert result.code == 0, result
    assert "120.0 [-]" in result.out
    why = "no price_usd_per_mwh is stored, so the value of the fleet file is shown"
    assert f"ireland: no band of price_usd_per_mwh: {why}" in result.out


@pytest.mark.slow
def test_a_past_hour_counts_as_the_last_known_one(fleet, tmp_path):
    past = f"{TELEMETRY.time_utc[-13]}:00Z"
    result = fleet("forecast", "--at", past, "--region", "ireland", "--json", tmp_path / "out.json")
    assert result.code == 0, result
    content = json.loads((tmp_path / "out.json").read_text())
    assert content["origin_utc"] == past
    first_hour = content["regions"]["ireland"]["it_load_mw"][0]["time_utc"]
    assert first_hour == f"{TELEMETRY.time_utc[-12]}:00Z"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--at", "2030-01-01T00:00Z"], "2030-01-01T00:00Z"),
        (["--at", AT, "--plot", "out.png"], "out.png has suffix '.png', expected .html"),
        (["--at", AT, "--confidence", "1.5"], "confidence"),
    ],
)
def test_options_that_cannot_be_honoured_are_refused(fleet, words, said):
    assert_refused(fleet("forecast", *words), said)


def test_a_workspace_without_telemetry_is_refused(fleet, tmp_path):
    assert_refused(fleet("forecast", "--home", tmp_path / "empty"), "telemetry")
