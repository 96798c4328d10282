"""Lower and upper bounds around a forecast."""

from dataclasses import dataclass
from typing import Self

from fleet.errors import DataError
from fleet.units import FloatArray


@dataclass(frozen=True, kw_only=True)
class Bands:
    """Bounds around one forecast, in the variable's unit.

    All four arrays have the same shape, usually (origin, region, lead). A bound is infinite where the method has no
    finite bound. No bound is NaN.

    lower, upper: bounds that hold for each hour by itself.
    path_lower, path_upper: bounds that hold for all leads of an origin together.
    """

    lower: FloatArray
    upper: FloatArray
    path_lower: FloatArray
    path_upper: FloatArray

    def __post_init__(self) -> None:
        for name in ("upper", "path_lower", "path_upper"):
            if getattr(self, name).shape != self.lower.shape:
                raise DataError(f"{name} has shape {getattr(self, name).shape}, expected {self.lower.shape}")

    def of_region(self, region: int) -> Self:
        """Return the bands of one region, as arrays (origin, lead).

        Args:
            region: position on the region axis.
        """
        return type(self)(
            lower=self.lower[:, region],
            upper=self.upper[:, region],
            path_lower=self.path_lower[:, region],
            path_upper=self.path_upper[:, region],
        )
