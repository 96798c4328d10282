"""What tests have other processes do."""

from collections.abc import Sequence
from pathlib import Path

from support.entries import entry

from fleet.domain.decision import Verdict
from fleet.domain.telemetry import Telemetry
from fleet.ledger import Ledger
from fleet.storage.telemetry_store import add_telemetry


def add_all(path: Path, parts: Sequence[Telemetry]) -> None:
    for part in parts:
        add_telemetry(path, part)


def append_and_override(url: str, who: str) -> None:
    """25 times four entries of its own, one that every writer appends, and an override; and no more."""
    ledger = Ledger(url)
    for index in range(25):
        own = [entry(f"{who}-{index}-{number}") for number in range(4)]
        ledger.append([*own, entry(f"shared-{index}")])
        ledger.override(own[0].id, Verdict.DENY, by=who, reason=str(index), made_utc="2024-05-20T02:00:00Z")
    ledger.close()
