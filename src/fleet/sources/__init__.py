"""Sources of real telemetry, one file per source: `fetch(...) -> bytes` does the I/O, and `parse(bytes)` does none."""

from collections.abc import Mapping
from types import ModuleType

from fleet.sources import table

SOURCES: Mapping[str, ModuleType] = {
    "table": table,
}
