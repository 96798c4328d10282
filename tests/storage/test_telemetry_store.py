"""Values are added, corrected and withdrawn, and each earlier version can be read."""

import multiprocessing

import numpy as np
import pytest
from support.builders import telemetry_of
from support.writers import add_all

from fleet.domain.merge_telemetry import Merged
from fleet.domain.supplied import Supplied
from fleet.domain.telemetry import Telemetry
from fleet.errors import ConfigError, DataError
from fleet.storage import telemetry_store
from fleet.storage.telemetry_store import (
    add_telemetry,
    read_corrections,
    read_telemetry,
    write_telemetry,
)

FIRST, SECOND, THIRD = "2024-01-02T00:00:00Z", "2024-01-03T00:00:00Z", "2024-01-04T00:00:00Z"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "home" / "telemetry.parquet"


def assert_same(telemetry: Telemetry, expected: Telemetry) -> None:
    assert telemetry.regions == expected.regions
    np.testing.assert_array_equal(telemetry.time_utc, expected.time_utc)
    assert set(telemetry.values) == set(expected.values)
    for name, grid in expected.values.items():
        np.testing.assert_array_equal(telemetry.values[name], grid)


def add(path, telemetry: Telemetry, *, empty: bool = False, at: str = FIRST, reason: str = "") -> Telemetry:
    """Add telemetry to the store; with `empty`, its missing values are cells that the source left empty."""
    return added(path, telemetry, empty=empty, at=at, reason=reason).telemetry


def added(path, telemetry: Telemetry, *, empty: bool = False, at: str = FIRST, reason: str = "") -> Merged:
    cells = {name: np.isnan(grid) & empty for name, grid in telemetry.values.items()}
    return add_telemetry(path, Supplied(telemetry=telemetry, empty=cells), stored_utc=at, reason=reason)


def numbers(*shape: int, level: float = 0.0) -> np.ndarray:
    return level + np.arange(np.prod(shape), dtype=float).reshape(shape)


def test_written_telemetry_is_read_back(path):
    stored = telemetry_of(numbers(2, 5))
    write_telemetry(path, stored)
    assert_same(read_telemetry(path), stored)


def test_writing_replaces_the_stored_telemetry(path):
    write_telemetry(path, telemetry_of(numbers(2, 5)))
    write_telemetry(path, telemetry_of(numbers(1, 3)))
    assert_same(read_telemetry(path), telemetry_of(numbers(1, 3)))


def test_adding_the_same_values_again_changes_nothing(path):
    stored = telemetry_of(numbers(2, 5))
    add(path, stored)
    before = path.read_bytes()
    assert_same(add(path, stored), stored)
    assert path.read_bytes() == before


def test_later_hours_other_regions_and_other_columns_are_added(path):
    add(path, telemetry_of(numbers(1, 4)))
    add(path, telemetry_of(numbers(1, 4, level=100), start="2024-01-01T02", regions=("r1",)))
    stored = add(path, telemetry_of(numbers(1, 2, level=7), column="price"))
    assert_same(read_telemetry(path), stored)
    assert stored.regions == ("r0", "r1")
    np.testing.assert_array_equal(stored.values["load"][0], [0, 1, 2, 3, np.nan, np.nan])
    np.testing.assert_array_equal(stored.values["load"][1], [np.nan, np.nan, 100, 101, 102, 103])
    np.testing.assert_array_equal(stored.values["price"][0], [7, 8, np.nan, np.nan, np.nan, np.nan])


def test_a_gap_is_filled_and_hours_between_two_spans_are_missing(path):
    with_gap = numbers(1, 4)
    with_gap[0, 1] = np.nan
    add(path, telemetry_of(with_gap))
    stored = add(path, telemetry_of(numbers(1, 4)))
    np.testing.assert_array_equal(stored.values["load"][0], [0, 1, 2, 3])
    stored = add(path, telemetry_of(numbers(1, 1), start="2024-01-01T06"))
    np.testing.assert_array_equal(stored.values["load"][0], [0, 1, 2, 3, np.nan, np.nan, 0])


def test_another_value_is_a_revision_and_both_versions_can_be_read(path):
    add(path, telemetry_of(np.array([[1.0, 2.0, 3.0]])))
    change = added(path, telemetry_of(np.array([[1.0, 5.0, 3.0, 4.0]])), at=SECOND)
    assert (change.new, change.same, change.revised, change.withdrawn) == (1, 2, 1, 0)
    assert_same(read_telemetry(path), telemetry_of(np.array([[1.0, 5.0, 3.0, 4.0]])))
    assert_same(read_telemetry(path, as_of_utc=FIRST), telemetry_of(np.array([[1.0, 2.0, 3.0]])))
    assert_same(read_telemetry(path, as_of_utc=SECOND), read_telemetry(path))


