"""`fleet simulate-trip`."""

import json
import math
import re

import pytest
import yaml
from support.commands import assert_refused, runner
from support.sites import fleet_of, region

WEATHER = ("--temperature-c", 40, "--dew-point-c", 10)
ARIZONA = ("--region", "arizona", "--it-load-mw", 60, *WEATHER)


@pytest.fixture
def fleet(monkeypatch, capsys):
    return runner(monkeypatch, capsys)


@pytest.fixture
def simulated(fleet, tmp_path):
    def run(*words):
        result = fleet("simulate-trip", *words, "--json", tmp_path / "x.json")
        assert result.code == 0, result
        return json.loads((tmp_path / "x.json").read_text())

    return run


def test_a_table_of_layers_and_a_curve_are_printed(fleet):
    result = fleet("simulate-trip", *ARIZONA)
    assert result.code == 0, result
    for words in (
        "arizona: 100 % of cooling lost for 3 min at 60 MW",
        "outdoors 40.0 °C, dew point 10.0 °C",
        "warn: operators are warned",
        "first job denied",
        "SWITCHED THEMSELVES OFF",
        "trip 40.0",
        "minutes after the loss",
    ):
        assert words in " ".join(result.out.split())
    assert result.out.count("*") > 72


def test_json_holds_ordered_times_and_a_trace_by_second(simulated):
    content = simulated(*ARIZONA)
    to = content["seconds_to"]
    assert 0 < to["warn"] < to["stop"] <= to["first_denial"] < to["migrate"] < to["trip"] < 180
    assert to["resume"] is None
    assert content["survived"] is False
    assert content["layers_c"] == {"warn": 27, "stop": 32, "migrate": 35, "trip": 40}
    assert content["event"] == {"name": "pump-trip", "cooling_lost": 1, "outage_minutes": 3}
    assert {len(values) for values in content["trace"].values()} == {15 * 60 + 1}
    heat = content["heat_mj"]
    assert heat["stored"] + heat["removed"] == pytest.approx(heat["generated"])


def test_servers_survive_a_power_sag_and_jobs_are_admitted_again(simulated):
    content = simulated("--region", "arizona", "--it-load-mw", 85, *WEATHER, "--event", "power-sag")
    assert content["survived"] is True
    assert content["seconds_to"]["trip"] is None
    assert content["seconds_to"]["resume"] > 300
    assert content["admission_changes"] == 2


@pytest.mark.slow
def test_each_option_changes_the_result(simulated):
    default = simulated(*ARIZONA)
    assert simulated(*ARIZONA, "--outage-minutes", 0.5)["survived"] is True
    assert simulated(*ARIZONA, "--cooling-lost", 0.3)["peak_inlet_c"] < 32
    assert len(simulated(*ARIZONA, "--minutes", 5)["trace"]["time_s"]) == 301
    assert simulated(*ARIZONA, "--queue-mw-per-min", 5)["denied_mw"] > 4 * default["denied_mw"]
    assert simulated("--region", "wyoming", *ARIZONA[2:])["layers_c"]["trip"] == pytest.approx(36.8)
    assert simulated(*ARIZONA[:3], 90, *WEATHER)["seconds_to"]["trip"] < default["seconds_to"]["trip"]
    # Evaporative cooling is weaker in humid air.
    humid = simulated(*ARIZONA[:6], "--dew-point-c", 20)
    assert humid["inlet_before_c"] > default["inlet_before_c"]


@pytest.mark.slow
def test_the_default_weather_is_the_design_hour_of_the_climate(simulated):
    content = simulated("--region", "arizona", "--it-load-mw", 60)
    assert content["weather"] == "the hour that 0.4 % of hours exceed in wet bulb"
    assert 32 < content["temperature_c"] < 38
    assert 18 < content["dew_point_c"] < 25
    dry = simulated("--region", "ireland", "--it-load-mw", 50)
    assert dry["weather"] == "the hour that 0.4 % of hours exceed in dry bulb"
    assert 20 < dry["temperature_c"] < 25
    assert simulated(*ARIZONA)["weather"] == "given"
    # The dew point cannot be above the given temperature.
    cold = simulated("--region", "arizona", "--it-load-mw", 60, "--temperature-c", -5)
    assert cold["temperature_c"] == -5
    assert cold["dew_point_c"] <= -5
    assert cold["weather"].startswith("partly the hour")


def last_cell(result, row):
    return next(line for line in result.out.splitlines() if row in line).split("│")[3].strip()


def test_an_event_that_the_loss_did_not_cause_has_no_time(fleet):
    # The loss of a tenth of the plant never stops admission, so no job is denied and admission does not resume.
    mild = fleet("simulate-trip", "--region", "arizona", "--it-load-mw", 20, *WEATHER, "--cooling-lost", 0.1)
    assert last_cell(mild, "stop: no job") == "never"
    assert last_cell(mild, "first job denied") == last_cell(mild, "jobs admitted again") == "-"
    # The inlet is above the warning level before the loss.
    humid = fleet("simulate-trip", "--region", "arizona", "--it-load-mw", 60)
    assert last_cell(humid, "warn: operators") == "-"
    assert re.fullmatch(r"\d+ s", last_cell(humid, "stop: no job"))
    assert last_cell(humid, "jobs admitted again") == "never"


