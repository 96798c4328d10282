"""Loops that carry state from one step to the next, compiled."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function as machine code, made at its first call and kept on disk for the next process.

    What is kept does not notice a change in a function of another file that it calls: `make clean` drops it.
    """
    return cast(F, njit(cache=True)(function))
