"""A lock on a file that stays open, because opening it takes longer than a small transaction."""

import fcntl
import os
from pathlib import Path


class FileHold:
    """Holds a file against every other holder of the same file, in this process and in others.

    The lock ends with the process. One thread at a time may use an object.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._file, self._process = path, -1, 0

    def acquire(self) -> None:
        """Wait for the file, and hold it. Raises: OSError if it cannot be opened or locked."""
        while True:
            # A copy of a process shares the file, and with it the lock, of the process that it was copied from.
            if self._file < 0 or self._process != os.getpid():
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
                self._process = os.getpid()
            fcntl.flock(self._file, fcntl.LOCK_EX)
            # Whoever finds no file makes a new one, which others then hold.
            if os.fstat(self._file).st_nlink:
                return
            self._close()

    def release(self) -> None:
        """Let others hold the file."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def __del__(self) -> None:
        if self._process == os.getpid():
            self._close()

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
