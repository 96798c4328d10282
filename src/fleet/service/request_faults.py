"""What is wrong with a request, in words: the field, what was found there, and what was expected."""

from collections.abc import Mapping, Sequence
from typing import Any

from fleet.service.patterns import WORDS

_LONGEST_VALUE, _MOST_LETTERS, _MOST_FAULTS = 60, 200, 20
# pydantic's messages begin with what "should" be; a fault says what was expected.
_OPENINGS = {
    "Input should be ": "",
    "Input should have ": "a value with ",
    "String should have ": "text with ",
    "List should have ": "a list with ",
    "Value should have ": "a value with ",
}
_KINDS = {
    "missing": "is missing; add it",
    "extra_forbidden": "is not a known field; remove it or correct its spelling",
}
_NOT_AN_OBJECT = frozenset({"model_attributes_type", "model_type", "dict_type"})
_JSON = "application/json"


def request_faults(faults: Sequence[Mapping[str, Any]], content_type: str) -> list[dict[str, str]]:
    """Return the first faults of a request, wrong values before missing ones.

    Args:
        faults: as pydantic gives them.
        content_type: of the request. A body of another type than JSON is not read.
    Returns: for each fault, `where` it is, such as body.power_mw, and `what` is wrong there.
    """
    ordered = sorted(faults, key=lambda fault: fault["type"] == "missing")
    return [
        {"where": _where(fault)[:_MOST_LETTERS], "what": _what(fault, content_type)[:_MOST_LETTERS]}
        for fault in ordered[:_MOST_FAULTS]
    ]


def _where(fault: Mapping[str, Any]) -> str:
    # The position of a JSON error is no field.
    places = fault["loc"][:1] if fault["type"] == "json_invalid" else fault["loc"]
    return ".".join(map(str, places))


def _what(fault: Mapping[str, Any], content_type: str) -> str:
    kind, found = fault["type"], fault.get("input")
    if kind in _KINDS:
        return _KINDS[kind]
    if kind == "json_invalid":
        return f"is no valid JSON at character {fault['loc'][-1]}: {fault['ctx']['error']}"
    if kind in _NOT_AN_OBJECT and isinstance(found, bytes) and _JSON not in content_type:
        named = f"the content type {content_type[:_LONGEST_VALUE]}" if content_type else "no content type"
        return f"has {named}, expected {_JSON}"
    if kind == "value_error":
        return f"is not accepted: {fault['ctx']['error']}"
    return f"is {_shown(found)}, expected {_expected(fault)}"


def _expected(fault: Mapping[str, Any]) -> str:
    if fault["type"] in _NOT_AN_OBJECT:
        return "an object with fields"
    if fault["type"] == "string_pattern_mismatch":
        return WORDS[fault["ctx"]["pattern"]]
    message = str(fault["msg"])
    for opening, words in _OPENINGS.items():
        if message.startswith(opening):
            return words + message.removeprefix(opening)
    return message


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, dict | list | tuple):
        return "an object" if isinstance(value, dict) else "a list"
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
