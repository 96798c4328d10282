"""Where things are kept: one folder holds the telemetry, the ledger and what the views show."""

from dataclasses import dataclass
from pathlib import Path

from fleet.errors import ConfigError

DEFAULT_HOME = Path(".fleet")


@dataclass(frozen=True)
class Workspace:
    """The paths inside a workspace. Nothing is made until something is written."""

    home: Path = DEFAULT_HOME

    @property
    def fleet(self) -> Path:
        """The fleet's YAML; the packaged default where it is absent."""
        return self.home / "fleet.yaml"

    @property
    def telemetry(self) -> Path:
        return self.home / "telemetry.parquet"

    @property
    def jobs(self) -> Path:
        return self.home / "jobs.parquet"

    @property
    def outlooks(self) -> Path:
        return self.home / "outlooks.parquet"

    @property
    def ledger(self) -> Path:
        return self.home / "ledger.sqlite"

    @property
    def made_by_demo(self) -> Path:
        """There while telemetry and fleet are the demo's own, which the next demo may replace."""
        return self.home / "made-by-demo"

    @property
    def lock(self) -> Path:
        """Held while a live hour is decided: two at once would give the same headroom away twice."""
        return self.home / "decide.lock"

    @property
    def risk(self) -> Path:
        """Forecasts, bounds and limits of a replay; see `replay.views.risk_frame`."""
        return self.home / "views" / "risk.parquet"

    @property
    def footprint(self) -> Path:
        """What each policy's fleet took, hour by hour; see `replay.views.footprint_frame`."""
        return self.home / "views" / "footprint.parquet"

    @property
    def replay(self) -> Path:
        """The replay's figures, as `fleet replay --json` writes them."""
        return self.home / "views" / "replay.json"

    @property
    def evidence(self) -> Path:
        """How often a replay's bounds held, and where; see `replay.evidence`."""
        return self.home / "views" / "evidence.json"

    @property
    def report(self) -> Path:
        return self.home / "reports" / "report.html"

    def require(self, path: Path, made_by: str) -> Path:
        """The path, if it is there. Raises: ConfigError naming the command that makes it."""
        if not path.exists():
            raise ConfigError(f"{path} does not exist; run `{made_by}` first, or name another workspace with --home")
        return path
