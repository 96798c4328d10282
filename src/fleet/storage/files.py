"""Files that are whole or absent: a reader never sees half of one."""

import fcntl
import json
import math
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from fleet.errors import ConfigError

Write = Callable[[Path], object]


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(f"{path} cannot be written ({error.strerror or error}); choose another place") from error


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Wait until no other process holds the lock file, and hold it: for reading, changing and writing back.

    Raises: ConfigError if the file cannot be made.
    """
    with _refusing(lock):
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = lock.open("w")
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def write_json(path: Path, content: Any) -> None:
    """Strict JSON: what is not a number becomes null."""
    write_whole({path: json_writer(content)})


def write_frame(path: Path, frame: pl.DataFrame) -> None:
    """Parquet or CSV, by the suffix. Raises: ConfigError for another one."""
    write_whole({path: frame_writer(path, frame)})


def json_writer(content: Any) -> Write:
    """What writes the content as strict JSON, for `write_whole`."""
    text = json.dumps(_plain(content), indent=1, allow_nan=False)
    return lambda part: part.write_text(text + "\n", encoding="utf-8")


def frame_writer(path: Path, frame: pl.DataFrame) -> Write:
    """What writes the frame as the path's suffix says, for `write_whole`."""
    require_table(path)
    if path.suffix == ".parquet":
        return frame.write_parquet
    return lambda part: frame.write_csv(part, datetime_format="%Y-%m-%dT%H:%M:%SZ")


def require_table(path: Path) -> None:
    """For refusing a path before the work that would fill it. Raises: ConfigError if its suffix names no table."""
    if path.suffix not in {".parquet", ".csv"}:
        raise ConfigError(f"{path} has suffix {path.suffix or 'none'!r}, expected .parquet or .csv")


def batch_writer(frames: Iterable[pl.DataFrame], written: Callable[[int], object] = lambda _: None) -> Write:
    """What writes frames of one schema, one after the other, as a single Parquet table, for `write_whole`.

    No more than one of them is in memory at a time. `written` hears how many rows there were in all.
    """

    def write(part: Path) -> None:
        rows = 0
        writer: pq.ParquetWriter | None = None
        try:
            for frame in frames:
                table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
                if writer is None:
                    writer = pq.ParquetWriter(part, table.schema, compression="zstd", compression_level=1)
                writer.write_table(table)
                rows += frame.height
        finally:
            if writer is not None:
                writer.close()
        written(rows)

    return write


def write_whole(files: Mapping[Path, Write]) -> None:
    """Write all beside their paths, then rename: a reader sees the old file or the whole new one, and a place that
    cannot be written leaves none of them.

    Raises: ConfigError if a path is something other than a file, or cannot be written.
    """
    parts: dict[Path, Path] = {}
    try:
        for path, write in files.items():
            with _refusing(path):
                parts[path] = _part_beside(path)
                write(parts[path])
                parts[path].chmod(0o644)
        for path, part in parts.items():
            with _refusing(path):
                part.replace(path.resolve())
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def _part_beside(path: Path) -> Path:
    # Renaming over a link would cut it, and over a device would take the device away from everyone.
    place = path.resolve()
    if place.exists() and not place.is_file():
        raise ConfigError(f"{path} is not a file; choose another place")
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
    os.close(handle)
    return Path(name)


def _plain(content: Any) -> Any:
    if isinstance(content, dict):
        return {str(key): _plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_plain(value) for value in content]
    if isinstance(content, float) and not math.isfinite(content):
        return None
    return content
