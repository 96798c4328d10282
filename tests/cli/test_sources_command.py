"""`fleet sources check`, `fleet ingest --all` and `fleet ingest SOURCE`, against a server on loopback."""

import json
from datetime import UTC, datetime

import pytest
from support.commands import runner
from support.fake_services import Services
from support.faulty_server import serving, status

from fleet.domain.region import Fleet
from fleet.fleets import dump_fleet, load_fleet


def wired(url: str) -> str:
    """Return a fleet file of Ireland whose carbon and load come from a server."""
    (ireland,) = (region for region in load_fleet().regions if region.id == "ireland")
    text = dump_fleet(Fleet(name="one", regions=(ireland,)))
    return text + (
        "sources:\n  ireland:\n    carbon_g_per_kwh:\n"
        f"      - {{source: electricity_maps, zone: IE, url: '{url}'}}\n"
        f"    it_load_mw:\n      - {{source: prometheus, url: '{url}', query: w, unit: W, step_s: 900}}\n"
    )


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def fleet(monkeypatch, capsys, home):
    monkeypatch.setenv("FLEET_HOME", str(home))
    monkeypatch.setenv("FLEET_ELECTRICITY_MAPS_KEY", "s3cret")
    return runner(monkeypatch, capsys)


def now():
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def test_a_check_shows_age_unit_and_conversion_and_stores_nothing(fleet, home, tmp_path):
    with serving(Services(now=now())) as server:
        (home / "fleet.yaml").write_text(wired(server.url))
        result = fleet("sources", "check", "--json", tmp_path / "out.json")
    assert result.code == 0, result
    assert "W x 1e-06" in result.out
    rows = {row["column"]: row for row in json.loads((tmp_path / "out.json").read_text())}
    assert rows["it_load_mw"]["age_h"] == 0
    assert rows["carbon_g_per_kwh"]["error"] is None
    assert rows["carbon_g_per_kwh"]["carbon"] == "average, life cycle, with imports"
    assert not (home / "telemetry.parquet").exists()


def test_a_source_without_a_value_ends_with_one_and_the_others_are_shown(fleet, home):
    with serving(Services(now=now(), power_w=lambda _: None)) as server:
        (home / "fleet.yaml").write_text(wired(server.url))
        result = fleet("sources", "check")
    assert result.code == 1
    assert "1 of 2 failed: no value of these hours" in result.err
    assert "gCO2eq/kWh" in result.out


def test_all_sources_are_ingested_and_then_only_one(fleet, home, tmp_path):
    with serving(Services(now=now())) as server:
        (home / "fleet.yaml").write_text(wired(server.url))
        result = fleet("ingest", "--all", "--json", tmp_path / "out.json")
        assert result.code == 0, result
        content = json.loads((tmp_path / "out.json").read_text())
        assert {row["source"]: row["new"] for row in content["sources"]} == {"electricity_maps": 720, "prometheus": 720}
        server.paths.clear()
        assert fleet("ingest", "prometheus").code == 0
        assert all("/api/v1/query_range" in path for path in server.paths)


def test_a_refused_key_is_told_without_the_key_and_nothing_is_written(fleet, home):
    with serving(status(401, b'{"error": "Invalid auth-token s3cret"}')) as server:
        (home / "fleet.yaml").write_text(wired(server.url))
        result = fleet("ingest", "electricity_maps")
    assert result.code == 1
    assert "check the key in the variable FLEET_ELECTRICITY_MAPS_KEY" in result.err
    assert "s3cret" not in result.out + result.err
    assert not (home / "telemetry.parquet").exists()
    assert all(b"s3cret" not in path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_a_fleet_without_sources_asks_nothing(fleet):
    result = fleet("ingest", "--all")
    assert result.code == 1
    assert "has no sources, expected the section `sources`" in result.err


@pytest.mark.parametrize(
    "words",
    [("ingest",), ("ingest", "--all", "table"), ("ingest", "--since", "2024-01-01", "eia"), ("ingest", "nothing")],
)
def test_wrong_usage_ends_with_two(fleet, words):
    assert fleet(*words).code == 2


def test_a_wrong_first_hour_is_refused(fleet, home):
    (home / "fleet.yaml").write_text(wired("http://127.0.0.1:9"))
    result = fleet("ingest", "--all", "--since", "yesterday")
    assert result.code == 1
    assert "found time 'yesterday'" in result.err
