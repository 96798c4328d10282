"""Locks between processes and threads."""

import multiprocessing
import threading

import pytest
from support.writers import count_up

from fleet.errors import ConfigError
from fleet.storage.locks import locked


@pytest.mark.slow
def test_two_processes_do_not_hold_a_lock_at_the_same_time(tmp_path):
    context = multiprocessing.get_context("spawn")
    counter = tmp_path / "counter"
    counter.write_text("0")
    writers = [context.Process(target=count_up, args=(counter, 50)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    # Each of the two processes adds 1 fifty times.
    assert counter.read_text() == "100"


def test_a_thread_waits_until_another_thread_releases_the_lock(tmp_path):
    path, events = tmp_path / "deep" / "x.lock", []

    def wait_for_lock() -> None:
        with locked(path):
            events.append("second")

    with locked(path):
        waiting = threading.Thread(target=wait_for_lock)
        waiting.start()
        events.append("first")
    waiting.join()
    assert events == ["first", "second"]


def test_an_error_inside_releases_the_lock(tmp_path):
    path = tmp_path / "x.lock"
    with pytest.raises(OSError, match="inside"), locked(path):
        raise OSError("inside")
    with locked(path):
        pass


def test_a_lock_that_cannot_be_made_is_refused_in_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "x.lock", tmp_path):
        with pytest.raises(ConfigError, match="cannot be locked") as refusal, locked(path):
            pass
        assert "\n" not in str(refusal.value)
