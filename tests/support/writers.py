"""Functions that tests run in other processes."""

from collections.abc import Sequence
from pathlib import Path

from support.entries import entry

from fleet.domain.decision import Verdict
from fleet.domain.supplied import Supplied
from fleet.domain.telemetry import Telemetry
from fleet.ledger import Ledger
from fleet.storage.locks import locked
from fleet.storage.telemetry_store import add_telemetry


def add_all(path: Path, parts: Sequence[Telemetry]) -> None:
    """Add each part to the stored telemetry."""
    for part in parts:
        add_telemetry(path, Supplied.of(part), stored_utc="2024-02-01T00:00:00Z")


def count_up(counter: Path, times: int) -> None:
    """Add 1 to the number in a file, under its lock, again and again."""
    for _ in range(times):
        with locked(counter.with_suffix(".lock")):
            counter.write_text(str(int(counter.read_text()) + 1))


def append_and_override(url: str, writer: str) -> None:
    """Append to the ledger 25 times: four entries of this writer, one entry of all writers, and an override."""
    ledger = Ledger(url)
    for index in range(25):
        entries = [entry(f"{writer}-{index}-{number}") for number in range(4)]
        ledger.append([*entries, entry(f"shared-{index}")])
        ledger.override(entries[0].id, Verdict.DENY, by=writer, reason=str(index), made_utc="2024-05-20T02:00:00Z")
    ledger.close()
