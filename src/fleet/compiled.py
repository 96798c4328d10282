"""Compilation of Python loops to machine code."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

from numba import njit, types
from numba.core.registry import cpu_target

F = TypeVar("F", bound=Callable[..., Any])
_without_literal: Callable[[types.Type], types.Type] = cast(Any, types).unliteral
_BLAS = "scipy.linalg.cython_blas"


def compiled(function: F) -> F:
    """Return the function, which numba compiles at the first call and caches on disk for later processes.

    Use it for loops that carry state from one step to the next, which NumPy cannot vectorise. It cannot multiply
    matrices.

    The cache does not notice a change in another file whose functions `function` calls. Run `make clean` then.
    """
    dispatcher: Any = njit(cache=True)(function)
    template_of = dispatcher.get_call_template

    def template_without_literals(args: Sequence[types.Type], kws: Mapping[str, types.Type]) -> Any:
        # A constant such as 0 or True has a type of its own, so numba would compile the function again for it.
        return template_of(
            [_without_literal(each) for each in args], {name: _without_literal(each) for name, each in kws.items()}
        )

    dispatcher.get_call_template = template_without_literals
    return cast(F, dispatcher)


def _load_without_blas() -> None:
    """Load numba's own functions while SciPy's BLAS is hidden from numba.

    At the first call of a compiled function, numba would import scipy.linalg to multiply matrices. No function here
    does that, and the import takes longer than the forecasts of a live hour.
    """
    if _BLAS in sys.modules:
        return
    sys.modules[_BLAS] = cast(Any, None)  # makes the import fail
    try:
        cpu_target.typing_context.refresh()
        cpu_target.target_context.refresh()
    finally:
        del sys.modules[_BLAS]


_load_without_blas()
