"""The databases that can hold the ledger."""

from collections.abc import Mapping

from fleet.ledger.dialects.base import Dialect
from fleet.ledger.dialects.postgresql import PostgresqlDialect
from fleet.ledger.dialects.sqlite import SqliteDialect, sqlite_path

DIALECTS: Mapping[str, Dialect] = {
    "sqlite": SqliteDialect(),
    "postgresql": PostgresqlDialect(),
}

__all__ = ["DIALECTS", "Dialect", "PostgresqlDialect", "SqliteDialect", "sqlite_path"]
