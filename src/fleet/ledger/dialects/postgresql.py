"""A ledger in PostgreSQL: for several hosts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError

from fleet.errors import LedgerError
from fleet.ledger.database_errors import ledger_errors
from fleet.ledger.dialects.base import AnyFirst
from fleet.ledger.direct import DirectQuery, pipeline
from fleet.ledger.json_text import from_json_text, to_json_text

_DRIVER = "postgresql+psycopg"
_OLDEST_VERSION = 14
# Keys of the advisory locks of a database: for a whole decision, for a single write, and for the process that plans.
_DECIDING, _WRITING, _LEADING = 7_046_101, 7_046_102, 7_046_103
# Both ends notice within a minute that the other host is gone, and the server then frees its locks. A URL may say
# otherwise.
_CONNECT = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    # Without it, an end that waits for the receipt of what it sent goes on waiting for a quarter of an hour.
    "tcp_user_timeout": "30000",
}
_SESSION = """
    SELECT set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false),
        set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '30000', false)
"""
# A server may be set to report a transaction as finished before it is on disk.
_DURABLE = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
# A decision may wait long for the lock and hold it long, whatever limits the server sets for other clients.
_PATIENT = """
    SELECT set_config('statement_timeout', '0', false), set_config('lock_timeout', '0', false),
        set_config('idle_session_timeout', '0', false)
"""
# A process that stands still inside a write transaction would stop all others. The server ends its session, and what
# it had written is undone.
_IDLE = "set_config('idle_in_transaction_session_timeout', '120000', true)"
# The server notices within 20 seconds that the host of the planning process is gone.
_LEADER = """
    SELECT set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false),
        set_config('tcp_keepalives_count', '2', false)
"""
_BOTH_LOCKS = f"SELECT {_IDLE}, pg_advisory_xact_lock(%s), pg_advisory_xact_lock(%s)"
_LOCKS = DirectQuery(sqlite="", postgresql=_BOTH_LOCKS)
_FUNCTION = """
    CREATE OR REPLACE FUNCTION fleet_refuse_change() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN RAISE EXCEPTION ''the ledger is append-only''; END'
"""
_IS_GUARDED = """
    SELECT count(*) FROM pg_trigger WHERE tgrelid = to_regclass(:table) AND tgname = :trigger AND tgenabled = 'A'
"""


class PostgresqlDialect:
    """A database of a server, its advisory locks, and triggers. See Dialect."""

    def open(self, url: URL) -> Engine:
        """Open a pool of connections. Raises: LedgerError if the driver is missing or another one is named."""
        if url.drivername not in ("postgresql", _DRIVER):
            raise LedgerError(f"the ledger cannot be used with the driver {url.drivername}, expected postgresql://")
        settings = {name: value for name, value in _CONNECT.items() if name not in url.query}
        try:
            engine = create_engine(
                url.set(drivername=_DRIVER),
                connect_args=settings,
                json_serializer=to_json_text,
                json_deserializer=from_json_text,
                # Each statement sees what was committed before it, also after it has waited for a lock.
                isolation_level="READ COMMITTED",
                pool_pre_ping=True,
            )
        except ImportError as error:
            raise LedgerError(
                "a ledger in PostgreSQL needs the package psycopg, which is missing; "
                "install it with `pip install 'psycopg[binary]>=3.2'`"
            ) from error
        event.listen(engine, "connect", _configure)
        return engine

    @contextmanager
    def deciding(self, engine: Engine) -> Iterator[None]:
        """Hold an advisory lock in a session of its own. The server frees it when the session ends, however it ends."""
        with ledger_errors():
            connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            with ledger_errors():
                connection.execute(text(_PATIENT))
                connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _DECIDING})
            yield
        finally:
            # A connection that is given back to the pool would keep the lock.
            connection.invalidate()
            connection.close()

    @contextmanager
    def deciding_write(
        self, engine: Engine, read: Callable[[Connection], AnyFirst]
    ) -> Iterator[tuple[Connection, AnyFirst]]:
        """Wait for both locks, in the order in which the plan of an hour takes them. Both end with the transaction.

        The read is sent with the request for the locks. It sees what was committed before they were given, because each
        statement of READ COMMITTED sees what was committed before it began.
        """
        with engine.begin() as connection:
            with pipeline(connection):
                _LOCKS.send(connection, _DECIDING, _WRITING)
                found = read(connection)
            yield connection, found

    @contextmanager
    def leading(self, engine: Engine) -> Iterator[Callable[[], bool] | None]:
        """Try to lock in a session of its own."""
        with ledger_errors():
            connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            with ledger_errors():
                connection.execute(text(_PATIENT))
                connection.execute(text(_LEADER))
                is_leader = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LEADING}))
            yield (lambda: _is_alive(connection)) if is_leader else None
        finally:
            connection.invalidate()
            connection.close()

    def begin_writing(self, connection: Connection) -> None:
        """Wait for the lock of writers, which is held until the transaction ends."""
        connection.execute(text(f"SELECT {_IDLE}, pg_advisory_xact_lock(:key)"), {"key": _WRITING})

    def begin_reading(self, connection: Connection) -> None:
        """Let the first read choose the moment that all reads see."""
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    def refuse_changes(self, connection: Connection, table: Table) -> None:
        """Make the trigger if it is missing or off. Only in this case must the user own the table.

        An ALWAYS trigger also fires in a session that replicates.
        """
        name, trigger = table.name, f"{table.name}_append_only"
        if connection.scalar(text(_IS_GUARDED), {"table": name, "trigger": trigger}):
            return
        connection.execute(text(_FUNCTION))
        connection.execute(
            text(
                f"CREATE OR REPLACE TRIGGER {trigger} BEFORE UPDATE OR DELETE OR TRUNCATE ON {name} "
                "FOR EACH STATEMENT EXECUTE FUNCTION fleet_refuse_change()"
            )
        )
        connection.execute(text(f"ALTER TABLE {name} ENABLE ALWAYS TRIGGER {trigger}"))

    def allow_hashes(self, connection: Connection, table: Table) -> None:
        """Do nothing: a table from before the hashes has no trigger. If it has one, its hashes were removed."""


def _is_alive(connection: Connection) -> bool:
    """Tell whether the session of a connection still exists."""
    try:
        return bool(connection.scalar(text("SELECT 1")) == 1)
    except SQLAlchemyError:
        return False


def _configure(connection: Any, _record: Any) -> None:
    """Set up a new connection of psycopg. Raises: LedgerError for a server that cannot hold the ledger."""
    version, encoding = connection.info.server_version // 10_000, connection.info.parameter_status("server_encoding")
    if version < _OLDEST_VERSION:
        raise LedgerError(f"the server is PostgreSQL {version}, expected {_OLDEST_VERSION} or newer")
    if encoding != "UTF8":
        raise LedgerError(f"the database stores texts as {encoding}, expected UTF8; make it with ENCODING 'UTF8'")
    was_autocommit, connection.autocommit = connection.autocommit, True
    connection.execute(_SESSION)
    connection.execute(_DURABLE)
    connection.autocommit = was_autocommit
