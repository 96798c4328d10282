"""The text of a row that its hash covers: JSON with sorted keys."""

import json
import math
from collections.abc import Mapping
from json.encoder import encode_basestring_ascii
from typing import Any

from fleet.ledger.shared_text import SharedText

# A row holds no cell inside itself, and the check for that takes time.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str, check_circular=False)
_CELLS = (dict, list)


def row_text(values: Mapping[str, Any]) -> str:
    """Return the text of a row."""
    return _ENCODER.encode(values)


class SharedRowText:
    """Does the same as `row_text` for many rows. Where rows share their cells, these are written once."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, ...], list[Any]] = {}
        self._cell_text = SharedText(_ENCODER.encode)

    def __call__(self, values: Mapping[str, Any]) -> str:
        """Return the text of a row. Its cells must not change afterwards."""
        cells = [value for value in values.values() if isinstance(value, _CELLS)]
        shared = tuple(map(id, cells))
        if not shared or shared not in self._seen:
            # One call for the whole row is faster than one for each cell. The cells are kept, so that no later cell
            # gets the id of one of them.
            self._seen[shared] = cells
            return row_text(values)
        texts = (
            f'"{name}":{self._cell_text(value) if isinstance(value, _CELLS) else _plain_text(value)}'
            for name, value in sorted(values.items())
        )
        return f"{{{','.join(texts)}}}"


def _plain_text(value: Any) -> str:
    """Return what the encoder returns. For texts and plain numbers it is several times faster."""
    kind = type(value)
    if kind is str:
        return encode_basestring_ascii(value)
    if kind is int or (kind is float and math.isfinite(value)):
        return repr(value)
    return _ENCODER.encode(value)
