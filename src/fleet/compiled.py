"""Compilation of Python loops to machine code."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Return the function, which numba compiles at the first call and caches on disk for later processes.

    Use it for loops that carry state from one step to the next, which NumPy cannot vectorise.

    The cache does not notice a change in another file whose functions `function` calls. Run `make clean` then.
    """
    return cast(F, njit(cache=True)(function))
