"""Telemetry in, decisions out; no I/O. `prepare` is vectorised over origins, `decide` is stepped hour by hour."""

from fleet.pipeline.decide import Ended, State, decide
from fleet.pipeline.prepare import Prepared, Settings, prepare, with_foresight

__all__ = ["Ended", "Prepared", "Settings", "State", "decide", "prepare", "with_foresight"]
