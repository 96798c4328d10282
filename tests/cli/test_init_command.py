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
    answers = iter(["dublin", "", 53.4, -6.3, 70.0, "IE", "", 80.0, 1.18, "outside_air", 0.0, 0.0, 120.0, "none", ""])
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
    assert len(asked) == 15


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


DALLAS = ("--region", "dallas", "--latitude", "32.8", "--longitude", "-96.8", "--capacity-mw", "40", "--yes")


def words_of(result):
    assert result.code == 0, result
    return " ".join(result.out.split())


def test_what_was_assumed_is_said_with_the_way_to_state_it(fleet, tmp_path):
    words = words_of(fleet("init", *DALLAS, "--out", tmp_path / "f.yaml"))
    assert "local times in America/Matamoros" in words
    assert "the nearest city of the table of time zones is Matamoros (MX), 7" in words
    assert "--time-zone states another one; --country prefers a zone of one country" in words
    assert "altitude: 0 m, because none was stated; it is not looked up. It matters" in words
    assert "`fleet ingest table --file FILE` stores your own tables" in words


def test_what_was_stated_is_not_called_assumed(fleet, tmp_path):
    words = words_of(fleet("init", *DALLAS, "--country", "US", "--altitude-m", "140", "--out", tmp_path / "f.yaml"))
    assert "local times in America/Chicago" in words
    assert "time zone: a zone of US with the clock of that city" in words
    assert "altitude:" not in words
    zone = ("--time-zone", "America/Chicago")
    assert "time zone:" not in words_of(fleet("init", *DALLAS, *zone, "--out", tmp_path / "g.yaml"))


def test_a_service_that_cannot_be_reached_is_asked_once(fleet, tmp_path, monkeypatch):
    for source in (OpenMeteoArchive, OpenMeteoRecent, OpenMeteoForecast):
        # Nothing listens on port 9 of loopback.
        monkeypatch.setattr(source, "address", "http://127.0.0.1:9/none")
    words = words_of(fleet("init", *DALLAS, "--out", tmp_path / "f.yaml"))
    assert "no source answered; without the network, use your own tables" in words
    assert "no answer (" in words
    assert "attempts" not in words
