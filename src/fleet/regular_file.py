"""Reads a whole file, and refuses pipes, devices and files that are too large."""

import errno
import os
import stat
from pathlib import Path


def read_regular(path: Path, *, most_bytes: int) -> bytes:
    """Return the content of a regular file.

    Opening a pipe may wait for a writer for ever, and a device may have no end. So the file is opened without waiting.
    The check is made on the open file, because another file could replace the path after a check of the path.

    Args:
        most_bytes: a larger file is refused.
    Raises: OSError with its reason in `strerror` if the path is not a regular file, is too large or cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        if status.st_size > most_bytes:
            sizes = f"{status.st_size / 1024**2:,.0f} MiB, expected at most {most_bytes / 1024**2:,.0f}"
            raise OSError(errno.EFBIG, f"the file has {sizes}", str(path))
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(most_bytes)
    finally:
        os.close(descriptor)