def test_servers_that_do_not_fit_are_counted_apart_from_denied_servers(simulated):
    mild = ("--region", "arizona", "--it-load-mw", 115, *WEATHER, "--cooling-lost", 0.01)
    content = simulated(*mild, "--queue-mw-per-min", 1)
    # Jobs request 15 MW in 15 min, and 5 MW fit: 10 MW / 10.2 kW = 980 servers do not fit.
    assert content["trace"]["load_mw"][-1] == pytest.approx(120)
    assert content["no_room_mw"] == pytest.approx(10)
    assert content["no_room_servers"] == 980
    assert content["denied_servers"] == 0
    empty = simulated("--region", "arizona", "--it-load-mw", 0, *WEATHER, "--cooling-lost", 0.01)
    assert empty["trace"]["load_mw"][-1] == pytest.approx(18)


def test_the_help_explains_the_queue_and_the_design_hour(fleet):
    words = " ".join(fleet("simulate-trip", "--help").out.replace("│", " ").split())
    assert "Admitted jobs add to the load" in words
    assert "mean coincident dry bulb of the annual 0.4 % design wet bulb" in words


def test_the_help_gives_the_share_and_the_length_of_each_event(fleet):
    words = " ".join(fleet("simulate-trip", "--help").out.replace("│", " ").split())
    assert "pump-trip: 100 % of the cooling is lost for 3 min; power-sag: 60 %" in words


def test_another_fleet_can_be_simulated(fleet, simulated, tmp_path):
    path = tmp_path / "plain.yaml"
    path.write_text(yaml.safe_dump(fleet_of(region("alpha")).model_dump(mode="json")))
    words = ("--fleet", path, "--region", "alpha", "--it-load-mw", 6)
    content = simulated(*words, "--temperature-c", 20, "--dew-point-c", 10)
    assert content["region"] == "alpha"
    assert_refused(fleet("simulate-trip", *words), "region alpha: twin.climate is missing", "give --temperature-c")


def test_the_plot_is_a_self_contained_page(fleet, tmp_path):
    result = fleet("simulate-trip", *ARIZONA, "--plot", tmp_path / "trip.html")
    assert result.code == 0, result
    page = (tmp_path / "trip.html").read_text(encoding="utf-8")
    assert "<title>Loss of cooling: Arizona (West US 3), 60 MW of IT load</title>" in page
    assert "Time after the loss" in page
    assert "<script src=" not in page
    assert "<link" not in page
    assert "trip.html" in result.out.replace("\n", "")


def test_without_json_or_plot_no_file_is_written(fleet, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert fleet("simulate-trip", *ARIZONA).code == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--region", "mars", *ARIZONA[2:]), "region 'mars' is not in the fleet, expected one of arizona, ireland"),
        ((*ARIZONA[:3], -6, *WEATHER), "region arizona: it_load_mw is -6, expected 0 to 120"),
        ((*ARIZONA[:3], 121, *WEATHER), "region arizona: it_load_mw is 121, expected 0 to 120"),
        (
            ("--region", "wyoming", "--it-load-mw", 100, *WEATHER),
            "expected 0 to 89.4, the load that its grid_limit_mw of 100",
        ),
        ((*ARIZONA, "--queue-mw-per-min", 1e9), "region arizona: queue_mw_per_min is 1e+09, expected 0 to 120"),
        ((*ARIZONA[:3], math.nan, *WEATHER), "region arizona: it_load_mw is nan, expected 0 to 120"),
        ((*ARIZONA, "--event", "flood"), "event is 'flood', expected one of pump-trip, power-sag"),
        ((*ARIZONA, "--cooling-lost", 1.5), "share of cooling lost is 1.5"),
        ((*ARIZONA, "--outage-minutes", 0), "outage is 0 min"),
        ((*ARIZONA[:4], "--temperature-c", 313, "--dew-point-c", 10), "region arizona: temperature_c is 313"),
        (
            (*ARIZONA[:4], "--temperature-c", 20, "--dew-point-c", 25),
            "region arizona: dew_point_c is 25, expected at most",
        ),
        ((*ARIZONA[:4], "--temperature-c", math.nan, "--dew-point-c", 5), "region arizona: weather is missing"),
        (("--region", "ireland", *ARIZONA[2:]), "region ireland: 60 MW have no steady state"),
        ((*ARIZONA, "--fleet", "none.yaml"), "cannot be read"),
    ],
)
def test_a_trip_that_cannot_be_simulated_is_refused(fleet, tmp_path, words, message):
    result = fleet("simulate-trip", *words, "--json", tmp_path / "x.json", "--plot", tmp_path / "x.html")
    assert_refused(result, message)
    assert list(tmp_path.iterdir()) == []


def test_a_plot_that_is_not_html_is_refused(fleet, tmp_path):
    assert_refused(fleet("simulate-trip", *ARIZONA, "--plot", tmp_path / "x.png"), "suffix '.png', expected .html")


@pytest.mark.parametrize(
    "words",
    [
        ("--region", "arizona"),
        ("--it-load-mw", 60),
        (*ARIZONA, "--it-load-mw", "much"),
        (*ARIZONA, "--minutes", 0),
        (*ARIZONA, "--queue-mw-per-min", -1),
        (*ARIZONA, "--magic"),
    ],
)
def test_wrong_usage_ends_with_two(fleet, words):
    assert fleet("simulate-trip", *words).code == 2
