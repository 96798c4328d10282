"""Reads the evidence file of a workspace back into `Evidence`."""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from fleet.errors import DataError
from fleet.regular_file import read_regular
from fleet.replay.bound_evidence import Evidence

MOST_JSON_BYTES = 256 * 1024**2
_ADAPTER = TypeAdapter(Evidence)
# `share` is NaN if no hour was scored, the others if no band is finite. Strict JSON writes NaN as null.
_NAN_KEYS = frozenset({"share", "mean_width", "width_ratio"})
_NAN, _INFINITY = float("nan"), float("inf")


def read_evidence(path: Path, made_by: str) -> Evidence | None:
    """Return the evidence, or None if the file does not exist: replays of earlier versions wrote none.

    Args:
        made_by: the command that writes the file, for the error message.
    Raises: DataError if the file cannot be read, or does not have the format of this version.
    """
    if not path.exists():
        return None
    try:
        content = read_regular(path, most_bytes=MOST_JSON_BYTES)
        return _ADAPTER.validate_python(json.loads(content, object_hook=_restore_numbers))
    except ValidationError as error:
        raise DataError(f"{path.name} {_first_fault(error)}; run `{made_by}` again") from error
    except OSError as error:
        raise DataError(f"{path.name} cannot be read ({error.strerror or error}); run `{made_by}` again") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path.name} is not JSON; run `{made_by}` again") from error


def _restore_numbers(item: dict[str, Any]) -> dict[str, Any]:
    """Return a JSON object in which NaN and infinity replace their nulls."""
    restored: dict[str, Any] = {
        key: _NAN if value is None and key in _NAN_KEYS else value for key, value in item.items()
    }
    # A null in the list `bound`, the controller's maximum breach rate by day, is infinity; only earlier versions wrote
    # it. A null in place of the list means that there is no controller.
    for key, missing in (("interval_95", _NAN), ("bound", _INFINITY)):
        if isinstance(restored.get(key), list):
            restored[key] = [missing if value is None else value for value in restored[key]]
    return restored


def _first_fault(error: ValidationError) -> str:
    """Return one line that says where the content differs from the format."""
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in fault["loc"]) or "the top"
    return f"does not have the format of this version: {fault['msg']} at {place}"
