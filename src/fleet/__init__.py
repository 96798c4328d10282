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
    from fleet.fleets import load_fleet as load_fleet
    from fleet.library import bands as bands
    from fleet.library import decide as decide
    from fleet.library import evaluate as evaluate
    from fleet.library import forecast as forecast
    from fleet.library import headroom as headroom
    from fleet.library import read_jobs as read_jobs
    from fleet.library import read_outlooks as read_outlooks
    from fleet.library import read_telemetry as read_telemetry
    from fleet.library import replay_policies as replay_policies
    from fleet.planner.planner import Planner as Planner
    from fleet.planner.planner_job import PlannerJob as PlannerJob
    from fleet.planner.step_result import StepResult as StepResult
    from fleet.planner.transfers import Transfers as Transfers
    from fleet.preparation.column_forecast import ForecastOptions as ForecastOptions
    from fleet.preparation.series_forecaster import SeriesForecast as SeriesForecast
    from fleet.preparation.series_forecaster import SeriesForecaster as SeriesForecaster
    from fleet.preparation.settings import Settings as Settings
    from fleet.quality.gate import Checked as Checked
    from fleet.quality.gate import hold as hold
    from fleet.quality.ruling import Ruling as Ruling
    from fleet.replay.closed_loop import ReplayOptions as ReplayOptions

# Public name -> (module, name in that module).
_PUBLIC: dict[str, tuple[str, str]] = {
    # Readers.
    "load_fleet": ("fleet.fleets", "load_fleet"),
    "read_telemetry": ("fleet.library", "read_telemetry"),
    "read_outlooks": ("fleet.library", "read_outlooks"),
    "read_jobs": ("fleet.library", "read_jobs"),
    # Steps of a decision.
    "hold": ("fleet.quality.gate", "hold"),
    "forecast": ("fleet.library", "forecast"),
    "bands": ("fleet.library", "bands"),
    "SeriesForecaster": ("fleet.preparation.series_forecaster", "SeriesForecaster"),
    "SeriesForecast": ("fleet.preparation.series_forecaster", "SeriesForecast"),
    "headroom": ("fleet.library", "headroom"),
    "decide": ("fleet.library", "decide"),
    # Places jobs into arrays, without telemetry.
    "Planner": ("fleet.planner.planner", "Planner"),
    "PlannerJob": ("fleet.planner.planner_job", "PlannerJob"),
    "Transfers": ("fleet.planner.transfers", "Transfers"),
    "StepResult": ("fleet.planner.step_result", "StepResult"),
    # Tests on history.
    "evaluate": ("fleet.library", "evaluate"),
    "replay_policies": ("fleet.library", "replay_policies"),
    # Types.
    "Fleet": ("fleet.domain.region", "Fleet"),
    "Telemetry": ("fleet.domain.telemetry", "Telemetry"),
    "Outlooks": ("fleet.domain.outlooks", "Outlooks"),
    "Job": ("fleet.domain.job", "Job"),
    "Decision": ("fleet.domain.decision", "Decision"),
    "Checked": ("fleet.quality.gate", "Checked"),
    "Ruling": ("fleet.quality.ruling", "Ruling"),
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
