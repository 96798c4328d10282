"""Locks between processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from fleet.errors import ConfigError


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait until no other process or thread holds the lock file, then hold it.

    Hold a lock while you read, change and write back a file. The lock file stays on disk.

    Args:
        path: the lock file; missing folders are made.
    Raises: ConfigError if the lock file cannot be made or locked.
    """
    lock = FileLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except (OSError, NotImplementedError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"{path} cannot be locked ({reason}); choose another place") from error
    try:
        yield
    finally:
        lock.release()
