"""Keys come from a variable or a file, and a message names the place and never the key."""

import subprocess
import sys

import pytest
from support.payloads import CARBON, query_of

from fleet.errors import SourceError
from fleet.sources.electricity_maps import ElectricityMaps
from fleet.sources.keys import key_name, key_of
from fleet.sources.open_meteo_forecast import OpenMeteoForecast

DAY = {"first": "2024-01-01", "end": "2024-01-02"}


def query(**settings):
    return query_of("electricity_maps", [CARBON], **DAY, zone="DE", **settings)


def test_the_key_comes_from_the_variable_of_the_source(monkeypatch):
    monkeypatch.setenv("FLEET_ELECTRICITY_MAPS_KEY", " abc \n")
    assert key_of(ElectricityMaps, query()) == "abc"


def test_the_fleet_file_may_name_another_variable(monkeypatch):
    monkeypatch.setenv("OTHER", "def")
    assert key_of(ElectricityMaps, query(key_env="OTHER")) == "def"
    assert key_name(ElectricityMaps, query(key_env="OTHER")) == "the variable OTHER"


def test_the_key_may_be_in_a_file(tmp_path):
    path = tmp_path / "key"
    path.write_text("ghi\n")
    assert key_of(ElectricityMaps, query(key_file=str(path))) == "ghi"
    with pytest.raises(SourceError, match=r"key file .*missing cannot be read \(No such file"):
        key_of(ElectricityMaps, query(key_file=str(tmp_path / "missing")))


def test_a_missing_key_names_the_variable(monkeypatch):
    monkeypatch.delenv("FLEET_ELECTRICITY_MAPS_KEY", raising=False)
    with pytest.raises(SourceError, match="no key: the variable FLEET_ELECTRICITY_MAPS_KEY is empty or not set"):
        key_of(ElectricityMaps, query())


def test_a_key_that_cannot_be_sent_is_refused_without_showing_it(monkeypatch):
    monkeypatch.setenv("FLEET_ELECTRICITY_MAPS_KEY", "abc\ndef")
    with pytest.raises(SourceError) as refusal:
        key_of(ElectricityMaps, query())
    assert "line break" in str(refusal.value)
    assert "abc" not in str(refusal.value)


def test_a_source_that_works_without_a_key_needs_none(monkeypatch):
    monkeypatch.delenv("FLEET_OPEN_METEO_KEY", raising=False)
    assert key_of(OpenMeteoForecast, query_of("open_meteo_forecast", ["temperature_c"], **DAY)) == ""


def test_no_source_opens_a_connection_when_it_is_imported():
    code = (
        "import socket, sys\n"
        "def refuse(*_, **__): raise SystemExit('a connection was opened')\n"
        "socket.socket.connect = refuse\n"
        "import fleet.sources\n"
        "assert 'httpx' not in sys.modules, 'httpx is imported before it is used'\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
