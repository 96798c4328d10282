"""A person's ruling on a stretch of values: no rule may hold them, or they count as missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fleet.domain.clock import Hour

RulingKind = Literal["release", "withdraw"]
RulingTable = Literal["telemetry", "outlooks"]


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """A stretch of one column of one region. In the hours that two rulings share, the later ruling counts.

    kind: "release" if no rule may hold the values, "withdraw" if they count as missing whatever the rules say.
    table: the table of the column. For outlooks the hours are hours of issue.
    first_utc, last_utc: the first and the last hour.
    reason: the person's words.
    """

    kind: RulingKind
    region: str
    column: str
    first_utc: Hour
    last_utc: Hour
    table: RulingTable = "telemetry"
    reason: str = ""


NO_RULINGS: Sequence[Ruling] = ()
