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
        said = fleet("simulate-trip", *words, "--json", tmp_path / "x.json")
        assert said.code == 0, said
        return json.loads((tmp_path / "x.json").read_text())

    return run


def test_the_layers_their_times_and_the_curve_are_printed(fleet):
    said = fleet("simulate-trip", *ARIZONA)
    assert said.code == 0, said
    for words in (
        "arizona: 100 % of cooling lost for 3 min at 60 MW",
        "outdoors 40.0 °C, dew point 10.0 °C",
        "warn: operators look",
        "first job denied",
        "SWITCHED THEMSELVES OFF",
        "trip 40.0",
        "minutes after the loss",
    ):
        assert words in " ".join(said.out.split())
    assert said.out.count("*") > 72


def test_json_holds_times_in_order_and_a_trace_of_seconds(simulated):
    found = simulated(*ARIZONA)
    to = found["seconds_to"]
    assert 0 < to["warn"] < to["stop"] <= to["first_denial"] < to["migrate"] < to["trip"] < 180
    assert to["resume"] is None
    assert found["survived"] is False
    assert found["layers_c"] == {"warn": 27, "stop": 32, "migrate": 35, "trip": 40}
    assert found["event"] == {"name": "pump-trip", "cooling_lost": 1, "outage_minutes": 3}
    assert {len(each) for each in found["trace"].values()} == {15 * 60 + 1}
    heat = found["heat_mj"]
    assert heat["stored"] + heat["removed"] == pytest.approx(heat["generated"])


def test_a_sag_is_survived_and_jobs_are_admitted_again(simulated):
    found = simulated("--region", "arizona", "--it-load-mw", 85, *WEATHER, "--event", "power-sag")
    assert found["survived"] is True
    assert found["seconds_to"]["trip"] is None
    assert found["seconds_to"]["resume"] > 300
    assert found["admission_changes"] == 2


def test_each_option_changes_the_result(simulated):
    usual = simulated(*ARIZONA)
    assert simulated(*ARIZONA, "--outage-minutes", 0.5)["survived"] is True
    assert simulated(*ARIZONA, "--cooling-lost", 0.3)["peak_inlet_c"] < 32
    assert len(simulated(*ARIZONA, "--minutes", 5)["trace"]["time_s"]) == 301
    assert simulated(*ARIZONA, "--queue-mw-per-min", 5)["denied_mw"] > 4 * usual["denied_mw"]
    assert simulated("--region", "wyoming", *ARIZONA[2:])["layers_c"]["trip"] == pytest.approx(36.8)
    assert simulated(*ARIZONA[:3], 90, *WEATHER)["seconds_to"]["trip"] < usual["seconds_to"]["trip"]
    # A wet hour leaves an evaporative hall warmer.
    humid = simulated(*ARIZONA[:6], "--dew-point-c", 20)
    assert humid["inlet_before_c"] > usual["inlet_before_c"]


def test_weather_that_is_not_given_is_the_design_hour_of_the_climate_for_the_plant(simulated):
    found = simulated("--region", "arizona", "--it-load-mw", 60)
    assert found["weather"] == "the hour that 0.4 % of hours exceed in wet bulb"
    assert 32 < found["temperature_c"] < 38
    assert 18 < found["dew_point_c"] < 25
    dry = simulated("--region", "ireland", "--it-load-mw", 50)
    assert dry["weather"] == "the hour that 0.4 % of hours exceed in dry bulb"
    assert 20 < dry["temperature_c"] < 25
    assert simulated(*ARIZONA)["weather"] == "given"
    # A dew point above the temperature that is given would be no weather.
    cold = simulated("--region", "arizona", "--it-load-mw", 60, "--temperature-c", -5)
    assert cold["temperature_c"] == -5
    assert cold["dew_point_c"] <= -5
    assert cold["weather"].startswith("in part the hour")


def cell(said, row):
    """The last cell of a printed row."""
    return next(line for line in said.out.splitlines() if row in line).split("│")[3].strip()


