import os
from pathlib import Path

import pytest

from fleet.regular_file import read_regular


def test_a_file_is_read_whole_up_to_the_limit(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert read_regular(tmp_path / "a", most_bytes=5) == b"12345"
    assert read_regular(tmp_path / "link", most_bytes=5) == b"12345"
    with pytest.raises(OSError, match="expected at most"):
        read_regular(tmp_path / "a", most_bytes=4)


def test_what_may_never_end_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(OSError, match="not a regular file"):
            read_regular(path, most_bytes=5)


def test_a_missing_file_is_an_os_error(tmp_path):
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for name in ("missing", "dangling"):
        with pytest.raises(FileNotFoundError):
            read_regular(tmp_path / name, most_bytes=5)
