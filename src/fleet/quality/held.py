"""The stretches of values that the quality gate held, for lists and JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.outlooks import Outlooks
from fleet.domain.telemetry import Telemetry
from fleet.quality import RULES
from fleet.quality.ruling import RulingTable

Codes = NDArray[np.int8]

# The reasons to hold a value: the rules in their order, then a withdrawal by a person.
WITHDRAWN = "withdrawn"
REASONS: Mapping[str, str] = {name: rule.reason for name, rule in RULES.items()} | {
    WITHDRAWN: "withdrawn by a person",
}
NAMES: Sequence[str] = tuple(REASONS)
NOT_HELD, WITHDRAWN_CODE = -1, len(RULES)

_ONE_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True, kw_only=True)
class HeldStretch:
    """Consecutive hours of one column, or consecutive issues of outlooks, that were held for one reason.

    first_utc, last_utc: the first and the last hour; for outlooks, hours of issue.
    rule: name of the rule, or "withdrawn".
    value: the first held value.
    table: the table of the column.
    """

    region: str
    column: str
    first_utc: Hour
    last_utc: Hour
    rule: str
    value: float
    table: RulingTable = "telemetry"

    @property
    def hours(self) -> int:
        """The number of hours from the first to the last; for outlooks, hours between two issues count too."""
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
            "reason": REASONS[self.rule],
            "table": self.table,
        }


def held_stretches(telemetry: Telemetry, codes: Mapping[str, Codes]) -> list[HeldStretch]:
    """Return the held stretches of telemetry, in the order of regions, columns and hours.

    Args:
        telemetry: as it was before the gate.
        codes: column -> (region, hour) array: the reason's index in NAMES, or NOT_HELD.
    """
    stretches = []
    for row, region in enumerate(telemetry.regions):
        for column, grid in codes.items():
            for first, last in _runs(grid[row]):
                stretches.append(
                    HeldStretch(
                        region=region,
                        column=column,
                        first_utc=telemetry.time_utc[first],
                        last_utc=telemetry.time_utc[last],
                        rule=NAMES[grid[row, first]],
                        value=float(telemetry.values[column][row, first]),
                    )
                )
    return stretches


def held_issues(outlooks: Outlooks, codes: Mapping[str, Codes]) -> list[HeldStretch]:
    """Return the stretches of issues with a held value, in the order of regions, columns and issues.

    Args:
        outlooks: as they were before the gate.
        codes: column -> (region, issue, step) array: the reason's index in NAMES, or NOT_HELD.
    """
    stretches = []
    for column, grid in codes.items():
        # If values of one issue are held for different reasons, the issue gets the one that stands last in NAMES.
        of_issue = grid.max(axis=2)
        for row in np.flatnonzero((of_issue >= 0).any(axis=1)):
            for first, last in _runs(of_issue[row]):
                step = int(grid[row, first].argmax())
                stretches.append(
                    HeldStretch(
                        region=outlooks.regions[row],
                        column=column,
                        first_utc=outlooks.issued_utc[first],
                        last_utc=outlooks.issued_utc[last],
                        rule=NAMES[of_issue[row, first]],
                        value=float(outlooks.values[column][row, first, step]),
                        table="outlooks",
                    )
                )
    order = {region: row for row, region in enumerate(outlooks.regions)}
    return sorted(stretches, key=lambda stretch: order[stretch.region])


def _runs(codes: Codes) -> list[tuple[int, int]]:
    """Return the first and last position of each run of one code; NOT_HELD makes no run."""
    if not (codes >= 0).any():
        return []
    edges = np.flatnonzero(np.diff(codes, prepend=np.int8(NOT_HELD), append=np.int8(NOT_HELD)))
    return [(int(first), int(end) - 1) for first, end in pairwise(edges) if codes[first] >= 0]
