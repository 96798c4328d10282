"""Telemetry in, decisions out; no I/O. `prepare` is vectorised over origins, `decide` is stepped hour by hour."""

from fleet.pipeline.decide import Ended, decide
from fleet.pipeline.decided import Decided
from fleet.pipeline.prepare import prepare, with_foresight, with_settings
from fleet.pipeline.prepared import Prepared
from fleet.pipeline.settings import Settings
from fleet.pipeline.state import Places, State

__all__ = [
    "Decided",
    "Ended",
    "Places",
    "Prepared",
    "Settings",
    "State",
    "decide",
    "prepare",
    "with_foresight",
    "with_settings",
]
