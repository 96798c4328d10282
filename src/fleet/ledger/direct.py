"""Statements of every decision, run by the driver of the database.

SQLAlchemy needs longer to prepare such a statement than the database to run it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table

from fleet.ledger.database_errors import refusal_of

_PLACEHOLDERS = {"sqlite": "?", "postgresql": "%s"}


@dataclass(frozen=True, kw_only=True)
class DirectQuery:
    """A query in the words of each database."""

    sqlite: str
    postgresql: str

    def rows(self, connection: Connection, *values: Any) -> list[Any]:
        """Return all rows. Raises: LedgerError if the database cannot be used."""
        with _driver_errors(connection):
            cursor = connection.connection.cursor()
            cursor.execute(getattr(self, connection.dialect.name), values)
            found = cursor.fetchall()
            cursor.close()
            return list(found)

    def send(self, connection: Connection, *values: Any) -> None:
        """Run it in a pipeline, without a wait for its rows."""
        with _driver_errors(connection):
            connection.connection.cursor().execute(getattr(self, connection.dialect.name), values)


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows. A column that a row lacks is null. Raises: LedgerError if the database cannot be used."""
    statement, columns = _insert_into(table, connection.dialect)
    values = [
        tuple(row.get(name) if process is None else process(row.get(name)) for name, process in columns) for row in rows
    ]
    with _driver_errors(connection):
        cursor = connection.connection.cursor()
        if _is_pipeline(connection):
            # `executemany` would wait for the answer of the server.
            for one in values:
                cursor.execute(statement, one)
        else:
            cursor.executemany(statement, values)
        cursor.close()


@contextmanager
def pipeline(connection: Connection) -> Iterator[None]:
    """Let direct statements reach PostgreSQL together, with one wait for its answers. SQLite has none to wait for.

    Only direct statements may run meanwhile.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    with _driver_errors(connection), connection.connection.driver_connection.pipeline():  # type: ignore[union-attr]
        yield


def _is_pipeline(connection: Connection) -> bool:
    driver: Any = connection.connection.driver_connection
    return connection.dialect.name == "postgresql" and driver.info.pipeline_status != 0


@contextmanager
def _driver_errors(connection: Connection) -> Iterator[None]:
    try:
        yield
    except connection.dialect.loaded_dbapi.Error as error:
        raise refusal_of(error) from error


@lru_cache(maxsize=128)
def _insert_into(table: Table, dialect: Dialect) -> tuple[str, tuple[tuple[str, Callable[[Any], Any] | None], ...]]:
    """Return the statement, and each column with what turns its value into one of the driver."""
    columns = tuple(
        (column.name, column.type.dialect_impl(dialect).bind_processor(dialect)) for column in table.columns
    )
    names = ", ".join(dialect.identifier_preparer.format_column(column) for column in table.columns)
    places = ", ".join([_PLACEHOLDERS[dialect.name]] * len(columns))
    return f"INSERT INTO {table.name} ({names}) VALUES ({places})", columns  # noqa: S608 (names of tables)
