"""Holds doubtful values: they count as missing, and their reason is kept."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.quality import NO_RELEASES, RULES, Release, View

Codes = NDArray[np.int8]

# An order of the utility may change at any hour and stay for weeks. To hold a low limit as doubtful would widen the
# promise.
_NOT_JUDGED = frozenset({"grid_limit_mw"})
_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class HeldStretch:
    """Consecutive hours of one column that one rule held.

    value: the value of the first hour.
    """

    region: str
    column: str
    first_utc: Hour
    last_utc: Hour
    rule: str
    value: float

    @property
    def hours(self) -> int:
        """The number of hours, gaps included."""
        return int((self.last_utc - self.first_utc) / _ONE_HOUR) + 1

    def as_dict(self) -> dict[str, Any]:
        """Return the stretch for JSON."""
        return {
            "region": self.region,
            "column": self.column,
            "first_utc": clock.iso(self.first_utc),
            "last_utc": clock.iso(self.last_utc),
            "hours": self.hours,
            "rule": self.rule,
            "value": self.value,
            "reason": RULES[self.rule].reason,
        }


@dataclass(frozen=True, kw_only=True)
class Checked:
    """Telemetry after the gate.

    telemetry: held values are NaN.
    held: in the order of regions, columns and hours.
    rule: column -> (region, hour) position of the rule in RULES that held the value; -1 where none did.
    """

    telemetry: Telemetry
    held: tuple[HeldStretch, ...]
    rule: Mapping[str, Codes]

    def count_by_rule(self) -> dict[str, int]:
        """Return the number of held values by rule, without rules that held none."""
        names = list(RULES)
        count: Counter[str] = Counter()
        for codes in self.rule.values():
            for code, number in zip(*np.unique(codes[codes >= 0], return_counts=True), strict=True):
                count[names[code]] += int(number)
        return {name: count[name] for name in names if count[name]}

    def count_by_region(self, column: str) -> dict[str, int]:
        """Return the number of held values of a column by region."""
        codes = self.rule[column]
        return {region: int((codes[row] >= 0).sum()) for row, region in enumerate(self.telemetry.regions)}


def hold(telemetry: Telemetry, *, fleet: Fleet | None = None, released: Sequence[Release] = NO_RELEASES) -> Checked:
    """Judge every value by every rule, and replace doubtful values by NaN. Observed grid limits are not judged.

    The verdict on an hour depends on that hour and earlier hours only.

    Args:
        fleet: gives the capacities that loads are compared with.
        released: stretches that a person believes.
    """
    is_released = {column: np.zeros(values.shape, dtype=np.bool_) for column, values in telemetry.values.items()}
    for release in released:
        if release.region in telemetry.regions and release.column in is_released:
            row = telemetry.regions.index(release.region)
            hours = (telemetry.time_utc >= release.first_utc) & (telemetry.time_utc <= release.last_utc)
            is_released[release.column][row] |= hours
    view = View(
        regions=telemetry.regions,
        time_utc=telemetry.time_utc,
        values=dict(telemetry.values),
        released=is_released,
        fleet=fleet,
    )
    codes: dict[str, Codes] = {
        column: np.full(values.shape, -1, dtype=np.int8) for column, values in telemetry.values.items()
    }
    for code, rule in enumerate(RULES.values()):
        values = dict(view.values)
        for column, flags in rule().doubtful(view).items():
            new = flags & ~is_released[column]
            if new.any() and column not in _NOT_JUDGED:
                codes[column][new] = code
                values[column] = np.where(new, np.nan, values[column])
        view = replace(view, values=values)
    checked = Telemetry(
        regions=telemetry.regions, time_utc=telemetry.time_utc, values=view.values, spans=telemetry.spans
    )
    return Checked(telemetry=checked, held=_stretches(telemetry, codes), rule=codes)


def _stretches(telemetry: Telemetry, codes: Mapping[str, Codes]) -> tuple[HeldStretch, ...]:
    names, found = list(RULES), []
    for row, region in enumerate(telemetry.regions):
        for column, grid in codes.items():
            code = grid[row]
            if not (code >= 0).any():
                continue
            edges = np.flatnonzero(np.diff(code, prepend=np.int8(-1), append=np.int8(-1)))
            for first, end in pairwise(edges):
                if code[first] >= 0:
                    found.append(
                        HeldStretch(
                            region=region,
                            column=column,
                            first_utc=telemetry.time_utc[first],
                            last_utc=telemetry.time_utc[end - 1],
                            rule=names[code[first]],
                            value=float(telemetry.values[column][row, first]),
                        )
                    )
    return tuple(found)
