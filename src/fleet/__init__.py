"""Decides where and when AI jobs run, against calibrated bounds on weather, grid and load.

The names below are the public interface; `docs/library.md` shows how to use them. Each name is imported at its first
use, so that `import fleet` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fleet.version import __version__

if TYPE_CHECKING:
    from fleet.domain.decision import Decision as Decision
    from fleet.domain.job import Job as Job
    from fleet.domain.outlooks import Outlooks as Outlooks
    from fleet.domain.region import Fleet as Fleet
    from fleet.domain.telemetry import Telemetry as Telemetry
    from fleet.errors import FleetError as FleetError
    from fleet.evaluation.protocol import Protocol as Protocol
    from fleet.evaluation.rolling_origin import evaluate as evaluate
    from fleet.fleets import load_fleet as load_fleet
    from fleet.library import bands as bands
    from fleet.library import decide as decide
    from fleet.library import headroom as headroom
    from fleet.library import read_jobs as read_jobs
    from fleet.library import read_outlooks as read_outlooks
    from fleet.library import read_telemetry as read_telemetry
    from fleet.preparation.column_forecast import ForecastOptions as ForecastOptions
    from fleet.preparation.column_forecast import forecast_column
    from fleet.preparation.settings import Settings as Settings
    from fleet.replay.closed_loop import ReplayOptions as ReplayOptions
    from fleet.replay.closed_loop import replay_policies as replay_policies

    forecast = forecast_column

# Public name -> (module, name in that module).
_PUBLIC: dict[str, tuple[str, str]] = {
    # Readers.
    "load_fleet": ("fleet.fleets", "load_fleet"),
    "read_telemetry": ("fleet.library", "read_telemetry"),
    "read_outlooks": ("fleet.library", "read_outlooks"),
    "read_jobs": ("fleet.library", "read_jobs"),
    # Steps of a decision.
    "forecast": ("fleet.preparation.column_forecast", "forecast_column"),
    "bands": ("fleet.library", "bands"),
    "headroom": ("fleet.library", "headroom"),
    "decide": ("fleet.library", "decide"),
    # Tests on history.
    "evaluate": ("fleet.evaluation.rolling_origin", "evaluate"),
    "replay_policies": ("fleet.replay.closed_loop", "replay_policies"),
    # Types.
    "Fleet": ("fleet.domain.region", "Fleet"),
    "Telemetry": ("fleet.domain.telemetry", "Telemetry"),
    "Outlooks": ("fleet.domain.outlooks", "Outlooks"),
    "Job": ("fleet.domain.job", "Job"),
    "Decision": ("fleet.domain.decision", "Decision"),
    "Settings": ("fleet.preparation.settings", "Settings"),
    "ForecastOptions": ("fleet.preparation.column_forecast", "ForecastOptions"),
    "Protocol": ("fleet.evaluation.protocol", "Protocol"),
    "ReplayOptions": ("fleet.replay.closed_loop", "ReplayOptions"),
    "FleetError": ("fleet.errors", "FleetError"),
}

__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'fleet' has no attribute {name!r}")
    module, attribute = _PUBLIC[name]
    value = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
