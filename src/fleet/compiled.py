"""Compilation of Python loops to machine code."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Return the function compiled by numba at its first call, and cached on disk for later processes.

    Use it for loops that carry state from one step to the next, which NumPy cannot vectorise.

    If `function` calls a function of another file and that one changes, the cache stays stale. Run `make clean` then.
    """
    return cast(F, njit(cache=True)(function))
