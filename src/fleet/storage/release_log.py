"""Stores the stretches of telemetry that a person released from the quality rules. Lines are only appended."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from fleet.errors import ConfigError, DataError
from fleet.regular_file import read_regular
from fleet.storage.locks import locked

_MOST_BYTES = 256 * 1024**2


@dataclass(frozen=True, kw_only=True)
class ReleaseEntry:
    """One release, with the person and the reason. Times are texts in UTC."""

    region: str
    column: str
    first_utc: str
    last_utc: str
    by: str
    reason: str
    made_utc: str


def append_release(path: Path, entry: ReleaseEntry) -> None:
    """Append one release. Raises: ConfigError if the file cannot be written."""
    line = json.dumps(asdict(entry)) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(path.with_suffix(".lock")), path.open("a", encoding="utf-8") as file:
            file.write(line)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written ({error.strerror or error})") from error


def read_releases(path: Path) -> Sequence[ReleaseEntry]:
    """Return all releases, oldest first.

    Raises: DataError if a line is damaged. Without its release, the values would be held again.
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
            entries.append(ReleaseEntry(**json.loads(line)))
        except (ValueError, TypeError, RecursionError) as error:
            raise DataError(f"{path}: line {number} is damaged, expected one release; correct or remove it") from error
    return entries
