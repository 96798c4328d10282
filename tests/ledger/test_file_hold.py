import multiprocessing
import threading

import pytest

from fleet.ledger.file_hold import FileHold


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.lock"


def is_free(path):
    """Tell whether another holder gets the file within a moment."""
    got = threading.Event()
    other = FileHold(path)

    def take():
        other.acquire()
        got.set()
        other.release()

    threading.Thread(target=take, daemon=True).start()
    return got.wait(0.3)


def test_two_holders_of_one_process_exclude_each_other(path):
    hold = FileHold(path)
    hold.acquire()
    assert not is_free(path)
    hold.release()
    assert is_free(path)


def test_a_file_that_was_removed_is_made_again_and_held_by_all(path):
    hold = FileHold(path)
    hold.acquire()
    hold.release()
    path.unlink()
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


def test_a_folder_in_its_place_is_an_error(path):
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        FileHold(path).acquire()
