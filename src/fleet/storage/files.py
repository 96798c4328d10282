"""Writes each file completely or not at all. A reader never sees a partly written file."""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
from pydantic_core import to_json

from fleet.errors import ConfigError

# A function that writes one file to the given path.
Write = Callable[[Path], object]


def write_json(path: Path, content: Any) -> None:
    """Write the content as strict JSON. NaN and infinity become null.

    Raises: ConfigError if the file cannot be written.
    """
    write_whole({path: json_writer(content)})


def write_text(path: Path, text: str) -> None:
    """Write a text. Raises: ConfigError if the file cannot be written."""
    write_whole({path: lambda part: part.write_text(text, encoding="utf-8")})


def write_frame(path: Path, frame: pl.DataFrame) -> None:
    """Write the frame as Parquet or CSV, by the suffix of the path.

    Raises: ConfigError for another suffix, or if the file cannot be written.
    """
    write_whole({path: frame_writer(path, frame)})


def json_writer(content: Any) -> Write:
    """Return a function for `write_whole` that writes the content as strict JSON. NaN and infinity become null."""
    text = to_json(content, indent=1, ensure_ascii=True, inf_nan_mode="null")
    return lambda path: path.write_bytes(text + b"\n")


def frame_writer(path: Path, frame: pl.DataFrame, *, notes: Mapping[str, str] | None = None) -> Write:
    """Return a function for `write_whole` that writes the frame as Parquet or CSV, by the suffix of the path.

    Args:
        notes: key -> text, stored in a Parquet file beside its table. A CSV file has no notes.
    Raises: ConfigError for another suffix.
    """
    require_table(path)
    if path.suffix == ".parquet":
        return lambda part: frame.write_parquet(part, metadata=None if notes is None else dict(notes))
    return lambda part: frame.write_csv(part, datetime_format="%Y-%m-%dT%H:%M:%SZ")


def require_table(path: Path) -> None:
    """Check that the suffix of a path is .parquet or .csv. Call this before the work whose result the file gets.

    Raises: ConfigError for another suffix.
    """
    if path.suffix not in {".parquet", ".csv"}:
        raise ConfigError(f"{path} has suffix {path.suffix or 'none'!r}, expected .parquet or .csv")


def require_writable(path: Path | None) -> None:
    """Check that a file can be written. Call this before the work whose result the file gets.

    The file does not change. Missing folders are made.

    Args:
        path: the file; None checks nothing.
    Raises: ConfigError if the file cannot be written.
    """
    if path is not None:
        with _as_config_error(path):
            _part_beside(path).unlink()


def batch_writer(frames: Iterable[pl.DataFrame], report_rows: Callable[[int], object] = lambda _: None) -> Write:
    """Return a function for `write_whole` that writes several frames as one Parquet table.

    Only one frame is in memory at a time.

    Args:
        frames: frames of one schema, in order.
        report_rows: called with the total number of rows when all are written.
    """
    import pyarrow.parquet as pq  # slow to import, and few commands write batches

    def write(path: Path) -> None:
        rows = 0
        writer: pq.ParquetWriter | None = None
        try:
            for frame in frames:
                table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
                if writer is None:
                    writer = pq.ParquetWriter(path, table.schema, compression="zstd", compression_level=1)
                writer.write_table(table)
                rows += frame.height
        finally:
            if writer is not None:
                writer.close()
        report_rows(rows)

    return write


def write_whole(files: Mapping[Path, Write]) -> None:
    """Write all files. If writing one of them fails, no path changes.

    All files are written beside their paths and forced to the disk before the first one is renamed to its path. Also
    after a power cut, a reader sees either the old or the new file.

    Args:
        files: path -> the function that writes the file.
    Raises: ConfigError if a path exists and is not a file, or cannot be written.
    """
    parts: dict[Path, Path] = {}
    try:
        for path, write in files.items():
            with _as_config_error(path):
                parts[path] = _part_beside(path)
                write(parts[path])
                parts[path].chmod(0o644)
                _force_to_disk(parts[path])
        for path, part in parts.items():
            with _as_config_error(path):
                part.replace(path.resolve())
                _force_to_disk(path.resolve().parent)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def _force_to_disk(path: Path) -> None:
    """Wait until a file, or the list of names in a folder, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _as_config_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(f"{path} cannot be written ({error.strerror or error}); choose another place") from error


def _part_beside(path: Path) -> Path:
    # A link is followed, because renaming to its path would replace the link. A device is refused, because renaming to
    # its path would remove the device for all users of the machine.
    target = path.resolve()
    if target.exists() and not target.is_file():
        raise ConfigError(f"{path} is not a file; choose another place")
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    os.close(handle)
    return Path(name)
