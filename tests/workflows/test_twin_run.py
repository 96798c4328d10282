"""A run of the twin as files in a folder."""

import json

import pytest

from fleet.domain.clock import parse_hour
from fleet.errors import ConfigError
from fleet.fleets import load_fleet
from fleet.twin import ALL_PARTS
from fleet.workflows.twin_run import JOBS, OUTLOOKS, TELEMETRY, TwinRun, write_twin


def run_of(*parts: str, hours: int = 48) -> TwinRun:
    return TwinRun(
        fleet=load_fleet(), start=parse_hour("2024-01-01"), hours=hours, seed=7, parts=frozenset(parts) or ALL_PARTS
    )


@pytest.mark.parametrize(
    ("parts", "tables"),
    [
        (("weather",), (TELEMETRY, OUTLOOKS)),
        (("grid",), (TELEMETRY,)),
        (("load", "jobs"), (TELEMETRY, JOBS)),
        (("jobs",), (JOBS,)),
        ((), (TELEMETRY, OUTLOOKS, JOBS)),
    ],
)
def test_the_parts_decide_which_tables_are_made(parts, tables):
    assert run_of(*parts).tables == tables


def test_the_record_counts_the_rows_that_were_written(tmp_path):
    rows = write_twin(run_of("load"), tmp_path, json=tmp_path / "copy.json")
    # Three regions with 48 hours each.
    assert rows == {TELEMETRY: 144}
    record = json.loads((tmp_path / "twin.json").read_text())
    assert record["rows"] == rows
    assert record["parts"] == ["load"]
    assert json.loads((tmp_path / "copy.json").read_text()) == record


def test_a_folder_with_tables_of_another_run_is_refused_and_unchanged(tmp_path):
    write_twin(run_of("load", "jobs"), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ConfigError, match=r"jobs\.parquet belongs to another run"):
        write_twin(run_of("load"), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
