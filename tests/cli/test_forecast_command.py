"""`fleet forecast`."""

import json
from dataclasses import replace

import numpy as np
import pytest
import yaml
from support.commands import assert_refused, runner
from support.sites import DAY, fleet_of, region, summer_twin

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
        assert f"{name}: the next 24 h, origin {AT}" in result.out
    assert "95 % sure for each hour" in result.out
    content = json.loads((tmp_path / "out.json").read_text())
    assert (content["origin_utc"], content["confidence"], content["closed"]) == (AT, 0.95, {})
    assert list(content["regions"]) == list(FLEET.region_ids)
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
    assert "arizona" not in result.out
    assert_refused(fleet("forecast", "--at", AT, "--region", "mars"), "region 'mars' is not in the fleet")


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
    assert why["arizona"].startswith("temperature_c has had no value since")
    assert "arizona gets no bound for jobs: temperature_c has had no value since" in result.out


def test_a_plot_of_many_regions_asks_for_one(fleet, tmp_path):
    many = tmp_path / "fleet.yaml"
    some = fleet_of(*[region(f"r{number}") for number in range(5)])
    many.write_text(yaml.safe_dump(some.model_dump(mode="json")))
    result = fleet("forecast", "--fleet", many, "--plot", tmp_path / "out.html")
    assert_refused(result, "a plot shows at most 4 regions, found 5; name one with --region")
