"""The lock file that stays open: threads, processes, copies of processes, and a file that is replaced."""

import multiprocessing
import os
import threading
from contextlib import suppress

import pytest
from filelock import FileLock, Timeout

from fleet.ledger import Ledger
from fleet.ledger.file_hold import FileHold


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.lock"


def is_free(path):
    """Tell whether a process of an earlier version would get the file."""
    try:
        with FileLock(path, timeout=0):
            return True
    except Timeout:
        return False


def test_it_excludes_holders_of_earlier_versions_and_is_excluded_by_them(path):
    hold = FileHold(path)
    hold.acquire()
    assert not is_free(path)
    hold.release()
    assert is_free(path)


def test_whoever_waits_gets_the_file_when_it_is_free(path):
    hold, other, got = FileHold(path), FileHold(path), threading.Event()
    hold.acquire()
    waiting = threading.Thread(target=lambda: (other.acquire(), got.set(), other.release()))
    waiting.start()
    assert not got.wait(0.2)
    hold.release()
    waiting.join(10)
    assert got.is_set()


@pytest.mark.parametrize("replace", [os.unlink, lambda path: path.rename(path.with_name("old"))])
def test_a_file_that_was_removed_is_made_again_and_held_by_all(path, replace):
    hold = FileHold(path)
    hold.acquire()
    hold.release()
    replace(path)
    hold.acquire()
    assert path.exists()
    assert not is_free(path)
    hold.release()


def hold_and_die(path, ready):
    hold = FileHold(path)
    hold.acquire()
    ready.set()
    threading.Event().wait(60)


def test_a_killed_process_frees_the_file(path):
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    process = context.Process(target=hold_and_die, args=(path, ready))
    process.start()
    assert ready.wait(60)
    assert not is_free(path)
    process.kill()
    process.join()
    assert is_free(path)


def test_a_copied_process_does_not_share_the_lock(path):
    hold = FileHold(path)
    hold.acquire()
    context = multiprocessing.get_context("fork")
    got = context.Event()
    process = context.Process(target=lambda: (hold.acquire(), got.set()))
    process.start()
    assert not got.wait(0.3)
    hold.release()
    assert got.wait(10)
    process.join()


def test_a_copied_process_does_not_keep_the_lock_of_one_that_is_gone(path):
    hold = FileHold(path)
    hold.acquire()
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    process = context.Process(target=lambda: (ready.set(), threading.Event().wait(60)))
    process.start()
    assert ready.wait(60)
    # The end of a process closes its files, which alone frees no lock that a copy still has open.
    hold.close()
    assert is_free(path)
    process.kill()
    process.join()


def test_a_folder_in_its_place_is_an_error(path):
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        FileHold(path).acquire()


def test_after_an_error_the_file_is_free(path, monkeypatch):
    hold = FileHold(path)
    with monkeypatch.context() as broken:
        broken.setattr(os.path, "samestat", lambda *_: (_ for _ in ()).throw(PermissionError("no")))
        with pytest.raises(PermissionError):
            hold.acquire()
    assert is_free(path)
    hold.acquire()
    assert not is_free(path)


def test_a_closed_ledger_leaves_no_file_open(tmp_path):
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    with ledger.deciding():
        assert is_open(tmp_path / "decide.lock")
    ledger.close()
    assert not is_open(tmp_path / "decide.lock")


def test_a_ledger_that_is_closed_during_a_decision_holds_the_lock_until_the_decision_ends(tmp_path):
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    with ledger.deciding():
        ledger.close()
        assert not is_free(tmp_path / "decide.lock")
    assert is_free(tmp_path / "decide.lock")
    assert not is_open(tmp_path / "decide.lock")


def is_open(path):
    """Tell whether this process has a file open."""
    there = path.stat()
    for number in range(256):
        with suppress(OSError):
            if os.path.samestat(os.fstat(number), there):
                return True
    return False
