"""Checks of the arrays that compiled loops read.

These loops do not check their indices: a wrong index ends the process.
"""

from typing import Any

import numpy as np

from fleet.errors import DataError

_SHOWN = 60


def require_array(name: str, values: Any, dtype: Any, shape: tuple[int, ...] | int) -> None:
    """Refuse anything but a plain array of a type and shape.

    Args:
        name: of the array, for the message.
        values: what was given.
        dtype: the expected type of the elements.
        shape: the expected shape, or the expected number of dimensions.
    Raises: DataError.
    """
    # A masked array or another subclass would lose its meaning in a compiled loop.
    if type(values) is not np.ndarray:
        raise DataError(f"{name} has the type {type(values).__name__}, expected a NumPy array of {np.dtype(dtype)}")
    if values.dtype != dtype:
        raise DataError(f"{name} holds {values.dtype!s:.{_SHOWN}}, expected {np.dtype(dtype)}; convert it with astype")
    expected = values.ndim == shape if isinstance(shape, int) else values.shape == shape
    if not expected:
        wanted = f"{shape} dimensions" if isinstance(shape, int) else f"shape {shape}"
        raise DataError(f"{name} has shape {values.shape!s:.{_SHOWN}}, expected {wanted}")


def require_range(name: str, values: np.ndarray, low: float, high: float, meaning: str) -> None:
    """Refuse an array with a value outside a closed range, or with NaN.

    Args:
        name: of the array, for the message.
        values: checked by `require_array`.
        low, high: the ends of the range.
        meaning: what the values should be, for the message.
    Raises: DataError with the first wrong value.
    """
    # Two passes without a temporary array. A comparison with NaN is false, so NaN is refused too.
    if values.size and not (values.min() >= low and values.max() <= high):
        wrong = ~((values >= low) & (values <= high))
        where = tuple(int(index) for index in np.argwhere(wrong)[0])
        place = where[0] if len(where) == 1 else where
        raise DataError(f"{name} is {values[where]:g} at {place}, expected {meaning}")


def require_number(name: str, value: Any, low: float, high: float, meaning: str) -> None:
    """Refuse anything but a number in a closed range. Raises: DataError."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise DataError(f"{name} has the type {type(value).__name__}, expected {meaning}")
    if not low <= value <= high:
        raise DataError(f"{name} is {_shown(value)}, expected {meaning}")


def require_whole(name: str, value: Any, low: int, high: int, meaning: str) -> None:
    """Refuse anything but a whole number in a closed range. Raises: DataError."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise DataError(f"{name} has the type {type(value).__name__}, expected {meaning}")
    if not low <= value <= high:
        raise DataError(f"{name} is {_shown(value)}, expected {meaning}")


def _shown(value: Any) -> str:
    """Return a number as text. Python refuses to write whole numbers of thousands of digits."""
    return "too large to show" if isinstance(value, int) and abs(value) >= 10**_SHOWN else f"{value}"
