"""What a placement may know of each region and hour ahead."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from fleet.errors import DataError
from fleet.units import FloatArray


class Limit(IntEnum):
    """The limits of an envelope; UNKNOWN where no bound can be given at all, which counts as reached; and CONTROLLER
    where a region takes no more jobs until others have ended well.

    Of limits that allow the same load the first is named: IT before COOLING, since air flow is sized for the IT power
    and a cool hour would otherwise seem to be short of it.
    """

    UNKNOWN = 0
    OUTDOOR = 1
    INLET = 2
    IT = 3
    COOLING = 4
    GRID = 5
    CONTROLLER = 6

    @property
    def label(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, kw_only=True)
class Headroom:
    """MW that may still be added, and why not more. All arrays have one shape.

    mw: at least zero; zero where a limit is reached or unknown.
    binding: the Limit that attains the minimum.
    safe_load_mw: the largest total IT load that the binding limit allows; zero where it allows none.
    """

    mw: FloatArray
    binding: NDArray[np.int8]
    safe_load_mw: FloatArray

    def __post_init__(self) -> None:
        if np.isnan(self.mw).any():
            raise DataError("headroom is NaN somewhere, expected zero where nothing is known")


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """Arrays (..., region, hour) that speak of hours ahead of an origin, all rows of one table.

    table: (quantity, ..., region, hour), in the order of QUANTITIES. One table, because an hour of decisions takes all
        of them at once from many origins.

    headroom_mw, binding, safe_load_mw: of Headroom, with the bound taken off; this alone is safe to promise.
    forecast_headroom_mw: headroom of the point forecast.
    margin_headroom_mw: the same, should it be a fixed margin warmer and more humid.
    near_limit: the forecast comes within 3 degC of a temperature limit.
    near_limit_mw: forecast headroom less 5 % of the safe load; a job that takes more comes within 5 % of a limit.
    temperature_bound_c: upper bound of the outdoor temperature.
    load_bound_mw: upper bound of the IT load without the jobs being placed.
    carbon_kg_per_mwh, water_l_per_mwh: expected, per MWh of IT energy that a job adds.
    cost_usd_per_mwh: both as money, and the price of the energy.
    """

    QUANTITIES: ClassVar[tuple[str, ...]] = (
        "headroom_mw",
        "binding",
        "safe_load_mw",
        "forecast_headroom_mw",
        "margin_headroom_mw",
        "near_limit",
        "near_limit_mw",
        "temperature_bound_c",
        "load_bound_mw",
        "carbon_kg_per_mwh",
        "water_l_per_mwh",
        "cost_usd_per_mwh",
    )

    table: FloatArray

    @classmethod
    def of(cls, **quantities: NDArray[Any]) -> Self:
        """From arrays of one shape, one for each quantity."""
        return cls(table=np.stack([quantities[name].astype(np.float64) for name in cls.QUANTITIES]))

    @property
    def headroom_mw(self) -> FloatArray:
        return self._row("headroom_mw")

    @property
    def binding(self) -> NDArray[np.int8]:
        return self._row("binding").astype(np.int8)

    @property
    def safe_load_mw(self) -> FloatArray:
        return self._row("safe_load_mw")

    @property
    def forecast_headroom_mw(self) -> FloatArray:
        return self._row("forecast_headroom_mw")

    @property
    def margin_headroom_mw(self) -> FloatArray:
        return self._row("margin_headroom_mw")

    @property
    def near_limit(self) -> NDArray[np.bool_]:
        return self._row("near_limit") > 0

    @property
    def near_limit_mw(self) -> FloatArray:
        return self._row("near_limit_mw")

    @property
    def temperature_bound_c(self) -> FloatArray:
        return self._row("temperature_bound_c")

    @property
    def load_bound_mw(self) -> FloatArray:
        return self._row("load_bound_mw")

    @property
    def carbon_kg_per_mwh(self) -> FloatArray:
        return self._row("carbon_kg_per_mwh")

    @property
    def water_l_per_mwh(self) -> FloatArray:
        return self._row("water_l_per_mwh")

    @property
    def cost_usd_per_mwh(self) -> FloatArray:
        return self._row("cost_usd_per_mwh")

    def map(self, change: Callable[[FloatArray], FloatArray]) -> Self:
        """The same conditions with the table put through `change`."""
        return type(self)(table=change(self.table))

    def with_costs_of(self, other: Self) -> Self:
        """The same limits, at the carbon, water and cost of another."""
        table = self.table.copy()
        first = self.QUANTITIES.index("carbon_kg_per_mwh")
        table[first:] = other.table[first:]
        return type(self)(table=table)

    def then(self, later: Self) -> Self:
        """These hours followed by later ones."""
        return type(self)(table=np.concatenate([self.table, later.table], axis=-1))

    @classmethod
    def stacked(cls, parts: Sequence[Self], *, axis: int) -> Self:
        """Parts side by side on a new axis of the quantities' arrays; a negative axis counts from their end."""
        return cls(table=np.stack([part.table for part in parts], axis=axis if axis < 0 else axis + 1))

    def _row(self, name: str) -> FloatArray:
        row: FloatArray = self.table[self.QUANTITIES.index(name)]
        return row
