"""A real PostgreSQL server of its own, on loopback, in a folder that is removed afterwards."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.services import service_missing

PASSWORD = "s3cret-Word"  # noqa: S105 (of a server that lives for one run of the tests)
DEBIAN = Path("/usr/lib/postgresql")


class PostgresServer:
    """A server that is started and stopped by the tests. `admin` is the URL of a database of the superuser."""

    def __init__(self, programs: Path, folder: Path, *, is_durable: bool = False) -> None:
        self._programs, self._data = programs, folder / "data"
        # The tests kill clients and the server, and never the machine.
        self._fsync = "on" if is_durable else "off"
        # The server refuses to run as root.
        self._user: dict[str, Any] = {}
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(folder, account.pw_uid, account.pw_gid)
            self._user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.admin = f"postgresql://keeper:{PASSWORD}@127.0.0.1:{self._port}/postgres"
        self._made, self._emptied = 0, ""
        self._folder = folder
        self._initialise()
        self.start()

    def _initialise(self) -> None:
        password = self._folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        words = ("--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", "--username=keeper")
        subprocess.run(
            [self._programs / "initdb", "-D", self._data, f"--pwfile={password}", *words],
            check=True,
            capture_output=True,
            cwd=self._folder,
            **self._user,
        )

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self._folder),
            "max_connections": "60",
            "fsync": self._fsync,
        }
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("a") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, "-p", str(self._port), *words],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,
                **self._user,
            )
        for _ in range(300):
            ready = [self._programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self._port)]
            if subprocess.run(ready, check=False).returncode == 0:
                return
            assert self._process.poll() is None, (self._folder / "log").read_text()
            time.sleep(0.1)
        raise AssertionError("the server did not answer within 30 seconds")

    def stop(self) -> None:
        """End all sessions and the server at once, as after a crash."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(timeout=60)

    def new_database(self, options: str = "") -> str:
        """Make an empty database; return its URL."""
        self._made += 1
        name = f"ledger_{self._made}"
        self.run(f"CREATE DATABASE {name} {options}")
        return self.admin.removesuffix("postgres") + name

    def empty_database(self) -> str:
        """Empty the one database that most tests use, one after the other; return its URL.

        This takes a tenth of the time that a new database takes.
        """
        if not self._emptied:
            self._emptied = self.new_database()
        self.end_sessions(self._emptied)
        self.run("DROP SCHEMA public CASCADE", self._emptied)
        self.run("CREATE SCHEMA public", self._emptied)
        return self._emptied

    def end_sessions(self, url: str) -> None:
        """End all sessions in a database, as a server that restarts or a network that fails."""
        name = url.rsplit("/", 1)[1]
        self.run(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608

    def run(self, statement: str, url: str = "") -> list[tuple[Any, ...]]:
        """Run a statement as the superuser, by default in the superuser's own database; return its rows."""
        import psycopg

        with psycopg.connect(url or self.admin, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def as_user(self, url: str, name: str) -> str:
        """Return the URL with another user, who has the same password."""
        return url.replace("//keeper:", f"//{name}:")


@contextmanager
def running_postgres(*, is_durable: bool = False) -> Iterator[PostgresServer]:
    """Start a server of a throw-away cluster; skip the test if PostgreSQL or its driver is missing.

    Args:
        is_durable: wait for the disk at each commit, as a server of a user does.
    """
    try:
        import psycopg  # noqa: F401 (only its absence counts)
    except ImportError:
        service_missing("the package psycopg is missing")
    programs = _programs()
    if programs is None:
        service_missing(f"no PostgreSQL server is installed: initdb is neither in {DEBIAN}/*/bin nor on the PATH")
    folder = Path(tempfile.mkdtemp(prefix="fleet-postgres-"))
    try:
        server = PostgresServer(programs, folder, is_durable=is_durable)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def _programs() -> Path | None:
    """Return the folder of the newest server's programs."""
    folders = [path.parent for path in DEBIAN.glob("*/bin/initdb")]
    if folders:
        return max(folders, key=lambda path: float(path.parent.name))
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None
