"""Statements of every decision, run by the driver of the database.

SQLAlchemy needs longer to prepare such a statement than the database to run it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, Self

from sqlalchemy import JSON, Connection, Dialect, Table

from fleet.ledger.database_errors import refusal_of
from fleet.ledger.shared_text import SharedText

# Turns the value of a column into one of the driver.
_Process = Callable[[Any], Any]
_PLACEHOLDERS = {"sqlite": "?", "postgresql": "%s"}
# A statement on a table with triggers first keeps all pages that it changes. So SQLite inserts several rows together.
_TOGETHER = 20


@dataclass(frozen=True, kw_only=True)
class DirectQuery:
    """A query in the words of each database."""

    sqlite: str
    postgresql: str

    @classmethod
    def of(cls, statement: str) -> Self:
        """Return a query that all databases understand. `{}` stands for a value."""
        return cls(
            **{name: statement.format(*[place] * statement.count("{}")) for name, place in _PLACEHOLDERS.items()}
        )

    def rows(self, connection: Connection, *values: Any) -> list[Any]:
        """Return all rows. Raises: LedgerError if the database cannot be used."""
        return self.send(connection, *values)()

    def send(self, connection: Connection, *values: Any) -> Callable[[], list[Any]]:
        """Run it, and return what reads its rows. In a pipeline, nobody waits for the database before that.

        Raises: LedgerError as `rows`.
        """
        with _driver_errors(connection):
            cursor = connection.connection.cursor()
            cursor.execute(getattr(self, connection.dialect.name), values)

        def read() -> list[Any]:
            with _driver_errors(connection):
                found = cursor.fetchall()
                cursor.close()
                return list(found)

        return read


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows. A column that a row lacks is null. Raises: LedgerError if the database cannot be used."""
    insert = _insert_into(table, connection.dialect)
    values = insert.values(rows)
    with _driver_errors(connection):
        cursor = connection.connection.cursor()
        if _is_pipeline(connection):
            # `executemany` would wait for the answer of the server.
            for one in values:
                cursor.execute(insert.statement, one)
        elif connection.dialect.name == "sqlite":
            single = len(values) - len(values) % _TOGETHER
            if single:
                together = (values[first : first + _TOGETHER] for first in range(0, single, _TOGETHER))
                cursor.executemany(insert.statement_together, [list(chain.from_iterable(part)) for part in together])
            cursor.executemany(insert.statement, values[single:])
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
        statement_together: the statement that adds _TOGETHER rows.
        missing: each column with null.
        convert: positions of columns, each with what turns its value into one of the driver.
        texts: positions of columns of JSON, each with what turns its value into text.
    """

    statement: str
    statement_together: str
    missing: Mapping[str, None]
    convert: Sequence[tuple[int, _Process]]
    texts: Sequence[tuple[int, _Process]]

    def values(self, rows: Iterable[Mapping[str, Any]]) -> list[list[Any]]:
        """Return the values of each row in the order of the columns."""
        convert: list[tuple[int, _Process]] = [
            *self.convert,
            *((position, SharedText(process)) for position, process in self.texts),
        ]
        found = []
        for row in rows:
            values = list({**self.missing, **row}.values())
            for position, process in convert:
                values[position] = process(values[position])
            found.append(values)
        return found


@lru_cache(maxsize=128)
def _insert_into(table: Table, dialect: Dialect) -> _Insert:
    columns = list(table.columns)
    names = ", ".join(dialect.identifier_preparer.format_column(column) for column in columns)
    places = ", ".join([_PLACEHOLDERS[dialect.name]] * len(columns))
    convert: list[tuple[int, _Process]] = []
    texts: list[tuple[int, _Process]] = []
    for position, column in enumerate(columns):
        process = column.type.dialect_impl(dialect).bind_processor(dialect)
        if process is not None:
            (texts if isinstance(column.type, JSON) else convert).append((position, process))
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({places})"  # noqa: S608 (names of tables)
    return _Insert(
        statement=statement,
        statement_together=statement + f", ({places})" * (_TOGETHER - 1),
        missing=dict.fromkeys(column.name for column in columns),
        convert=convert,
        texts=texts,
    )
