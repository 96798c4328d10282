"""Decides submitted jobs at once, in the hour that runs now, from a picture of the ledger that is kept up to date.

The picture is used inside a write transaction. Rows that other processes added since are read first. So no two
processes can promise the same power.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from fleet.decisions.open_hour import OpenHour, hours_ahead
from fleet.domain.clock import Hour, iso, parse_hour
from fleet.domain.job import Job
from fleet.domain.segments import segments_of
from fleet.errors import LedgerChangedError
from fleet.ledger import DecisionEntry, Ledger, LedgerWriter
from fleet.ledger.direct import DirectQuery
from fleet.ledger.tables import decisions, journal
from fleet.live.hour import LiveInputs, entry_of
from fleet.live.hour_start import HourStart
from fleet.units import exceeds

_ONE_HOUR = np.timedelta64(1, "h")
# Rows of these actions only add jobs. After any other action, the whole picture is read again.
SUBMIT = "submit"
_ADDING = frozenset({SUBMIT, "outcomes", "create token", "revoke token", "push telemetry"})
# What other processes added since. With several processes on one ledger, almost each decision asks.
_ACTIONS = DirectQuery.of("SELECT DISTINCT action FROM journal WHERE seq > {}")
_PLACES = DirectQuery.of(
    "SELECT region, start_utc, duration_h, power_mw FROM decisions "
    "WHERE seq > {} AND mode = 'live' AND region IS NOT NULL AND start_utc IS NOT NULL ORDER BY seq"
)


@dataclass(kw_only=True)
class CurrentHour:
    """The hour after one origin, kept equal to the ledger.

    Args:
        inputs: of the hour, so that its picture can be read again.
        open_hour: the power that is left.
        input_hash: of everything that was known at the origin.
        journal_seq, decision_seq: the newest rows of the picture.
    """

    inputs: LiveInputs
    ledger: Ledger
    open_hour: OpenHour
    input_hash: str
    journal_seq: int
    decision_seq: int
    closed: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, inputs: LiveInputs, ledger: Ledger, writer: LedgerWriter) -> "CurrentHour":
        """Read the hour. Nobody else writes meanwhile, because the caller holds a write transaction.

        Raises: as `HourStart.read`.
        """
        start = HourStart.read(inputs, ledger)
        prepared = start.hour.prepared
        reserved_mw = start.reserved_mw(hours_ahead(inputs.settings.horizon))
        silent = {region: prepared.silence.why_closed(0, row) for row, region in enumerate(start.fleet.region_ids)}
        return cls(
            inputs=inputs,
            ledger=ledger,
            open_hour=OpenHour(prepared, start.controller, reserved_mw),
            input_hash=start.hour.input_hash,
            journal_seq=writer.heads[journal.name].seq,
            decision_seq=writer.heads[decisions.name].seq,
            closed={region: why for region, why in silent.items() if why is not None},
        )

    @property
    def origin_utc(self) -> Hour:
        """The last hour that is known."""
        return self.open_hour.origin_utc

    def is_now(self, now: Hour) -> bool:
        """Tell whether an hour of the clock is the first hour ahead."""
        return bool(now == self.origin_utc + _ONE_HOUR)

    def caught_up(self, writer: LedgerWriter) -> "CurrentHour":
        """Return the picture with the rows that were added since."""
        newest = writer.heads[journal.name].seq
        if newest == self.journal_seq:
            return self
        actions = {action for (action,) in _ACTIONS.rows(writer.connection, self.journal_seq)}
        if newest < self.journal_seq or not actions <= _ADDING:
            return CurrentHour.read(self.inputs, self.ledger, writer)
        for region, start_utc, duration_h, power_mw in _PLACES.rows(writer.connection, self.decision_seq):
            current = writer.names.get(region, region)
            self.open_hour.hold(current, parse_hour(start_utc), duration_h, power_mw)
        self._mark(writer)
        return self

    def decide(self, jobs: Sequence[Job], made_utc: str) -> list[DecisionEntry]:
        """Decide jobs that came together, and reserve their power in the picture. The caller records the entries.

        Of a pausable job the first segment is decided.
        """
        first = [segments_of(job)[0] for job in jobs]
        made = self.open_hour.decide(first)
        return [
            entry_of(decision, job, self.inputs.settings, mode="live", made_utc=made_utc, input_hash=self.input_hash)
            for decision, job in zip(made, first, strict=True)
        ]

    def trial(self) -> "CurrentHour":
        """Return a copy in which jobs can be decided without any effect."""
        return replace(self, open_hour=self.open_hour.copy())

    def recorded(self, writer: LedgerWriter) -> None:
        """Take over that the decisions made since `caught_up` were added to the ledger."""
        self._mark(writer)

    def check(self, held_mw: np.ndarray) -> None:
        """Compare the picture with the power that the ledger holds. Raises: LedgerChangedError if they differ."""
        picture_mw = self.open_hour.reserved_mw[:, : held_mw.shape[1]]
        if np.any(exceeds(held_mw, picture_mw) | exceeds(picture_mw, held_mw)):
            raise LedgerChangedError(f"the reserved power after {iso(self.origin_utc)} differs from the ledger")

    def _mark(self, writer: LedgerWriter) -> None:
        self.journal_seq = writer.heads[journal.name].seq
        self.decision_seq = writer.heads[decisions.name].seq
