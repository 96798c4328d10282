"""Real telemetry, one file a source: fetch(...) -> bytes does the I/O, parse(bytes) -> Telemetry is pure."""

from collections.abc import Mapping
from types import ModuleType

from fleet.sources import table

SOURCES: Mapping[str, ModuleType] = {
    "table": table,
}