def test_what_the_loss_did_not_bring_about_has_no_time(fleet):
    # A tenth of the plant lost in a cool hour: admission never stops, so nothing is denied and nothing resumes.
    mild = fleet("simulate-trip", "--region", "arizona", "--it-load-mw", 20, *WEATHER, "--cooling-lost", 0.1)
    assert cell(mild, "stop: no job") == "never"
    assert cell(mild, "first job denied") == cell(mild, "jobs admitted again") == "-"
    # An inlet above the warning before the loss.
    humid = fleet("simulate-trip", "--region", "arizona", "--it-load-mw", 60)
    assert cell(humid, "warn: operators") == "-"
    assert re.fullmatch(r"\d+ s", cell(humid, "stop: no job"))
    assert cell(humid, "jobs admitted again") == "never"


def test_what_has_no_room_is_counted_apart_from_what_is_denied(simulated):
    mild = ("--region", "arizona", "--it-load-mw", 95, *WEATHER, "--cooling-lost", 0.01)
    found = simulated(*mild, "--queue-mw-per-min", 1)
    # 15 MW are asked for in 15 min, and 5 fit: 10 MW / 10.2 kW = 980 servers have no room.
    assert found["trace"]["load_mw"][-1] == pytest.approx(100)
    assert found["no_room_mw"] == pytest.approx(10)
    assert found["no_room_servers"] == 980
    assert found["denied_servers"] == 0
    empty = simulated("--region", "arizona", "--it-load-mw", 0, *WEATHER, "--cooling-lost", 0.01)
    assert empty["trace"]["load_mw"][-1] == pytest.approx(15)


def test_the_help_says_that_a_queue_adds_to_the_load_and_which_hour_is_the_default(fleet):
    words = " ".join(fleet("simulate-trip", "--help").out.replace("│", " ").split())
    assert "keeps adding to the load" in words
    assert "exceed in wet bulb where the plant evaporates water" in words


def test_another_fleet_can_be_simulated(fleet, simulated, tmp_path):
    path = tmp_path / "plain.yaml"
    path.write_text(yaml.safe_dump(fleet_of(region("alpha")).model_dump(mode="json")))
    words = ("--fleet", path, "--region", "alpha", "--it-load-mw", 6)
    found = simulated(*words, "--temperature-c", 20, "--dew-point-c", 10)
    assert found["region"] == "alpha"
    assert_refused(fleet("simulate-trip", *words), "region alpha: twin.climate is missing", "give --temperature-c")


def test_the_plot_is_one_page_that_needs_nothing_else(fleet, tmp_path):
    said = fleet("simulate-trip", *ARIZONA, "--plot", tmp_path / "trip.html")
    assert said.code == 0, said
    page = (tmp_path / "trip.html").read_text(encoding="utf-8")
    assert "<title>Loss of cooling: Arizona (West US 3), 60 MW of IT load</title>" in page
    assert "Time after the loss" in page
    assert "<script src=" not in page
    assert "<link" not in page
    assert "trip.html" in said.out.replace("\n", "")


def test_nothing_is_written_unless_it_is_asked_for(fleet, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert fleet("simulate-trip", *ARIZONA).code == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--region", "mars", *ARIZONA[2:]), "region 'mars' is not in the fleet, expected one of arizona, ireland"),
        ((*ARIZONA[:3], -6, *WEATHER), "region arizona: it_load_mw is -6, expected 0 to 100"),
        ((*ARIZONA[:3], 101, *WEATHER), "region arizona: it_load_mw is 101, expected 0 to 100"),
        (("--region", "wyoming", "--it-load-mw", 100, *WEATHER), "expected 0 to 88.4, what its grid_limit_mw of 100"),
        ((*ARIZONA, "--queue-mw-per-min", 1e9), "region arizona: queue_mw_per_min is 1e+09, expected 0 to 100"),
        ((*ARIZONA[:3], math.nan, *WEATHER), "region arizona: it_load_mw is nan, expected 0 to 100"),
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
def test_what_cannot_be_simulated_is_refused(fleet, tmp_path, words, says):
    said = fleet("simulate-trip", *words, "--json", tmp_path / "x.json", "--plot", tmp_path / "x.html")
    assert_refused(said, says)
    assert list(tmp_path.iterdir()) == []


def test_a_plot_of_another_kind_is_refused(fleet, tmp_path):
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
