"""Files are written completely or not at all."""

import json
import os
from pathlib import Path

import polars as pl
import pytest

from fleet.errors import ConfigError
from fleet.storage.files import batch_writer, frame_writer, json_writer, write_frame, write_json, write_whole

FRAME = pl.DataFrame({"a": [1, 2]})


def test_json_is_strict_and_nan_becomes_null(tmp_path):
    path = tmp_path / "deep" / "x.json"
    write_json(path, {"a": [float("nan"), float("inf"), 1.5], 2: (True, None, "ñ")})
    assert json.loads(path.read_text()) == {"a": [None, None, 1.5], "2": [True, None, "ñ"]}


@pytest.mark.parametrize(("name", "reader"), [("x.parquet", pl.read_parquet), ("x.csv", pl.read_csv)])
def test_the_suffix_selects_the_format_of_a_frame(tmp_path, name, reader):
    write_frame(tmp_path / name, FRAME)
    assert reader(tmp_path / name).equals(FRAME)


def test_frames_are_written_to_one_table_and_their_rows_are_reported(tmp_path):
    rows = []
    writer = batch_writer((FRAME.with_columns(pl.col("a") + 10 * index) for index in range(3)), rows.append)
    assert rows == []
    write_whole({tmp_path / "x.parquet": writer})
    assert pl.read_parquet(tmp_path / "x.parquet")["a"].to_list() == [1, 2, 11, 12, 21, 22]
    assert rows == [6]


def test_a_failed_batch_leaves_no_file(tmp_path):
    def frames():
        yield FRAME
        raise ConfigError("no more")

    with pytest.raises(ConfigError, match="no more"):
        write_whole({tmp_path / "x.parquet": batch_writer(frames())})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["x.xlsx", "x"])
def test_another_suffix_is_refused(tmp_path, name):
    with pytest.raises(ConfigError, match=r"expected \.parquet or \.csv"):
        write_frame(tmp_path / name, FRAME)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file_and_no_other_file(tmp_path):
    path = tmp_path / "x.json"
    write_json(path, {"old": True})

    def fail(part):
        part.write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_whole({tmp_path / "first.json": json_writer(1), path: fail})
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]
    assert json.loads(path.read_text()) == {"old": True}


def test_if_one_file_cannot_be_written_none_is_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="choose another place"):
        write_whole({tmp_path / "a.json": json_writer(1), tmp_path / "file" / "b.json": json_writer(2)})
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_folder_is_not_replaced(tmp_path):
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(ConfigError, match="is not a file"):
        write_json(tmp_path / "folder.json", 1)


def test_a_link_is_kept_and_its_target_is_replaced(tmp_path):
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_text("old")
    link.symlink_to(target)
    write_json(link, 1)
    assert link.is_symlink()
    assert json.loads(target.read_text()) == 1


def test_a_device_is_not_replaced(tmp_path):
    with pytest.raises(ConfigError, match="is not a file"):
        write_json(tmp_path / ".." / ".." / ".." / ".." / ".." / "dev" / "null", 1)
    assert not Path(os.devnull).is_file()


def test_other_users_may_read_a_written_file(tmp_path):
    write_whole({tmp_path / "x.csv": frame_writer(tmp_path / "x.csv", FRAME)})
    assert (tmp_path / "x.csv").stat().st_mode & 0o777 == 0o644
