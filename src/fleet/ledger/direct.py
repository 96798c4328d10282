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
    insert = _insert_into(table, connection.dialect)
    values = [insert.values(row) for row in rows]
    with _driver_errors(connection):
        cursor = connection.connection.cursor()
        if _is_pipeline(connection):
            # `executemany` would wait for the answer of the server.
            for one in values:
                cursor.execute(insert.statement, one)
        else:
            cursor.executemany(insert.statement, values)
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


@dataclass(frozen=True, kw_only=True)
class _Insert:
    """A statement that adds a row.

    Args:
        missing: each column with null.
        convert: positions of columns, each with what turns its value into one of the driver.
    """

    statement: str
    missing: Mapping[str, None]
    convert: Sequence[tuple[int, Callable[[Any], Any]]]

    def values(self, row: Mapping[str, Any]) -> list[Any]:
        """Return the values of a row in the order of the columns."""
        values = list({**self.missing, **row}.values())
        for position, process in self.convert:
            values[position] = process(values[position])
        return values


@lru_cache(maxsize=128)
def _insert_into(table: Table, dialect: Dialect) -> _Insert:
    columns = list(table.columns)
    names = ", ".join(dialect.identifier_preparer.format_column(column) for column in columns)
    places = ", ".join([_PLACEHOLDERS[dialect.name]] * len(columns))
    processes = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns]
    return _Insert(
        statement=f"INSERT INTO {table.name} ({names}) VALUES ({places})",  # noqa: S608 (names of tables)
        missing=dict.fromkeys(column.name for column in columns),
        convert=[(position, process) for position, process in enumerate(processes) if process is not None],
    )
