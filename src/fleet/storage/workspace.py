"""The workspace: one folder with the telemetry, the ledger and the results that the dashboard shows."""

from dataclasses import dataclass
from pathlib import Path

from fleet.errors import ConfigError

DEFAULT_HOME = Path(".fleet")


@dataclass(frozen=True)
class Workspace:
    """The paths inside a workspace. Nothing is created until something is written."""

    home: Path = DEFAULT_HOME

    @property
    def fleet(self) -> Path:
        """The fleet file. If it is absent, the packaged default fleet is used."""
        return self.home / "fleet.yaml"

    @property
    def telemetry(self) -> Path:
        """The stored telemetry."""
        return self.home / "telemetry.parquet"

    @property
    def jobs(self) -> Path:
        """The jobs that the demo made."""
        return self.home / "jobs.parquet"

    @property
    def outlooks(self) -> Path:
        """The stored outlooks."""
        return self.home / "outlooks.parquet"

    @property
    def feed_progress(self) -> Path:
        """How far each source was read; see `storage.feed_progress`. Without it, everything is asked for again."""
        return self.home / "feeds.json"

    @property
    def answers(self) -> Path:
        """The folder with answers of sources. It may be deleted."""
        return self.home / "answers"

    @property
    def releases(self) -> Path:
        """The values that people released or withdrew; see `storage.ruling_log`."""
        return self.home / "releases.jsonl"

    @property
    def ledger(self) -> Path:
        """The SQLite file of the ledger; unused if FLEET_DATABASE_URL names a database."""
        return self.home / "ledger.sqlite"

    @property
    def snapshots(self) -> Path:
        """The folder with snapshots of what was learnt; see `storage.snapshot_store`. It may be deleted."""
        return self.home / "snapshots"

    @property
    def has_decided(self) -> Path:
        """An empty file that exists once the ledger has held decisions. From then on, an empty ledger is an error."""
        return self.home / "has-decided"

    @property
    def stated_bands(self) -> Path:
        """The band of each next hour as the service stated it; see `workflows.live_coverage`. It may be deleted."""
        return self.home / "stated-bands.jsonl"

    @property
    def made_by_demo(self) -> Path:
        """A file that exists if the demo made the telemetry and the fleet. The next demo may then replace them."""
        return self.home / "made-by-demo"

    @property
    def risk(self) -> Path:
        """Forecasts, bounds and limits of a replay; see `replay.chart_tables.risk_frame`."""
        return self.home / "views" / "risk.parquet"

    @property
    def footprint(self) -> Path:
        """Hourly resource use under each policy of a replay; see `replay.chart_tables.footprint_frame`."""
        return self.home / "views" / "footprint.parquet"

    @property
    def headroom(self) -> Path:
        """The headroom of each hour ahead of each origin of a replay; see `replay.headroom_table`."""
        return self.home / "views" / "headroom.parquet"

    @property
    def live_hours(self) -> Path:
        """The folder with one table per live hour; see `workflows.live_hours`."""
        return self.home / "views" / "live"

    @property
    def replay(self) -> Path:
        """The results of a replay, as `fleet replay --json` writes them."""
        return self.home / "views" / "replay.json"

    @property
    def evidence(self) -> Path:
        """The coverage of a replay's bounds; see `replay.bound_evidence`."""
        return self.home / "views" / "evidence.json"

    @property
    def report(self) -> Path:
        """The HTML report."""
        return self.home / "reports" / "report.html"

    def make(self) -> None:
        """Make the folder, readable by the user alone, if it is missing. Raises: ConfigError if it cannot be made."""
        try:
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"{self.home} cannot be made ({error.strerror}); name another one with --home") from error

    def require_contents(self) -> None:
        """Raise ConfigError if the folder is missing, or holds nothing that a report could show."""
        if any(path.exists() for path in (self.fleet, self.telemetry, self.outlooks, self.ledger, self.replay)):
            return
        found = "holds no fleet, telemetry or replay" if self.home.exists() else "does not exist"
        raise ConfigError(
            f"{self.home} {found}; run `fleet demo` or `fleet ingest` first, or name another workspace with --home"
        )

    def require(self, path: Path, made_by: str) -> Path:
        """Return the path if the file exists.

        Args:
            path: a file of the workspace.
            made_by: the command that makes the file, for the message.
        Raises: ConfigError that names the command if the file does not exist.
        """
        if not path.exists():
            raise ConfigError(f"{path} does not exist; run `{made_by}` first, or name another workspace with --home")
        return path
