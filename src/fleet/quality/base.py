"""The contract of a rule, and the kinds of columns, told by their names."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from fleet.compiled import compiled
from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.outlooks import STALE_H, Outlooks
from fleet.domain.region import Fleet
from fleet.units import HOURS_PER_DAY, FloatArray, IntArray

# With a shorter history, a rule that compares a series with its own past holds nothing.
SHORT_HISTORY_H = 14 * HOURS_PER_DAY

_TEMPERATURE = re.compile(r"^(air_)?(temp|temperature|dew_point|wet_bulb)(_.*)?_(c|f)$")
_CARBON = re.compile(r"(carbon|co2|(^|_)ci_).*per_kwh$")
_PRICE = re.compile(r"price")
_LOAD = re.compile(r"(^|_)(it_load|load|demand)(_|$)")

Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class View:
    """What a rule sees.

    values: column -> (region, hour), NaN where missing or held by an earlier rule. They cannot be written, whatever the
        caller's arrays are: numba compiles a rule again for each kind of array.
    stored: column -> (region, hour), the values before any rule; by default those of `values`.
    released: column -> (region, hour), True where a person released the value; it is never held.
    fleet: gives the capacities of the regions; None if no fleet is known.
    outlooks: forecasts by others, NaN where missing or held by an earlier rule.
    hour_of_day: (hour,) in UTC.
    """

    regions: tuple[str, ...]
    time_utc: HourArray
    values: Mapping[str, FloatArray]
    released: Mapping[str, Flags]
    stored: Mapping[str, FloatArray] = field(default_factory=dict)
    fleet: Fleet | None = None
    outlooks: Outlooks | None = None
    hour_of_day: IntArray = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "hour_of_day", clock.hour_of_day(self.time_utc).astype(np.int64))
        for name, grids in (("values", self.values), ("stored", self.stored or self.values)):
            object.__setattr__(self, name, {column: read_only(values) for column, values in grids.items()})


def read_only(values: FloatArray) -> FloatArray:
    """Return a view that cannot be written."""
    view = values.view()
    view.flags.writeable = False
    return view


class Rule(ABC):
    """One reason to doubt a value.

    reason: what a person reads beside a held value.
    """

    reason: ClassVar[str]

    @abstractmethod
    def doubtful(self, view: View) -> Mapping[str, Flags]:
        """Return column -> (region, hour) flags of the values to hold. A column without flags may be left out.

        Hour t is judged from hours <= t only, and from outlooks issued by then.
        """

    def doubtful_outlooks(self, view: View) -> Mapping[str, Flags]:
        """Return column -> (region, issue, step) flags of the outlooks to hold; the regions are those of the outlooks.

        An issue is judged from itself, earlier issues and observations before its hour. Most rules judge no outlooks.
        """
        return {}


def is_temperature(column: str) -> bool:
    """Tell whether a column is a temperature, dew point or wet bulb of the air."""
    return bool(_TEMPERATURE.match(column))


def is_carbon(column: str) -> bool:
    """Tell whether a column is a carbon intensity."""
    return bool(_CARBON.search(column))


def is_price(column: str) -> bool:
    """Tell whether a column is a price."""
    return bool(_PRICE.search(column))


def is_load(column: str) -> bool:
    """Tell whether a column is a load or a demand."""
    return bool(_LOAD.search(column))


def moves_a_decision(column: str) -> bool:
    """Tell whether a column is a temperature, dew point, load, carbon intensity or price.

    Limits and costs of jobs depend on these. They also depend on the grid limit, which is not one of them.
    """
    return is_temperature(column) or is_load(column) or is_carbon(column) or is_price(column)


@compiled
def newest_outlook(outlook: FloatArray, issued_h: IntArray, hour: int, newest: int) -> tuple[float, int]:
    """Return the newest outlook of an hour issued by that hour, and its lead; NaN if none is recent enough.

    Args:
        outlook: (issue, step).
        issued_h: (issue,) hours after the first hour.
        newest: position of the last issue by that hour; -1 if there is none.
    """
    for issue in range(newest, -1, -1):
        lead = hour - issued_h[issue]
        if lead > STALE_H:
            break
        if lead < outlook.shape[1] and not np.isnan(outlook[issue, lead]):
            return outlook[issue, lead], lead
    return np.nan, 0
