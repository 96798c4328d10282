"""A ledger that was backed up while it is written is restored with its chain, as docs/operations.md says."""

import shutil
import sqlite3
import subprocess
import threading
from pathlib import Path

import pytest
from support.entries import entry
from support.services import service_missing

from fleet.errors import LedgerError
from fleet.ledger import Ledger, sqlite_url


class Writing:
    """Appends to a ledger until the end of the block."""

    def __init__(self, url):
        self._ledger, self._stop = Ledger(url), threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        number = 0
        while not self._stop.is_set():
            self._ledger.append([entry(f"more-{number}")])
            number += 1

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *_error):
        self._stop.set()
        self._thread.join()
        self._ledger.close()


def checked(url):
    """Return the number of decisions of a restored ledger, which can also be written."""
    with Ledger(url) as ledger:
        report = ledger.verify()
        assert list(report.faults) == []
        ledger.append([entry("after the restore")])
        assert not ledger.verify().faults
        return report.rows["decisions"]


def test_a_sqlite_ledger_is_restored_from_a_backup(tmp_path):
    path, copy = tmp_path / "ledger.sqlite", tmp_path / "copy.sqlite"
    with Ledger(sqlite_url(path)) as ledger:
        ledger.append([entry(f"j{number}") for number in range(10)])
    with Writing(sqlite_url(path)):
        connection = sqlite3.connect(path)
        connection.execute("VACUUM INTO ?", (str(copy),))
        connection.close()
    assert checked(sqlite_url(copy)) >= 10
    refused = pytest.raises(LedgerError, match="append-only")
    with Ledger(sqlite_url(copy)) as restored, refused, restored.writing() as writer:
        writer.connection.exec_driver_sql("DELETE FROM decisions")


@pytest.mark.service
def test_a_postgresql_ledger_is_restored_from_a_backup(tmp_path, postgres):
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_dump")) or [shutil.which("pg_dump")]
    if folders[-1] is None:
        service_missing("pg_dump is missing")
    programs, dump = Path(folders[-1]).parent, tmp_path / "ledger.dump"
    url, restored = postgres.new_database(), postgres.new_database()
    with Ledger(url) as ledger:
        ledger.append([entry(f"j{number}") for number in range(10)])
    with Writing(url):
        subprocess.run([programs / "pg_dump", "-Fc", "-f", dump, url], check=True)
    subprocess.run([programs / "pg_restore", "--exit-on-error", "-d", restored, dump], check=True)
    assert checked(restored) >= 10
    with pytest.raises(Exception, match="append-only"):
        postgres.run("DELETE FROM decisions", restored)
