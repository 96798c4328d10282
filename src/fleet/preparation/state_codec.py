"""Turns a state into a tree of plain values and a list of arrays, and back.

Only arrays, plain values and classes of this package are read. A file cannot bring code of its own.
"""

import dataclasses
import importlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fleet.errors import DataError
from fleet.forecasting import Forecaster

Array = NDArray[Any]
# Raise this number when a state with the same fields gets another meaning, or when a constant that it holds changes.
STATE_FORMAT = 4
_PACKAGE = "fleet."
_MISFITS = (KeyError, ValueError, TypeError, AttributeError, ImportError, IndexError)
_PLAIN = (bool, int, float, str, type(None))


class StateCodec:
    """Turns objects into trees, and back."""

    def encode(self, value: Any, arrays: list[Array]) -> Any:
        """Return a tree for JSON. The arrays are appended to `arrays`; the tree holds their positions there.

        Raises: TypeError unless the value is an array, plain, a tuple, a dict, or a dataclass or forecaster of fleet.
        """
        if isinstance(value, np.ndarray):
            arrays.append(value)
            return {"array": len(arrays) - 1}
        if isinstance(value, _PLAIN):
            return value
        if isinstance(value, tuple):
            return {"tuple": [self.encode(item, arrays) for item in value]}
        if isinstance(value, dict):
            return {"items": [[key, self.encode(item, arrays)] for key, item in value.items()]}
        if _is_ours(type(value)):
            name = f"{type(value).__module__}:{type(value).__qualname__}"
            return {"class": name, "fields": [[key, self.encode(item, arrays)] for key, item in _fields(value)]}
        raise TypeError(f"a state holds a value of type {type(value).__name__}, which cannot be written")

    def decode(self, tree: Any, array: Callable[[int], Array]) -> Any:
        """Return the object of a tree.

        Args:
            array: returns the array at a position.
        Raises: DataError if the tree does not fit the classes of this version.
        """
        try:
            return self._decode(tree, array)
        except _MISFITS as error:
            raise DataError(f"the state does not fit this version ({type(error).__name__}: {error})") from error

    def _decode(self, tree: Any, array: Callable[[int], Array]) -> Any:
        if not isinstance(tree, dict):
            return tree
        ((kind, content), *rest) = tree.items()
        if kind == "array":
            return array(content)
        if kind == "tuple":
            return tuple(self._decode(item, array) for item in content)
        if kind == "items":
            return {key: self._decode(item, array) for key, item in content}
        return _made(_class(content), {key: self._decode(item, array) for key, item in rest[0][1]})


def _is_ours(kind: type) -> bool:
    return kind.__module__.startswith(_PACKAGE) and (dataclasses.is_dataclass(kind) or issubclass(kind, Forecaster))


def _class(name: str) -> type:
    module, _, qualname = name.partition(":")
    if not module.startswith(_PACKAGE):
        raise ValueError(f"{name} is not a class of this package")
    kind = getattr(importlib.import_module(module), qualname)
    if not isinstance(kind, type) or not _is_ours(kind):
        raise ValueError(f"{name} is not a class of a state")
    return kind


def _fields(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Forecaster):
        return iter(sorted(vars(value).items()))
    return ((item.name, getattr(value, item.name)) for item in dataclasses.fields(value))


def _made(kind: type, fields: dict[str, Any]) -> Any:
    """Return an object of a class, without running its constructor."""
    expected: Sequence[str] = list(fields)
    if dataclasses.is_dataclass(kind):
        expected = [item.name for item in dataclasses.fields(kind)]
    if set(expected) != set(fields):
        raise ValueError(f"{kind.__name__} has other fields")
    made: Any = object.__new__(kind)
    for name, value in fields.items():
        object.__setattr__(made, name, value)
    return made
