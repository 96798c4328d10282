"""What a decision rested on is told with its origin, as it was stored then."""

import numpy as np
import polars as pl
import pytest
from support.builders import hours_from

from fleet.domain import clock
from fleet.domain.provenance import Provenance
from fleet.domain.supplied import Supplied
from fleet.domain.telemetry import Telemetry
from fleet.storage.telemetry_store import add_outlooks, add_telemetry, write_telemetry
from fleet.storage.workspace import Workspace
from fleet.workflows.value_sources import sources_at

CARBON = "carbon_g_per_kwh"
ORIGIN = np.datetime64("2024-01-01T05", "h")


@pytest.fixture
def workspace(tmp_path):
    home = Workspace(tmp_path / "home")
    home.make()
    return home


def telemetry(values):
    return Telemetry(
        regions=("here",),
        time_utc=hours_from("2024-01-01T00", len(values)),
        values={CARBON: np.array([values], dtype=float)},
    )


def add(workspace, values, *, at, source, estimated):
    given = Provenance(source=source, estimated={CARBON: np.array([estimated])})
    add_telemetry(workspace.telemetry, Supplied.of(telemetry(values)), stored_utc=at, provenance=given)


def test_the_newest_value_has_its_source_and_flag(workspace):
    add(workspace, [1, 2, 3, 4, np.nan, np.nan], at="2024-01-01T06:05:00Z", source="eirgrid ROI",
        estimated=[False] * 3 + [True] * 3)  # fmt: skip
    (found,) = sources_at(workspace, "here", ORIGIN, "2024-01-01T06:10:00Z")
    assert (found.column, found.hour_utc, found.value) == (CARBON, "2024-01-01T03:00Z", 4.0)
    assert (found.source, found.estimated, found.stored_utc) == ("eirgrid ROI", True, "2024-01-01T06:05:00Z")


def test_what_was_stored_later_is_left_out(workspace):
    add(workspace, [1, 2, 3, 4], at="2024-01-01T06:05:00Z", source="first", estimated=[False] * 4)
    add(workspace, [1, 2, 3, 9, 9], at="2024-01-01T09:05:00Z", source="second", estimated=[False] * 5)
    (found,) = sources_at(workspace, "here", ORIGIN, "2024-01-01T06:10:00Z")
    assert (found.value, found.source) == (4.0, "first")


def test_the_newest_issue_that_could_be_used_has_its_source(workspace):
    rows = pl.DataFrame(
        {
            "region": ["here"] * 2,
            "issued_utc": clock.to_series(hours_from("2024-01-01T06", 2), "issued_utc"),
            "time_utc": clock.to_series(hours_from("2024-01-01T07", 2), "time_utc"),
            CARBON: [50.0, 60.0],
        }
    )
    add_outlooks(workspace.outlooks, rows, table="t", source="maps IE", stored_utc="2024-01-01T06:05:00Z")
    (found,) = sources_at(workspace, "here", ORIGIN, "2024-01-01T06:10:00Z")
    assert (found.gives, found.hour_utc, found.value, found.source) == (
        "outlooks",
        "2024-01-01T06:00Z",
        50.0,
        "maps IE",
    )


def test_a_value_of_unknown_origin_says_so(workspace):
    write_telemetry(workspace.telemetry, telemetry([1, 2]))
    (found,) = sources_at(workspace, "here", ORIGIN, "2024-01-01T06:10:00Z")
    assert found.source == "not recorded"
    assert sources_at(workspace, "elsewhere", ORIGIN, "2024-01-01T06:10:00Z") == []
