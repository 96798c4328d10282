"""A lock file that stays open: to open it takes longer than a small transaction."""

import fcntl
import os
from pathlib import Path
from weakref import WeakSet


class FileHold:
    """Holds a lock file against every other holder, in this process and in others. The lock ends with the process.

    Whoever waits gets the lock as soon as it is free. One thread at a time may use an object.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._file = path, -1
        _HOLDS.add(self)

    def __del__(self) -> None:
        self.close()

    def acquire(self) -> None:
        """Wait for the file, and hold it. Raises: OSError if it cannot be opened or locked."""
        while True:
            if self._file < 0:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX)
                if self._is_in_place():
                    return
            except BaseException:
                # The caller holds nothing then, and will not release it.
                self.close()
                raise
            # Somebody removed the file. Others hold the one that took its place.
            self.close()

    def release(self) -> None:
        """Let others hold the file."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the file, which also frees it. The next `acquire` opens it again."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)

    def _is_in_place(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._file), self._path.stat())
        except FileNotFoundError:
            return False


_HOLDS: WeakSet[FileHold] = WeakSet()


def _close_all() -> None:
    for hold in _HOLDS:
        hold.close()


# A copy of a process shares its open files, and with them its locks, until it closes them.
os.register_at_fork(after_in_child=_close_all)
