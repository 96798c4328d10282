import errno
from pathlib import Path

import numpy as np
import pytest

from fleet.errors import ConfigError, DataError
from fleet.storage.snapshot_store import KEPT_H, SnapshotName, SnapshotStore

BEGIN = np.datetime64("2024-05-20T00", "h")
LARGE = 20_000


class ListCodec:
    """The state is a dictionary of arrays."""

    def encode(self, value, arrays):
        arrays.extend(value.values())
        return list(value)

    def decode(self, tree, array):
        return {name: array(index) for index, name in enumerate(tree)}


def store_in(folder: Path, version: str = "1") -> SnapshotStore:
    return SnapshotStore(folder, ListCodec(), version)


def name_of(hour: int, digest: str = "abc") -> SnapshotName:
    return SnapshotName(BEGIN + hour, digest)


def test_a_state_comes_back_unchanged(tmp_path):
    store_in(tmp_path).write(name_of(0), {"a": np.arange(3), "b": np.zeros((2, 0))})
    state = store_in(tmp_path).read(name_of(0))
    np.testing.assert_array_equal(state["a"], np.arange(3))
    assert state["b"].shape == (2, 0)


def test_a_large_array_that_did_not_change_is_written_once(tmp_path):
    store, large = store_in(tmp_path), np.arange(LARGE)
    store.write(name_of(0), {"large": large, "hour": np.array(0)})
    # Another process goes on from the file.
    for hour in range(1, 4):
        before = store_in(tmp_path)
        state = before.read(name_of(hour - 1))
        before.write(name_of(hour), {"large": state["large"], "hour": np.array(hour)})
    sizes = {path.name: path.stat().st_size for path in tmp_path.glob("*.state")}
    assert sizes[name_of(0).file] > large.nbytes
    assert all(size < 2_000 for file, size in sizes.items() if file != name_of(0).file)
    last = store_in(tmp_path).read(name_of(3))
    np.testing.assert_array_equal(last["large"], large)
    assert last["hour"] == 3


@pytest.mark.slow
def test_the_last_day_is_kept_by_hour_and_the_week_before_by_six_hours(tmp_path):
    store, last = store_in(tmp_path), KEPT_H + 60
    for hour in range(last + 1):
        store.write(name_of(hour), {"hour": np.array(hour)})
    # Files are removed at every sixth hour, and this is one.
    assert last % 6 == 0
    ages = [last - int((name.hour - BEGIN) / np.timedelta64(1, "h")) for name in store.names()]
    assert ages == [*range(24), *range(24, KEPT_H + 1, 6)]


def test_a_file_that_a_kept_snapshot_names_is_kept(tmp_path):
    store, large = store_in(tmp_path), np.arange(LARGE)
    for hour in range(0, KEPT_H + 100, 10):
        store.write(name_of(hour), {"large": large, "hour": np.array(hour)})
    assert name_of(0) in store.names()
    np.testing.assert_array_equal(store_in(tmp_path).read(store.names()[0])["large"], large)


@pytest.mark.parametrize("damage", ["cut off", "another version"])
def test_a_snapshot_that_cannot_be_used_is_set_aside(tmp_path, damage):
    store_in(tmp_path).write(name_of(0), {"a": np.arange(3)})
    path, version = tmp_path / name_of(0).file, "1"
    if damage == "cut off":
        path.write_bytes(path.read_bytes()[:-9])
    else:
        version = "2"
    with pytest.raises(DataError, match=r"(cut off|of version 1, expected 2); it was set aside as .*\.damaged"):
        store_in(tmp_path, version).read(name_of(0))
    assert store_in(tmp_path).names() == []
    assert path.with_suffix(".damaged").exists()


def test_a_full_disk_leaves_the_last_good_snapshot(tmp_path, monkeypatch):
    store = store_in(tmp_path)
    store.write(name_of(0), {"a": np.arange(3)})

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("fleet.storage.files.os.fsync", full)
    with pytest.raises(ConfigError, match="No space left on device"):
        store.write(name_of(1), {"a": np.arange(3)})
    monkeypatch.undo()
    assert store.names() == [name_of(0)]
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".state"] == [name_of(0).file]


def test_snapshots_are_for_the_user_alone(tmp_path):
    folder = tmp_path / "snapshots" / "controller"
    store_in(folder).write(name_of(0), {"a": np.arange(3)})
    assert [path.stat().st_mode & 0o777 for path in (folder.parent, folder)] == [0o700, 0o700]
