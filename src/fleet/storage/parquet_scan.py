"""Reads a Parquet file of the workspace lazily, and refuses pipes and devices."""

import errno
from pathlib import Path

import polars as pl


def scan_regular(path: Path) -> pl.LazyFrame:
    """Return the rows of a Parquet file. They are read when they are collected.

    Raises: OSError if the path is not a regular file: opening a pipe may wait for a writer for ever.
    """
    if not path.is_file():
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return pl.scan_parquet(path, glob=False)
