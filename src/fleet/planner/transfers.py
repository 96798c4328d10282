"""What it costs, and how long it takes, to move data from a home region to another region."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from fleet.errors import DataError
from fleet.units import FloatArray

_MOST = 1e9


@dataclass(frozen=True, kw_only=True, eq=False)
class Transfers:
    """Cost and time per pair of regions: row is the home region, column the region that runs the job.

    The diagonal counts as zero: data at home do not move. Arrays are copied.

    usd_per_gb: (home, region) cost of one gigabyte; None if transfers cost nothing.
    h_per_gb: (home, region) hours for one gigabyte; inf where data cannot be moved; None if transfers take no time.
    Raises: DataError for arrays that are not square, or with a negative number or NaN.
    """

    usd_per_gb: Any = None
    h_per_gb: Any = None

    def __post_init__(self) -> None:
        for name, most in (("usd_per_gb", _MOST), ("h_per_gb", np.inf)):
            given = getattr(self, name)
            if given is not None:
                object.__setattr__(self, name, _square(given, f"transfers.{name}", most))

    def between(self, regions: int) -> tuple[FloatArray, FloatArray]:
        """Return usd_per_gb and h_per_gb of a number of regions. Raises: DataError if an array has another size."""
        zero = np.zeros((regions, regions))
        arrays = []
        for name in ("usd_per_gb", "h_per_gb"):
            given = getattr(self, name)
            if given is not None and len(given) != regions:
                raise DataError(
                    f"transfers.{name} has shape {given.shape}, expected (home, region) = {(regions, regions)}"
                )
            arrays.append(zero if given is None else given)
        return arrays[0], arrays[1]


def _square(given: Any, name: str, most: float) -> FloatArray:
    try:
        values = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        kind = type(given).__name__
        raise DataError(f"{name} has the type {kind} and holds no numbers, expected (home, region)") from None
    if values.ndim != 2 or values.shape[0] != values.shape[1]:
        raise DataError(f"{name} has shape {values.shape}, expected (home, region)")
    np.fill_diagonal(values, 0.0)
    if not (values.min(initial=0.0) >= 0 and values.max(initial=0.0) <= most):
        raise DataError(f"{name} holds {values.min():g} to {values.max():g}, expected zero or more in every pair")
    values.flags.writeable = False
    return values
