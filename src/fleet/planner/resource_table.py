"""Capacity and cost of the steps ahead, as the caller gives them: checked, and copied."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fleet.errors import ConfigError, DataError
from fleet.units import FloatArray

_MOST_USD = 1e12
_MOST_STEPS, _MOST_CELLS = 100_000, 50_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class ResourceTable:
    """Capacity and cost. Step 0 is the present step.

    regions, resources: names, in the order of the axes.
    capacity: (resource, region, step); zero where the caller gave NaN; inf where there is no limit.
    usd_per_unit_h: (region, step) cost of one unit of the energy resource for one hour; NaN where the place is closed.
    """

    regions: tuple[str, ...]
    resources: tuple[str, ...]
    capacity: FloatArray
    usd_per_unit_h: FloatArray

    @property
    def steps(self) -> int:
        """Number of steps that the table covers."""
        return int(self.usd_per_unit_h.shape[1])

    @property
    def is_closed(self) -> NDArray[np.bool_]:
        """(region, step) True where the cost is unknown. No job that has not started may use the place."""
        return np.isnan(self.usd_per_unit_h)

    @classmethod
    def of(cls, capacity: Any, costs: Any, regions: Sequence[str], energy: str) -> Self:
        """Return the table of a caller's arrays.

        Args:
            capacity: resource -> (region, step), or one such array of the energy resource.
            costs: (region, step).
            regions: names in the order of the arrays.
            energy: name of the energy resource.
        Raises: ConfigError for wrong names; DataError for a wrong shape or value.
        """
        names = () if isinstance(regions, str) or not isinstance(regions, Iterable) else tuple(regions)
        if not names or not all(isinstance(name, str) and name for name in names):
            raise ConfigError(f"regions is {regions!r:.60}, expected a list of names")
        if len(set(names)) < len(names):
            raise ConfigError(f"regions is {', '.join(names):.60}, expected each name once")
        by_name = _by_resource(capacity, energy)
        usd = _costs(costs, names)
        return cls(
            regions=names,
            resources=tuple(by_name),
            capacity=np.stack([_capacity(array, name, names, usd.shape[1]) for name, array in by_name.items()]),
            usd_per_unit_h=usd,
        )

    def with_new(self, capacity: Any | None, costs: Any | None, energy: str) -> Self:
        """Return the table with other arrays from the present step on.

        Raises: DataError as `of`, and if only one of the two is given with another number of steps.
        """
        usd = self.usd_per_unit_h if costs is None else _costs(costs, self.regions)
        if capacity is None:
            if usd.shape[1] != self.steps:
                raise DataError(
                    f"costs has {usd.shape[1]} steps and the capacity has {self.steps} left, expected the same number: "
                    "pass both"
                )
            return replace(self, usd_per_unit_h=usd)
        by_name = _by_resource(capacity, energy)
        if set(by_name) != set(self.resources):
            raise DataError(
                f"capacity is of {', '.join(map(str, by_name)):.80}, expected the resources "
                f"{', '.join(self.resources):.80} that the planner began with"
            )
        arrays = [_capacity(by_name[name], name, self.regions, usd.shape[1]) for name in self.resources]
        return replace(self, capacity=np.stack(arrays), usd_per_unit_h=usd)

    def one_step_later(self) -> Self:
        """Return the table without its first step."""
        return replace(self, capacity=self.capacity[..., 1:], usd_per_unit_h=self.usd_per_unit_h[:, 1:])


def _by_resource(capacity: Any, energy: str) -> dict[str, ArrayLike]:
    """Return resource -> array. Raises: ConfigError if the energy resource is missing or a name is no text."""
    by_name = dict(capacity) if isinstance(capacity, Mapping) else {energy: capacity}
    if not all(isinstance(name, str) and name for name in by_name):
        raise ConfigError(f"capacity is of {list(by_name)!r:.60}, expected names of resources")
    if energy not in by_name:
        raise ConfigError(
            f"capacity is of {', '.join(by_name):.80}, expected the energy resource {energy!r:.40} among them, because "
            "costs are per unit of it; name another one with energy="
        )
    return by_name


def _costs(costs: Any, regions: tuple[str, ...]) -> FloatArray:
    usd = _numbers(costs, "costs", regions, None)
    wrong = ~np.isnan(usd) & ~(np.abs(usd) <= _MOST_USD)
    _refuse("costs", usd, wrong, regions, "a finite cost, or NaN for a place that is not used")
    return usd


def _capacity(array: ArrayLike, name: str, regions: tuple[str, ...], steps: int) -> FloatArray:
    label = f"capacity of {name}"
    values = _numbers(array, label, regions, steps)
    _refuse(label, values, values < 0, regions, "zero or more, or NaN for none")
    return np.nan_to_num(values, nan=0.0, posinf=np.inf)


def _numbers(array: Any, name: str, regions: tuple[str, ...], steps: int | None) -> FloatArray:
    """Return a copy of an array as (region, step) floats; a masked value becomes NaN."""
    beside = ", the shape of the costs" if steps else ""
    expected = f"expected numbers of shape (region, step) = ({len(regions)}, {steps or 'at least 1'}){beside}"
    try:
        given = np.ma.filled(np.ma.asarray(array, dtype=np.float64), np.nan)
    except (TypeError, ValueError):
        raise DataError(f"{name} has the type {type(array).__name__} and holds no numbers, {expected}") from None
    if given.ndim != 2 or len(given) != len(regions) or given.shape[1] != (steps or max(given.shape[1], 1)):
        raise DataError(f"{name} has shape {given.shape}, {expected}")
    if given.shape[1] > _MOST_STEPS or given.size > _MOST_CELLS:
        raise DataError(f"{name} has shape {given.shape}, expected at most {_MOST_STEPS:,} steps; give fewer ahead")
    return np.array(given)


def _refuse(name: str, values: FloatArray, wrong: NDArray[np.bool_], regions: tuple[str, ...], expected: str) -> None:
    if wrong.any():
        region, step = np.argwhere(wrong)[0]
        raise DataError(f"{name} is {values[region, step]:g} in {regions[region]} at step {step}, expected {expected}")
