"""The quantities that a placement may use, for each region and hour ahead."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from fleet.errors import DataError
from fleet.units import FloatArray


@dataclass(frozen=True, kw_only=True)
class Headroom:
    """The MW that may still be added, and the binding limit. All arrays have one shape.

    Args:
        mw: at least zero; zero where a limit is reached or unknown.
        binding: code of the binding limit, the one that allows the smallest load (see `fleet.physics.limits`).
        safe_load_mw: the largest total IT load that the binding limit allows; zero where it allows no load.
    """

    mw: FloatArray
    binding: NDArray[np.int8]
    safe_load_mw: FloatArray

    def __post_init__(self) -> None:
        if np.isnan(self.mw).any():
            raise DataError("headroom is NaN somewhere, expected zero where nothing is known")


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """Quantities of the hours ahead of an origin, each an array (..., region, hour).

    Args:
        table: (quantity, ..., region, hour) in the order of QUANTITIES. One table holds all quantities, because an hour
            of decisions reads all of them at once.

    The quantities:
        headroom_mw, binding, safe_load_mw: see Headroom; computed at the bound.
        forecast_headroom_mw: headroom at the point forecast.
        margin_headroom_mw: headroom if temperature and dew point are 3 K above the point forecast, and the load is
            above it by 5 % of the IT capacity.
        near_limit: the forecast comes within 3 K of a temperature limit, or exceeds it.
        near_limit_mw: forecast headroom minus 5 % of the safe load at the forecast; jobs with more power come within
            5 % of a limit.
        temperature_bound_c: upper bound of the outdoor temperature.
        load_bound_mw: upper bound of the IT load without the jobs being placed.
        carbon_kg_per_mwh, water_l_per_mwh: expected, per MWh of IT energy that a job adds.
        cost_usd_per_mwh: expected cost of energy, carbon and water, per MWh of IT energy that a job adds.
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
        """Make conditions from one array per quantity, all of one shape."""
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
        """Return the conditions with `change` applied to the table."""
        return type(self)(table=change(self.table))

    def with_costs_of(self, other: Self) -> Self:
        """Return these conditions with the carbon, water and cost of other conditions."""
        table = self.table.copy()
        first = self.QUANTITIES.index("carbon_kg_per_mwh")
        table[first:] = other.table[first:]
        return type(self)(table=table)

    def then(self, later: Self) -> Self:
        """Return the conditions of these hours and of later hours, joined."""
        return type(self)(table=np.concatenate([self.table, later.table], axis=-1))

    @classmethod
    def stacked(cls, parts: Sequence[Self], *, axis: int) -> Self:
        """Stack conditions on a new axis of the quantities' arrays; a negative axis counts from the end."""
        return cls(table=np.stack([part.table for part in parts], axis=axis if axis < 0 else axis + 1))

    def _row(self, name: str) -> FloatArray:
        row: FloatArray = self.table[self.QUANTITIES.index(name)]
        return row
