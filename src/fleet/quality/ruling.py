"""What a person says about a stretch of values: believed although a rule holds it, or wrong although none does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fleet.domain.clock import Hour

RulingKind = Literal["release", "withdraw"]
RulingTable = Literal["telemetry", "outlooks"]


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """A stretch of one column of one region. A later ruling replaces an earlier one where both have an hour.

    kind: "release" if no rule may hold the values, "withdraw" if they count as missing whatever the rules say.
    table: what the column belongs to. For outlooks the hours are those of the issues.
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
