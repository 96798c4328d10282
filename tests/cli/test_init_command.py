"""`fleet init`: by options and by questions."""

import pytest
from support.commands import runner
from support.fake_services import Services
from support.faulty_server import serving

from fleet.fleets import load_fleet
from fleet.sources.open_meteo_archive import OpenMeteoArchive
from fleet.sources.open_meteo_forecast import OpenMeteoForecast
from fleet.sources.open_meteo_recent import OpenMeteoRecent

DUBLIN = ("--region", "dublin", "--latitude", "53.4", "--longitude", "-6.3", "--capacity-mw", "80")


@pytest.fixture
def fleet(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("FLEET_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("FLEET_OPEN_METEO_KEY", raising=False)
    with serving(Services()) as server:
        for source, path in (
            (OpenMeteoArchive, "archive"),
            (OpenMeteoRecent, "forecast"),
            (OpenMeteoForecast, "forecast"),
        ):
            monkeypatch.setattr(source, "address", f"{server.url}/{path}")
        yield runner(monkeypatch, capsys)


def test_options_make_a_fleet_file_and_the_sources_are_tried(fleet, tmp_path):
    result = fleet("init", *DUBLIN, "--pue", "1.18", "--cooling", "outside_air", "--yes")
    assert result.code == 0, result
    assert "open_meteo_archive" in result.out
    made = load_fleet(tmp_path / "home" / "fleet.yaml")
    assert made.regions[0].plant.kind == "outside_air"
    assert set(made.sources["dublin"]) == {"temperature_c", "dew_point_c"}


def test_questions_are_asked_for_what_no_option_states(fleet, tmp_path, monkeypatch):
    answers = iter(["dublin", "", 53.4, -6.3, 70.0, "", 80.0, 1.18, "outside_air", 0.0, 0.0, 120.0, "none", ""])
    asked = []

    def answer(question, *, default, type):  # noqa: A002 - the name of typer's argument
        asked.append(question)
        given = next(answers)
        return default if given == "" else given

    monkeypatch.setattr("fleet.cli.init_command.typer.prompt", answer)
    result = fleet("init")
    assert result.code == 0, result
    region = load_fleet(tmp_path / "home" / "fleet.yaml").regions[0]
    assert (region.name, region.price_usd_per_mwh, region.outdoor_limit_c) == ("dublin", 120.0, None)
    assert region.time_zone == "Europe/Dublin"
    assert len(asked) == 14


def test_a_time_zone_is_stated_or_that_of_the_nearest_city_and_an_unknown_one_is_refused(fleet, tmp_path):
    path = tmp_path / "f.yaml"
    refused = fleet("init", *DUBLIN, "--time-zone", "Ireland", "--yes", "--out", path)
    assert refused.code == 1
    assert "found 'Ireland', expected the IANA name of a time zone" in refused.err
    made = fleet("init", *DUBLIN, "--yes", "--out", path)
    assert "local times in Europe/Dublin" in made.out
    assert fleet("init", "--region", "x", *DUBLIN[2:], "--time-zone", "UTC", "--yes", "--add", "--out", path).code == 0
    assert [region.time_zone for region in load_fleet(path).regions] == ["Europe/Dublin", "UTC"]


def test_a_region_is_added_and_a_file_is_not_overwritten(fleet, tmp_path):
    path = tmp_path / "f.yaml"
    assert fleet("init", *DUBLIN, "--yes", "--out", path).code == 0
    again = fleet("init", *DUBLIN, "--yes", "--out", path)
    assert again.code == 1
    assert "exists already; give --add" in again.err
    assert fleet("init", "--region", "cork", *DUBLIN[2:], "--yes", "--add", "--out", path).code == 0
    assert load_fleet(path).region_ids == ("dublin", "cork")


def test_a_missing_answer_is_named_and_nothing_is_written(fleet, tmp_path):
    result = fleet("init", "--region", "dublin", "--yes")
    assert result.code == 1
    assert "--latitude is missing; give it, or leave out --yes" in result.err
    assert not (tmp_path / "home").exists()
