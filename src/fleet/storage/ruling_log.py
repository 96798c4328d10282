"""Stores rulings: the stretches of values that a person released or withdrew. Lines are only appended."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args

from fleet.errors import ConfigError, DataError
from fleet.quality.ruling import RulingKind, RulingTable
from fleet.regular_file import read_regular
from fleet.storage.locks import locked

_MOST_BYTES = 256 * 1024**2


@dataclass(frozen=True, kw_only=True)
class RulingEntry:
    """One ruling, with its person and reason. Times are texts in UTC.

    kind: "release" or "withdraw".
    table: "telemetry" or "outlooks"; for outlooks the hours are hours of issue.
    made_utc: when the person made the ruling.
    """

    region: str
    column: str
    first_utc: str
    last_utc: str
    by: str
    reason: str
    made_utc: str
    kind: RulingKind = "release"
    table: RulingTable = "telemetry"


def append_ruling(path: Path, entry: RulingEntry) -> None:
    """Append one ruling. Raises: ConfigError if the file cannot be written."""
    line = json.dumps(asdict(entry)) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(path.with_suffix(".lock")), path.open("a", encoding="utf-8") as file:
            file.write(line)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written ({error.strerror or error})") from error


def read_rulings(path: Path) -> Sequence[RulingEntry]:
    """Return all rulings, oldest first; none if the file does not exist.

    A damaged line is not skipped, because without its ruling other values would be held.

    Raises: DataError if the file cannot be read or a line is damaged.
    """
    if not path.exists():
        return []
    try:
        text = read_regular(path, most_bytes=_MOST_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read ({error}); restore it, or correct its permissions") from error
    entries = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            entry = RulingEntry(**json.loads(line))
            if entry.kind not in get_args(RulingKind) or entry.table not in get_args(RulingTable):
                raise ValueError(entry.kind)
            entries.append(entry)
        except (ValueError, TypeError, RecursionError) as error:
            raise DataError(f"{path}: line {number} is damaged, expected one ruling; correct or remove it") from error
    return entries
