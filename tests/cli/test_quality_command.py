"""`fleet quality`, and held values in the commands that read telemetry."""

import json

import numpy as np
import polars as pl
import pytest
from support.builders import hours_from, seasonal
from support.commands import assert_refused, runner

from fleet.domain.telemetry import Telemetry

HOURS = 60 * 24
FIRST, LAST = "2024-02-28T00:00Z", "2024-02-28T05:00Z"


@pytest.fixture
def fleet(monkeypatch, capsys, tmp_path):
    monkeypatch.delenv("FLEET_DATABASE_URL", raising=False)
    monkeypatch.setenv("FLEET_HOME", str(tmp_path / "home"))
    return runner(monkeypatch, capsys)


@pytest.fixture
def dead_meter(tmp_path):
    load = seasonal(HOURS, noise=0.4) + 20
    load[0, 58 * 24 : 58 * 24 + 6] = 0.0
    path = tmp_path / "load.parquet"
    frame = Telemetry(
        regions=("arizona",), time_utc=hours_from("2024-01-01T00", HOURS), values={"it_load_mw": load}
    ).to_frame()
    frame.write_parquet(path)
    return path


def test_held_values_are_counted_at_ingest_listed_and_kept_as_they_are(fleet, dead_meter, tmp_path):
    said = fleet("ingest", "table", "--file", dead_meter, "--json", tmp_path / "in.json")
    assert "6 values are held and count as missing: filler 6" in said.out
    assert json.loads((tmp_path / "in.json").read_text())["held"] == {"filler": 6}
    assert pl.read_parquet(tmp_path / "home" / "telemetry.parquet")["it_load_mw"].to_list().count(0.0) == 6
    said = fleet("quality", "--json", tmp_path / "q.json")
    assert said.code == 0
    assert "If they are right, release them: fleet quality --release REGION COLUMN" in " ".join(said.out.split())
    (stretch,) = json.loads((tmp_path / "q.json").read_text())["held"]
    assert (stretch["region"], stretch["column"], stretch["rule"]) == ("arizona", "it_load_mw", "filler")
    assert (stretch["first_utc"], stretch["last_utc"], stretch["hours"]) == (FIRST, LAST, 6)


@pytest.mark.slow
def test_a_person_releases_a_stretch(fleet, dead_meter):
    fleet("ingest", "table", "--file", dead_meter)
    words = ("quality", "--release", "arizona", "it_load_mw", FIRST, LAST, "--by", "Ann", "--reason", "site was off")
    assert "no value is held" in fleet(*words).out
    assert "no value is held" in fleet("quality").out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stretch", "words"),
    [
        (("texas", "it_load_mw", FIRST, LAST), ("texas", "arizona")),
        (("arizona", "load", FIRST, LAST), ("load", "it_load_mw")),
        (("arizona", "it_load_mw", LAST, FIRST), ("before it begins",)),
        (("arizona", "it_load_mw", "2030-01-01T00Z", "2030-01-01T01Z"), ("outside the telemetry",)),
    ],
)
def test_a_release_of_nothing_is_refused_and_not_recorded(fleet, dead_meter, tmp_path, stretch, words):
    fleet("ingest", "table", "--file", dead_meter)
    assert_refused(fleet("quality", "--release", *stretch, "--by", "Ann", "--reason", "site was off"), *words)
    assert not (tmp_path / "home" / "releases.jsonl").exists()


def test_a_release_names_its_person_and_its_reason(fleet, dead_meter):
    fleet("ingest", "table", "--file", dead_meter)
    assert_refused(fleet("quality", "--release", "arizona", "it_load_mw", FIRST, LAST), "--by", "--reason")


@pytest.mark.slow
def test_a_dead_sensor_earns_no_better_score(fleet, tmp_path):
    alive = seasonal(HOURS, noise=1.0)
    dead = alive.copy()
    dead[0, 40 * 24 : 50 * 24] = dead[0, 40 * 24]
    mae = {}
    for name, values in (("alive", alive), ("dead", dead)):
        frame = Telemetry(
            regions=("r",), time_utc=hours_from("2024-01-01T00", HOURS), values={"temp_c": values}
        ).to_frame()
        frame.write_parquet(tmp_path / f"{name}.parquet")
        said = fleet(
            *("evaluate", "--telemetry", tmp_path / f"{name}.parquet", "--target", "temp_c", "--step", 6),
            *("--forecaster", "persistence", "--test-start", "2024-02-05", "--json", tmp_path / "out.json"),
        )
        assert said.code == 0, said
        scores = json.loads((tmp_path / "out.json").read_text())["regions"]["r"]
        mae[name] = scores["mae"]
        # Ten days, of which the first three hours pass.
        assert scores["held"] == (0 if name == "alive" else 10 * 24 - 3)
    assert "237 values of temp_c are held, count as missing and are not scored" in said.out
    assert "stuck" in said.out
    assert mae["dead"] > 0.95 * mae["alive"]
    assert np.isfinite(mae["dead"])


def test_a_person_withdraws_a_stretch_and_takes_it_back(fleet, dead_meter, tmp_path):
    fleet("ingest", "table", "--file", dead_meter)
    first, last = "2024-02-10T00:00Z", "2024-02-10T11:00Z"
    words = ("arizona", "it_load_mw", first, last, "--by", "Ann", "--reason", "the meter was being exchanged")
    assert fleet("quality", "--withdraw", *words, "--json", tmp_path / "q.json").code == 0
    held = json.loads((tmp_path / "q.json").read_text())
    assert held["count_by_rule"] == {"filler": 6, "withdrawn": 12}
    assert [stretch["rule"] for stretch in held["held"]] == ["withdrawn", "filler"]
    fleet("quality", "--release", *words, "--json", tmp_path / "q.json")
    assert json.loads((tmp_path / "q.json").read_text())["count_by_rule"] == {"filler": 6}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--withdraw", "arizona", "it_load_mw", FIRST, LAST), ("withdrawal", "--by")),
        (("--outlooks",), ("--release", "--withdraw")),
        (
            ("--withdraw", "arizona", "it_load_mw", FIRST, LAST, "--release", "arizona", "it_load_mw", FIRST, LAST),
            ("both",),
        ),
        (
            ("--withdraw", "arizona", "it_load_mw", FIRST, LAST, "--outlooks", "--by", "A", "--reason", "r"),
            ("outlooks.parquet", "fleet ingest outlooks"),
        ),
    ],
)
def test_a_withdrawal_that_says_too_little_is_refused(fleet, dead_meter, words, said):
    fleet("ingest", "table", "--file", dead_meter)
    assert_refused(fleet("quality", *words), *said)
