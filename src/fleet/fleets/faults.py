"""Turns the validation errors of a file into one line: for each fault the key, its value and the expected value."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_MOST_NAMED = 6
_LONGEST = 60
_SHOULD_BE = "Input should be "
# pydantic's messages name Python types. These texts use words of YAML instead.
_EXPECTED: Mapping[str, str] = {
    "model_type": "keys with values",
    "model_attributes_type": "keys with values",
    "tuple_type": "a list",
    "too_short": "at least 1 entry",
}


def faults(error: ValidationError, content: Mapping[str, Any]) -> str:
    """Return the faults of a file in one line. If there are many, only the first are named.

    Args:
        error: the error that pydantic raised for the file.
        content: the content of the file.
    """
    details = [detail for detail in error.errors(include_url=False) if not _is_consequence(detail)]
    # Wrong values come before missing keys, because a file that lacks many keys would push them out of the list.
    details.sort(key=lambda detail: detail["type"] == "missing")
    sentences = [_fault(detail, content) for detail in details]
    if len(sentences) == 1:
        return sentences[0]
    rest = f"; and {len(sentences) - _MOST_NAMED} more" if len(sentences) > _MOST_NAMED else ""
    return f"{len(sentences)} faults: {'; '.join(sentences[:_MOST_NAMED])}{rest}"


def _is_consequence(detail: ErrorDetails) -> bool:
    """Return whether pydantic calls the list too short only because entries have faults."""
    return detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]


def _fault(detail: ErrorDetails, content: Mapping[str, Any]) -> str:
    path = _path(detail["loc"], content, is_missing=detail["type"] == "missing")
    region = _region_of(path, content)
    if region is None:
        return _sentence(detail, ".".join(path))
    return f"region {region}: {_sentence(detail, '.'.join(path[2:]))}"


def _region_of(path: Sequence[str], content: Mapping[str, Any]) -> str | None:
    """Return the id of the region that a path leads into; None if it leads elsewhere, or to the id itself."""
    if len(path) < 2 or path[0] != "regions" or path[2:] == ["id"]:
        return None
    region = content["regions"][int(path[1])]
    known = region.get("id") if isinstance(region, dict) else None
    return known if isinstance(known, str) and known else None


def _sentence(detail: ErrorDetails, key: str) -> str:
    """Return what is wrong with a key. Args: key: empty for the whole region or file."""
    kind = detail["type"]
    if kind == "missing":
        return f"{key} is missing; add it"
    if kind in {"extra_forbidden", "invalid_key"}:
        return f"{key} is not a known key; remove it or correct its spelling"
    if kind in {"union_tag_not_found", "union_tag_invalid"}:
        tag = f"{key}.{detail['ctx']['discriminator'].strip(chr(39))}".removeprefix(".")
        if kind == "union_tag_not_found":
            return f"{tag} is missing; add it"
        return f"{tag} is {detail['ctx']['tag']!r}, expected one of {detail['ctx']['expected_tags']}"
    if kind == "value_error":
        return f"{key}: {detail['ctx']['error']}".removeprefix(": ")
    return f"{key} is {_shown(detail['input'])}, expected {_expected(detail)}"


def _expected(detail: ErrorDetails) -> str:
    if detail["type"] == "string_pattern_mismatch":
        return f"the pattern {detail['ctx']['pattern']}"
    return _EXPECTED.get(detail["type"], detail["msg"].removeprefix(_SHOULD_BE))


def _path(loc: Sequence[int | str], content: Any, *, is_missing: bool) -> list[str]:
    """Return the keys that lead to a fault, as they are in the file.

    pydantic adds the names of union members to its location. These names are not in the file and are left out.

    Args:
        loc: pydantic's location of the fault.
        content: the content of the file.
        is_missing: True if the last key is absent from the file.
    """
    path, parent = [], content
    for part in loc:
        is_in_file = part in parent if isinstance(parent, dict) else isinstance(parent, list) and isinstance(part, int)
        if is_in_file:
            parent = parent[part]
        elif not (is_missing and part == loc[-1]):
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