def test_an_empty_cell_withdraws_a_value_and_an_absent_row_does_not(path):
    add(path, telemetry_of(np.array([[1.0, 2.0, 3.0]])))
    partly = telemetry_of(np.array([[np.nan, np.nan, 3.0]]))
    cells = {"load": np.array([[False, True, False]])}
    change = add_telemetry(path, Supplied(telemetry=partly, empty=cells), stored_utc=SECOND)
    assert (change.same, change.withdrawn) == (1, 1)
    np.testing.assert_array_equal(read_telemetry(path).values["load"][0], [1, np.nan, 3])
    np.testing.assert_array_equal(read_telemetry(path, as_of_utc=FIRST).values["load"][0], [1, 2, 3])
    # An empty cell where nothing is stored takes nothing back.
    assert added(path, telemetry_of(np.array([[1.0, np.nan, 3.0]])), empty=True, at=THIRD).withdrawn == 0


def test_rounding_to_32_bits_is_no_revision_and_the_first_value_stays(path):
    exact = 300 + np.random.default_rng(0).random((2, 200)) * [[1.0], [1e-3]]
    add(path, telemetry_of(exact))
    before = path.read_bytes()
    change = added(path, telemetry_of(exact.astype(np.float32).astype(float)), at=SECOND)
    assert (change.same, change.revised) == (400, 0)
    assert path.read_bytes() == before
    assert added(path, telemetry_of(exact * (1 + 1e-6)), at=SECOND).revised == 400


def test_a_huge_value_is_not_taken_for_another_huge_value(path):
    add(path, telemetry_of(np.array([[1e60]])))
    assert added(path, telemetry_of(np.array([[2e60]])), at=SECOND).revised == 1


def test_a_late_value_is_unknown_before_it_was_stored(path):
    add(path, telemetry_of(np.array([[1.0, np.nan, 3.0]])))
    change = added(path, telemetry_of(np.array([[1.0, 2.0, 3.0, 4.0]])), at=SECOND)
    assert (change.new, change.late) == (2, 1)
    np.testing.assert_array_equal(read_telemetry(path, as_of_utc=FIRST).values["load"][0], [1, np.nan, 3])


def test_regions_columns_and_hours_that_came_later_are_absent_before(path):
    first = telemetry_of(numbers(1, 4))
    add(path, first)
    add(path, telemetry_of(numbers(1, 2), regions=("r9",), start="2023-12-31T00"), at=SECOND)
    add(path, telemetry_of(numbers(1, 60), column="price"), at=THIRD)
    assert_same(read_telemetry(path, as_of_utc=FIRST), first)
    second = read_telemetry(path, as_of_utc=SECOND)
    assert (second.regions, list(second.values), len(second.time_utc)) == (("r0", "r9"), ["load"], 28)
    assert read_telemetry(path).values["price"].shape == (2, 84)


def test_before_the_first_ingest_the_newest_values_count(path):
    add(path, telemetry_of(numbers(1, 3)), at=SECOND)
    add(path, telemetry_of(numbers(1, 3, level=9)), at=THIRD)
    assert_same(read_telemetry(path, as_of_utc=FIRST), read_telemetry(path))


def test_a_clock_that_goes_back_does_not_reorder_the_versions(path):
    for level, at in enumerate((FIRST, THIRD, SECOND)):
        add(path, telemetry_of(numbers(1, 1, level=level)), at=at)
    assert read_telemetry(path).values["load"][0, 0] == 2
    assert read_telemetry(path, as_of_utc=SECOND).values["load"][0, 0] == 0


def test_an_old_value_changes_only_with_a_reason(path):
    add(path, telemetry_of(numbers(1, 24 * 20)))
    before = path.read_bytes()
    changed = numbers(1, 2, level=7.0)
    with pytest.raises(DataError, match=r"holds load of region r0 at 2024-01-01T00:00Z as 0, found 7 .*--reason"):
        add(path, telemetry_of(changed), at=SECOND)
    with pytest.raises(DataError, match="found no value"):
        add(path, telemetry_of(np.full((1, 2), np.nan)), empty=True, at=SECOND)
    assert path.read_bytes() == before
    assert added(path, telemetry_of(changed), at=SECOND, reason="meter replaced").revised == 2
    late = telemetry_of(numbers(1, 2, level=7.0), start="2024-01-20T00")
    assert added(path, late, at=THIRD).revised == 2
    rows = read_corrections(path)
    assert rows["reason"].to_list() == ["correction by the source"] * 2 + ["meter replaced"] * 2
    assert rows["before"].to_list() == [456, 457, 0, 1]
    assert rows["stored_utc"].to_list() == [THIRD] * 2 + [SECOND] * 2


