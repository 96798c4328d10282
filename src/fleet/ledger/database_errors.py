"""Turns errors of the database into errors of the ledger, with a message of one line."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from fleet.errors import LedgerError


@contextmanager
def ledger_errors() -> Iterator[None]:
    """Turn errors of the database into LedgerError."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, ImportError, OSError) as error:
        raise refusal_of(error) from error


def refusal_of(error: Exception) -> LedgerError:
    """Return the error of the ledger for an error of the database."""
    # The first line only: SQLAlchemy adds the statement and its parameters below it.
    return LedgerError(f"the ledger cannot be used: {(str(error) or repr(error)).splitlines()[0]}")
