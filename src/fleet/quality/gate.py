"""Holds doubtful values: they count as missing, and their reason is kept."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from fleet.domain.outlooks import Outlooks
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.quality import RULES, View
from fleet.quality.base import Flags
from fleet.quality.held import NAMES, NOT_HELD, WITHDRAWN_CODE, Codes, HeldStretch, held_issues, held_stretches
from fleet.quality.ruling import NO_RULINGS, Ruling

# The utility may lower a limit at any hour, and for weeks. If a low limit were held, the higher limit before it would
# count.
_NOT_JUDGED = frozenset({"grid_limit_mw"})


@dataclass(frozen=True, kw_only=True)
class Checked:
    """Telemetry and outlooks after the gate.

    telemetry, outlooks: held values are NaN.
    held, held_outlooks: the held stretches, in the order of regions, columns and hours.
    rule: column -> (region, hour) position of the reason in `held.NAMES`; -1 where the value is not held.
    outlook_rule: the same for outlooks, column -> (region, issue, step).
    """

    telemetry: Telemetry
    held: tuple[HeldStretch, ...]
    rule: Mapping[str, Codes]
    outlooks: Outlooks | None = None
    held_outlooks: tuple[HeldStretch, ...] = ()
    outlook_rule: Mapping[str, Codes] = field(default_factory=dict)

    def count_by_rule(self) -> dict[str, int]:
        """Return the number of held values of telemetry by rule, without rules that held none."""
        return _count(self.rule.values())

    def count_outlooks_by_rule(self) -> dict[str, int]:
        """Return the number of held values of outlooks by rule, without rules that held none."""
        return _count(self.outlook_rule.values())

    def count_by_region(self, column: str) -> dict[str, int]:
        """Return the number of held values of a column by region."""
        codes = self.rule[column]
        return {region: int((codes[row] >= 0).sum()) for row, region in enumerate(self.telemetry.regions)}


def hold(
    telemetry: Telemetry,
    *,
    fleet: Fleet | None = None,
    outlooks: Outlooks | None = None,
    rulings: Sequence[Ruling] = NO_RULINGS,
) -> Checked:
    """Apply every rule in turn, and replace doubtful values by NaN. No rule holds an observed grid limit.

    The verdict on an hour depends only on that hour, earlier hours, outlooks issued by then and the rulings.

    Args:
        fleet: gives the capacities that loads are compared with, and the earlier ids of its regions. The result has the
            current ids.
        outlooks: forecasts by others; they are judged too.
        rulings: releases and withdrawals by people, oldest first, under earlier or current ids.
    Raises: DataError if one hour has a value under an earlier id and under the current one.
    """
    if fleet is not None:
        telemetry = telemetry.renamed(fleet.current_ids)
        outlooks = None if outlooks is None else outlooks.renamed(fleet.current_ids)
        rulings = [replace(one, region=fleet.current_ids.get(one.region, one.region)) for one in rulings]
    codes = {column: _not_held(values.shape) for column, values in telemetry.values.items()}
    issue_codes = {} if outlooks is None else {name: _not_held(grid.shape) for name, grid in outlooks.values.items()}
    released = {column: np.zeros(values.shape, dtype=np.bool_) for column, values in telemetry.values.items()}
    issues_released = {name: np.zeros(grid.shape, dtype=np.bool_) for name, grid in issue_codes.items()}
    for ruling in rulings:
        if ruling.table == "telemetry":
            _apply(ruling, telemetry.regions, telemetry.time_utc, codes, released)
        elif outlooks is not None:
            _apply(ruling, outlooks.regions, outlooks.issued_utc, issue_codes, issues_released)
    values: Mapping[str, np.ndarray] = _without(telemetry.values, codes)
    view = View(
        regions=telemetry.regions,
        time_utc=telemetry.time_utc,
        values=values,
        stored=values,
        released=released,
        fleet=fleet,
        outlooks=None if outlooks is None else replace(outlooks, values=_without(outlooks.values, issue_codes)),
    )
    for code, name in enumerate(RULES):
        rule = RULES[name]()
        before, issued = values, view.outlooks
        values = _held_by(code, rule.doubtful(view), values, codes, released)
        if issued is not None:
            left = _held_by(code, rule.doubtful_outlooks(view), issued.values, issue_codes, issues_released)
            issued = issued if left is issued.values else replace(issued, values=left)
        if values is not before or issued is not view.outlooks:
            view = replace(view, values=values, outlooks=issued)
    return Checked(
        telemetry=replace(telemetry, values=values),
        held=tuple(held_stretches(telemetry, codes)),
        rule=codes,
        outlooks=view.outlooks,
        held_outlooks=() if outlooks is None else tuple(held_issues(outlooks, issue_codes)),
        outlook_rule=issue_codes,
    )


def _not_held(shape: tuple[int, ...]) -> Codes:
    return np.full(shape, NOT_HELD, dtype=np.int8)


def _apply(
    ruling: Ruling,
    regions: Sequence[str],
    time_utc: np.ndarray,
    codes: Mapping[str, Codes],
    released: Mapping[str, Flags],
) -> None:
    """Mark the values that a person released or withdrew. A ruling on an unknown region or column does nothing."""
    if ruling.region not in regions or ruling.column not in codes:
        return
    row = regions.index(ruling.region)
    hours = (time_utc >= ruling.first_utc) & (time_utc <= ruling.last_utc)
    codes[ruling.column][row, hours] = WITHDRAWN_CODE if ruling.kind == "withdraw" else NOT_HELD
    released[ruling.column][row, hours] = ruling.kind == "release"


def _without(values: Mapping[str, np.ndarray], codes: Mapping[str, Codes]) -> dict[str, np.ndarray]:
    """Return the values with NaN where they are held."""
    return {
        column: np.where(codes[column] >= 0, np.nan, grid) if (codes[column] >= 0).any() else grid
        for column, grid in values.items()
    }


def _held_by(
    code: int,
    flags: Mapping[str, Flags],
    values: Mapping[str, np.ndarray],
    codes: Mapping[str, Codes],
    released: Mapping[str, Flags],
) -> Mapping[str, np.ndarray]:
    """Write the flags of one rule into `codes`, and return the values with NaN where they are newly held.

    Released and missing values, and columns of _NOT_JUDGED, are not held. If nothing is held, the result is `values`.
    """
    remaining = values
    for column, flagged in flags.items():
        if flagged.any() and column not in _NOT_JUDGED:
            new = flagged & ~released[column] & np.isfinite(values[column])
            codes[column][new] = code
            remaining = {**remaining, column: np.where(new, np.nan, values[column])}
    return remaining


def _count(grids: Iterable[Codes]) -> dict[str, int]:
    count: Counter[str] = Counter()
    for codes in grids:
        for code, number in zip(*np.unique(codes[codes >= 0], return_counts=True), strict=True):
            count[NAMES[code]] += int(number)
    return {name: count[name] for name in NAMES if count[name]}