def test_a_table_without_versions_opens_and_gets_them(path):
    stored = telemetry_of(numbers(1, 3))
    write_telemetry(path, stored)
    assert read_corrections(path).height == 0
    add(path, telemetry_of(numbers(1, 3, level=1)), at=SECOND)
    assert_same(read_telemetry(path), telemetry_of(numbers(1, 3, level=1)))
    # Nobody knows when the first values were stored, so a time before the first version has the newest values.
    assert_same(read_telemetry(path, as_of_utc=FIRST), read_telemetry(path))
    assert read_corrections(path)["before"].to_list() == [0, 1, 2]


def test_each_of_many_versions_is_read_back_as_it_was(path):
    rng = np.random.default_rng(3)
    seen = []
    for minute in range(15):
        at = f"2024-03-01T00:{minute:02d}:00Z"
        given = rng.integers(0, 4, (2, 30)).astype(float)
        given[rng.random(given.shape) < 0.4] = np.nan
        part = telemetry_of(
            given,
            start=f"2024-01-0{rng.integers(1, 4)}T00",
            column=str(rng.choice(["load", "price"])),
            regions=tuple(rng.choice(["r0", "r1", "r2"], 2, replace=False)),
        )
        add(path, part, empty=bool(rng.random() < 0.5), at=at)
        seen.append((at, read_telemetry(path)))
    for at, telemetry in seen:
        assert_same(read_telemetry(path, as_of_utc=at), telemetry)


@pytest.mark.parametrize("lone", ["1970-01-01T00", "2030-01-01T00"])
def test_an_hour_years_from_what_is_stored_is_refused_and_nothing_changes(path, lone):
    add(path, telemetry_of(numbers(1, 24 * 20)))
    before = path.read_bytes()
    with pytest.raises(DataError, match=r"stored telemetry together.*no hole of more than a year"):
        add(path, telemetry_of(numbers(1, 1), start=lone), at=SECOND)
    assert path.read_bytes() == before


def test_replacing_the_table_forgets_its_versions(path):
    for level, at in enumerate((FIRST, SECOND)):
        add(path, telemetry_of(numbers(1, 3, level=level)), at=at)
    write_telemetry(path, telemetry_of(numbers(1, 3)))
    assert_same(read_telemetry(path, as_of_utc=FIRST), telemetry_of(numbers(1, 3)))
    assert {file.name for file in path.parent.iterdir()} == {"telemetry.parquet", "telemetry.lock"}


def test_a_change_that_was_not_finished_does_not_count(path, monkeypatch):
    add(path, telemetry_of(numbers(1, 3)))
    with monkeypatch.context() as patch:
        patch.setattr(telemetry_store, "_write_current", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            add(path, telemetry_of(numbers(1, 3, level=50)), at=SECOND)
    assert_same(read_telemetry(path), telemetry_of(numbers(1, 3)))
    assert read_corrections(path).height == 0
    add(path, telemetry_of(numbers(1, 3, level=9)), at=THIRD)
    assert read_corrections(path)["after"].to_list() == [9, 10, 11]
    assert_same(read_telemetry(path, as_of_utc=SECOND), telemetry_of(numbers(1, 3)))


def test_a_lost_change_is_named_and_the_newest_values_stay_readable(path):
    for level, at in enumerate((FIRST, SECOND)):
        add(path, telemetry_of(numbers(1, 3, level=level)), at=at)
    for file in path.parent.rglob("0*.parquet"):
        file.unlink()
    with pytest.raises(DataError, match=r"change 1 .* is missing"):
        read_telemetry(path, as_of_utc=FIRST)
    assert_same(read_telemetry(path), telemetry_of(numbers(1, 3, level=1)))


def test_a_damaged_file_is_refused_with_what_to_do(path):
    path.parent.mkdir()
    path.write_bytes(b"PAR1 and nothing more")
    with pytest.raises(DataError, match="ingest the data again"):
        read_telemetry(path)
    with pytest.raises(DataError, match="ingest the data again"):
        add(path, telemetry_of(numbers(1, 3)))


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="choose another place"):
        add(tmp_path / "file" / "telemetry.parquet", telemetry_of(numbers(1, 3)))


@pytest.mark.slow
def test_two_processes_that_add_at_the_same_time_lose_no_value(path):
    context = multiprocessing.get_context("spawn")
    days = [telemetry_of(numbers(1, 24, level=day), start=f"2024-01-{day:02d}T00") for day in range(1, 9)]
    writers = [context.Process(target=add_all, args=(path, days[first::2])) for first in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    stored = read_telemetry(path).values["load"]
    assert stored.shape == (1, 8 * 24)
    np.testing.assert_array_equal(stored[0], np.concatenate([day.values["load"][0] for day in days]))
