"""Telemetry in, decisions out; no I/O. `prepare` is vectorised over origins, `decide` is stepped hour by hour."""

from fleet.pipeline.decide import Ended, State, decide
from fleet.pipeline.prepare import prepare, with_foresight, with_settings
from fleet.pipeline.prepared import Prepared
from fleet.pipeline.settings import Settings

__all__ = ["Ended", "Prepared", "Settings", "State", "decide", "prepare", "with_foresight", "with_settings"]
