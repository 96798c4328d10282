"""What a file gets wrong, in one line: every key by its path, what was found, and what was expected."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_MOST_NAMED = 6
_LONGEST = 60
_SHOULD_BE = "Input should be "
# What the checker says of Python, in words of YAML.
_EXPECTED: Mapping[str, str] = {
    "model_type": "keys with values",
    "model_attributes_type": "keys with values",
    "tuple_type": "a list",
    "too_short": "at least 1 entry",
}


def faults(error: ValidationError, content: Mapping[str, Any]) -> str:
    """The faults of the content, the first few of many by name.

    Args:
        content: what was checked.
    """
    errors = [each for each in error.errors(include_url=False) if not _follows(each)]
    # What is there and wrong comes first: a file that lacks many keys would hide it.
    found = [_fault(each, content) for each in sorted(errors, key=lambda each: each["type"] == "missing")]
    if len(found) == 1:
        return found[0]
    more = f"; and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    return f"{len(found)} faults to mend: {'; '.join(found[:_MOST_NAMED])}{more}"


def _follows(error: ErrorDetails) -> bool:
    """A list whose every entry has a fault is also called empty."""
    return error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]


def _fault(error: ErrorDetails, content: Mapping[str, Any]) -> str:
    kind = error["type"]
    where = ".".join(_path(error["loc"], content, missing=kind == "missing"))
    if kind == "missing":
        return f"{where} is missing; add it"
    if kind in {"extra_forbidden", "invalid_key"}:
        return f"{where} is not a known key; remove it or mend its spelling"
    if kind == "union_tag_not_found":
        return f"{where}.kind is missing; add it"
    if kind == "union_tag_invalid":
        return f"{where}.kind is {error['ctx']['tag']!r}, expected one of {error['ctx']['expected_tags']}"
    if kind == "value_error":
        return f"{where}: {error['ctx']['error']}".removeprefix(": ")
    return f"{where} is {_shown(error['input'])}, expected {_expected(error)}"


def _expected(error: ErrorDetails) -> str:
    if error["type"] == "string_pattern_mismatch":
        return f"the pattern {error['ctx']['pattern']}"
    return _EXPECTED.get(error["type"], error["msg"].removeprefix(_SHOULD_BE))


def _path(loc: Sequence[int | str], content: Any, *, missing: bool) -> list[str]:
    """The keys on the way to a fault as the file has them: the checker adds the names of alternatives it chose from."""
    path, here = [], content
    for part in loc:
        in_file = part in here if isinstance(here, dict) else isinstance(here, list) and isinstance(part, int)
        if in_file:
            here = here[part]
        elif not (missing and part == loc[-1]):
            continue
        path.append(str(part))
    return path


def _shown(value: Any) -> str:
    if value is None or value in ([], {}):
        return "empty"
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "keys with values"
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
