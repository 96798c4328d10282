"""Reads the fields of a JSON answer. A field that is absent or of another type is an error that names it."""

import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from fleet.json_object import RepeatedFieldError, each_field_once
from fleet.sources.base import Query

_SHOWN = 80


def json_of(payload: bytes, query: Query, *, is_shown: bool = True) -> dict[str, Any]:
    """Return the JSON object of an answer.

    Args:
        is_shown: False if the answer may hold a secret: then no message shows any of it.
    Raises: SourceError if the payload is no JSON object, or if the object reports an error of the service.
    """
    try:
        content = json.loads(payload, parse_constant=_refuse_constant, object_pairs_hook=each_field_once)
    except RepeatedFieldError as error:
        raise query.error(str(error) if is_shown else "a field occurs twice in one object, expected it once") from error
    except (ValueError, RecursionError) as error:
        begin = repr(payload[:_SHOWN].decode("utf-8", errors="replace")) if is_shown else "not readable"
        raise query.error(f"the answer is {begin} ({len(payload):,} bytes), expected complete JSON") from error
    if not isinstance(content, dict):
        raise query.error(f"the answer is a JSON {kind_of(content)}, expected an object")
    refuse_reported(content, query)
    return content


def refuse_reported(content: Mapping[str, Any], query: Query) -> None:
    """Refuse an object that reports an error, in any of the shapes that services use."""
    error = content.get("error") or content.get("ErrorMessage")
    if isinstance(error, dict):
        error = error.get("message") or error.get("code") or "an error"
    if error is True:
        error = content.get("reason", "an error without a reason")
    if error:
        message = content.get("message")
        more = f" ({message})" if isinstance(message, str) else ""
        raise query.error(f"the service reports {str(error)[:200]!r}{more[:200]}, expected values")


def get(record: Mapping[str, Any], name: str, kind: type | tuple[type, ...], query: Query, *, where: str = "") -> Any:
    """Return a field of a record. Raises: SourceError if it is absent, or not of the kind."""
    path = f"{where}.{name}" if where else name
    if name not in record:
        raise query.error(f"field {path} is absent (found {', '.join(record)[:120] or 'no field'}), expected it")
    value = record[name]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise query.error(f"field {path} is {shown(value)}, expected {_kinds(kind)}")
    return value


def records(record: Mapping[str, Any], name: str, query: Query, *, where: str = "") -> Iterator[dict[str, Any]]:
    """Yield the objects of a list. Raises: SourceError if the field is no list of objects."""
    for position, entry in enumerate(get(record, name, list, query, where=where)):
        if not isinstance(entry, dict):
            raise query.error(f"field {name}[{position}] is {shown(entry)}, expected an object")
        yield entry


def number(record: Mapping[str, Any], name: str, query: Query, *, where: str = "") -> float:
    """Return a number, NaN for null. A text that is a number counts as one, because some services send these.

    Raises: SourceError if the field is absent or no finite number.
    """
    path = f"{where}.{name}" if where else name
    if name not in record:
        raise query.error(f"field {path} is absent (found {', '.join(record)[:120] or 'no field'}), expected a number")
    return number_of(record[name], path, query)


def number_of(value: Any, path: str, query: Query) -> float:
    """Return a value of JSON as a number, NaN for null. Raises: SourceError if it is no finite number."""
    if value is None:
        return math.nan
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError
        result = float(value)
    except (ValueError, OverflowError):
        raise query.error(f"field {path} is {shown(value)}, expected a number or null") from None
    if not math.isfinite(result):
        raise query.error(f"field {path} is {shown(value)}, expected a finite number or null")
    return result


def moment(record: Mapping[str, Any], name: str, query: Query, *, where: str = "") -> datetime:
    """Return a time with an offset, converted to UTC. Raises: SourceError for any other content."""
    path = f"{where}.{name}" if where else name
    return moment_of(get(record, name, str, query, where=where), path, query)


def moment_of(text: str, path: str, query: Query) -> datetime:
    """Return a text with an offset as a time of UTC. Raises: SourceError if it is no such text."""
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is None:
            raise query.error(f"field {path} is {shown(text)} without a time zone, expected Z or an offset")
        return time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise query.error(f"field {path} is {shown(text)}, expected a time such as 2024-01-01T00:00Z") from None


def expect(found: object, expected: object, name: str, query: Query) -> None:
    """Refuse an answer for another zone or in another unit than asked. Raises: SourceError."""
    if found != expected:
        raise query.error(f"field {name} is {shown(found)}, expected {shown(expected)}")


def shown(value: object) -> str:
    """Return a value for a message, shortened."""
    if value is None:
        return "null"
    text = f"a {kind_of(value)}" if isinstance(value, dict | list) else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def kind_of(value: object) -> str:
    """Return the name of a JSON type."""
    names = {dict: "object", list: "list", str: "text", bool: "boolean", int: "number", float: "number"}
    return names.get(type(value), "null")


def _kinds(kind: type | tuple[type, ...]) -> str:
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return " or ".join(dict.fromkeys(kind_of(kind()) for kind in kinds))


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")
