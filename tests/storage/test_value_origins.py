"""Each stored value keeps its source, its publication, its flag and the time at which it was stored."""

import numpy as np
import polars as pl
import pytest
from support.builders import hours_from

from fleet.domain.provenance import Provenance
from fleet.domain.supplied import Supplied
from fleet.domain.telemetry import Telemetry
from fleet.storage.telemetry_store import (
    add_telemetry,
    read_corrections,
    read_origins,
    read_telemetry,
    write_telemetry,
)
from fleet.storage.version_log import log_folder

COLUMN = "carbon_g_per_kwh"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "telemetry.parquet"


def telemetry(values, start="2024-01-01T00"):
    grid = np.array([values], dtype=float)
    return Telemetry(regions=("here",), time_utc=hours_from(start, len(values)), values={COLUMN: grid})


def add(path, values, *, at, source="maps", estimated=None, published=None, start="2024-01-01T00"):
    """Add values of a source. `estimated` has one flag an hour, `published` one time an hour."""
    supplied = telemetry(values, start)
    provenance = Provenance(
        source=source,
        estimated={} if estimated is None else {COLUMN: np.array([estimated])},
        published_utc={} if published is None else {COLUMN: np.array([published], dtype="datetime64[s]")},
    )
    return add_telemetry(path, Supplied.of(supplied), stored_utc=at, provenance=provenance)


def origins(path, as_of_utc=None):
    window = read_telemetry(path, as_of_utc=as_of_utc)
    return read_origins(path, window, as_of_utc=as_of_utc).sort("time_utc")


def test_the_first_ingest_keeps_the_origin_of_each_value(path):
    add(path, [1, np.nan, 3], at="2024-01-01T03:05:00Z", estimated=[False, False, True],
        published=["2024-01-01T01", "NaT", "2024-01-01T03"])  # fmt: skip
    found = origins(path)
    assert found["time_utc"].dt.hour().to_list() == [0, 2]
    assert found["source"].to_list() == ["maps", "maps"]
    assert found["estimated"].to_list() == [False, True]
    assert found["published_utc"].dt.hour().to_list() == [1, 3]
    assert found["stored_utc"].unique().to_list() == ["2024-01-01T03:05:00Z"]


def test_a_revision_is_a_new_version_with_its_own_origin_and_the_old_one_stays_readable(path):
    add(path, [100, 200], at="2024-01-01T02:05:00Z", estimated=[False, True])
    add(path, [100, 250], at="2024-01-01T08:05:00Z", estimated=[False, False])
    now, then = origins(path), origins(path, as_of_utc="2024-01-01T05:00:00Z")
    assert now["stored_utc"].to_list() == ["2024-01-01T02:05:00Z", "2024-01-01T08:05:00Z"]
    assert now["estimated"].to_list() == [False, False]
    assert then["estimated"].to_list() == [False, True]
    assert read_telemetry(path, as_of_utc="2024-01-01T05:00:00Z").values[COLUMN].tolist() == [[100, 200]]
    assert read_corrections(path)["after"].to_list() == [250]


def test_a_value_that_is_no_longer_estimated_is_marked_and_is_no_correction(path):
    add(path, [100, 200], at="2024-01-01T02:05:00Z", estimated=[False, True])
    merged = add(path, [100, 200], at="2024-01-01T08:05:00Z", estimated=[False, False])
    assert merged.same == 2
    assert origins(path)["estimated"].to_list() == [False, False]
    assert origins(path, as_of_utc="2024-01-01T05:00:00Z")["estimated"].to_list() == [False, True]
    assert read_corrections(path).height == 0
    assert read_telemetry(path, as_of_utc="2024-01-01T05:00:00Z").values[COLUMN].tolist() == [[100, 200]]


def test_the_same_again_writes_no_version(path):
    for at in ("2024-01-01T02:05:00Z", "2024-01-01T03:05:00Z"):
        add(path, [100, 200], at=at, estimated=[False, True])
    assert len(list(log_folder(path).rglob("*.parquet"))) == 1


def test_values_of_two_sources_keep_their_names(path):
    add(path, [1, 2], at="2024-01-01T02:05:00Z")
    add(path, [3], at="2024-01-01T03:05:00Z", source="eirgrid", start="2024-01-01T02", estimated=[False])
    assert origins(path)["source"].to_list() == ["maps", "maps", "eirgrid"]


def test_a_store_of_an_earlier_version_is_read_and_extended(path):
    # Without a mark, as the demo and the first versions write it.
    write_telemetry(path, telemetry([1, 2]))
    assert origins(path).height == 0
    add(path, [1, 5, 6], at="2024-01-01T03:05:00Z", estimated=[False, False, False])
    assert origins(path)["time_utc"].dt.hour().to_list() == [1, 2]
    # Changes that an earlier version wrote have no source.
    (change,) = log_folder(path).rglob("00000001-*.parquet")
    notes = pl.read_parquet_metadata(change)
    rows = pl.read_parquet(change).drop("source", "published_utc", "estimated")
    rows.write_parquet(change, metadata={name: text for name, text in notes.items() if name.startswith("fleet")})
    assert origins(path)["source"].to_list() == [None, None]
    assert read_telemetry(path, as_of_utc="2024-01-01T03:00:00Z").values[COLUMN].shape == (1, 3)
    assert read_corrections(path)["after"].to_list() == [5]
