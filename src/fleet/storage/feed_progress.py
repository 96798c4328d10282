"""How far each source was read, so that a back-fill that was cut off continues where it stopped."""

import json
from collections.abc import Mapping
from pathlib import Path

from fleet.errors import DataError
from fleet.regular_file import read_regular
from fleet.storage.files import write_json

_MOST_BYTES = 16 * 1024**2


class FeedProgress:
    """For each group of columns, the first hour that was asked for and the end of what was stored.

    Args:
        path: a JSON file; made when the first progress is noted. Without it, everything is asked for again.
    Raises: DataError if the file is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._spans: dict[str, dict[str, str]] = {}
        if path.exists():
            try:
                self._spans = _checked(json.loads(read_regular(path, most_bytes=_MOST_BYTES)))
            except (OSError, ValueError) as error:
                raise DataError(f"{path} is damaged ({error}); remove it to ask for everything again") from error

    def span(self, key: str) -> tuple[str, str] | None:
        """Return first hour and end of what a group has stored; None if it has nothing."""
        span = self._spans.get(key)
        return None if span is None else (span["first_utc"], span["end_utc"])

    def note(self, spans: Mapping[str, tuple[str, str]]) -> None:
        """Note that groups are stored from an hour to an end: key -> both."""
        self._spans |= {key: {"first_utc": first, "end_utc": end} for key, (first, end) in spans.items()}
        write_json(self._path, self._spans)


def _checked(content: object) -> dict[str, dict[str, str]]:
    if not isinstance(content, dict):
        raise ValueError("it is no object")
    for span in content.values():
        if not isinstance(span, Mapping) or not all(
            isinstance(span.get(name), str) for name in ("first_utc", "end_utc")
        ):
            raise ValueError("a span has no first_utc and end_utc")
    return content
