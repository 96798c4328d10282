"""Reads JSON objects in which no field occurs twice. Of a repeated field, `json` alone takes the last value."""

from collections import Counter
from typing import Any

_SHOWN = 60


class RepeatedFieldError(ValueError):
    """A field occurs twice in one object, so that it is unknown which value is meant."""


def each_field_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object with these fields; the `object_pairs_hook` of `json.loads`.

    Raises: RepeatedFieldError
    """
    fields = dict(pairs)
    if len(fields) < len(pairs):
        name, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise RepeatedFieldError(f"field {name[:_SHOWN]!r} occurs twice in one object, expected it once")
    return fields
