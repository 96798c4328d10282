"""Functions for use from Python. They need no workspace and no ledger, and read only the files that you name.

Each function that takes telemetry applies the quality rules first, as the commands do. `Checked` telemetry, which
`hold` returns, has passed the rules already. It carries its own outlooks: leave out the argument `outlooks` then.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, overload

import numpy as np

from fleet.conformal import BANDS, DEFAULT_BANDS, miscoverage_of
from fleet.conformal.build_bands import Residuals, make_bands
from fleet.decisions.build_curve import curve_of, hours_needed
from fleet.decisions.decide import decide as decide_hour
from fleet.decisions.state import State
from fleet.domain.bands import Bands
from fleet.domain.clock import Hour, HourArray
from fleet.domain.decision import Decision
from fleet.domain.headroom_curve import HeadroomCurve
from fleet.domain.job import MAX_DURATION_H, Job
from fleet.domain.job_table import JobTable, jobs_from_frame
from fleet.domain.outlooks import Outlooks
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.domain.workload import Workload
from fleet.errors import ConfigError, DataError
from fleet.evaluation.protocol import Protocol
from fleet.evaluation.rolling_origin import Evaluation
from fleet.evaluation.rolling_origin import evaluate as evaluate_believed
from fleet.placement import DEFAULT_POLICY, POLICIES, Belief
from fleet.preparation.column_forecast import ColumnForecast, ForecastOptions, forecast_column
from fleet.preparation.prepare import prepare
from fleet.preparation.prepared import Prepared
from fleet.preparation.series_forecaster import SeriesForecast, SeriesForecaster
from fleet.preparation.settings import Settings
from fleet.quality.gate import Checked, hold
from fleet.replay.closed_loop import Replay, ReplayOptions
from fleet.replay.closed_loop import replay_policies as replay_believed
from fleet.replay.policy_player import Report
from fleet.sources import table
from fleet.units import FloatArray


def read_telemetry(*files: str | Path, region: str | None = None) -> Telemetry:
    """Read Parquet or CSV files and join them in time.

    Args:
        region: the region of a table without a column `region`, by default the file's name without suffix; of any
            other table, the region to select.
    Raises: SourceError if a file cannot be read; DataError if it is not telemetry.
    """
    return table.read([Path(file) for file in files], region=region)


def read_outlooks(file: str | Path, *, region: str | None = None) -> Outlooks:
    """Read forecasts by others from a Parquet or CSV file.

    Args:
        region: the region of a table without a column `region`; by default, the file's name without suffix.
    Raises: SourceError if the file cannot be read; DataError if it holds no outlooks.
    """
    return table.read_outlooks(Path(file), region=region)


def read_jobs(file: str | Path, fleet: Fleet) -> JobTable:
    """Read jobs from a Parquet or CSV file. The result lists each invalid row with its reason in `refused`.

    Raises: SourceError if the file cannot be read; DataError if it is not a table of jobs.
    """
    path = Path(file)
    return jobs_from_frame(table.frame(table.fetch(path), table=path.name), table=path.name, regions=fleet.regions)


def bands(
    forecast: FloatArray,
    actual: FloatArray,
    origin_utc: HourArray,
    *,
    confidence: float = 0.95,
    method: str = DEFAULT_BANDS,
) -> Bands:
    """Return two-sided bands around your own forecasts. The band of an origin uses the errors known at that origin.

    Args:
        forecast: (origin, lead), in time order.
        actual: (origin, lead); NaN where the value is not known yet.
        origin_utc: (origin,) hours; the first lead is one hour after the origin.
        confidence: confidence of the bands, in (0, 1).
        method: name in BANDS.
    Returns: arrays (origin, lead); a band is infinite where too few errors were known at its origin.
    Raises: ConfigError for an unknown method or a confidence outside (0, 1); DataError for arrays of different shapes.
    """
    if method not in BANDS:
        raise ConfigError(f"method is {method!r}, expected one of {', '.join(BANDS)}")
    if forecast.ndim != 2 or forecast.shape != actual.shape or len(origin_utc) != len(forecast):
        raise DataError(
            f"forecast, actual and origin_utc have shapes {forecast.shape}, {actual.shape} and {np.shape(origin_utc)}, "
            "expected (origin, lead) twice and (origin,)"
        )
    residuals = Residuals(
        forecast=forecast[:, None],
        actual=actual[:, None],
        origin_utc=np.asarray(origin_utc, dtype="datetime64[h]"),
        age_h=np.zeros((len(forecast), 1), dtype=np.int64),
    )
    return make_bands(BANDS[method](), residuals, miscoverage_of(confidence)).of_region(0)


@overload
def forecast(
    telemetry: Telemetry | Checked,
    column: str,
    options: ForecastOptions | int | None = None,
    *,
    at: Hour | None = None,
    outlooks: Outlooks | None = None,
) -> ColumnForecast: ...
@overload
def forecast(telemetry: Any, column: str, options: ForecastOptions | int | None = None) -> SeriesForecast: ...
def forecast(
    telemetry: Any,
    column: str,
    options: ForecastOptions | int | None = None,
    *,
    at: Hour | None = None,
    outlooks: Outlooks | None = None,
) -> ColumnForecast | SeriesForecast:
    """Forecast the next hours or steps of a column, with a band around each of them.

    Args:
        telemetry: telemetry of several regions, or any table of one series at steps of five minutes to an hour: polars,
            pandas, or a mapping from names to arrays, with `time_utc`. The quality rules apply to telemetry alone. To
            keep what was learnt for the next table, use `SeriesForecaster`.
        options: the options, or only the horizon: the number of hours, or of steps of the table.
        at: the last hour that counts as known; by default, the last hour of each region. Not for a table.
        outlooks: forecasts by others. An outlook is used if it was issued by one hour after the last known hour. Not
            for a table.
    Raises: ConfigError for a wrong option; DataError if the column is missing or its history is too short.
    """
    horizon = None if options is None or isinstance(options, ForecastOptions) else options
    chosen = options if isinstance(options, ForecastOptions) else None
    if isinstance(telemetry, Telemetry | Checked):
        checked = _checked(telemetry, outlooks)
        chosen = chosen or (None if horizon is None else ForecastOptions(horizon=horizon))
        return forecast_column(checked.telemetry, column, chosen, at=at, outlooks=checked.outlooks)
    if at is not None or outlooks is not None:
        raise ConfigError("at and outlooks belong to telemetry, expected neither with a table; cut the table instead")
    return SeriesForecaster(column, horizon, chosen).update(telemetry)


def evaluate(telemetry: Telemetry | Checked, protocol: Protocol, *, outlooks: Outlooks | None = None) -> Evaluation:
    """Score forecasts and bands on history. A held value is not scored.

    Args:
        outlooks: forecasts by others.
    Raises: DataError if the target is missing, or a region has no origin to score.
    """
    checked = _checked(telemetry, outlooks)
    return evaluate_believed(checked.telemetry, protocol, outlooks=checked.outlooks)


def replay_policies(
    telemetry: Telemetry | Checked,
    jobs: Sequence[Job],
    fleet: Fleet,
    options: ReplayOptions | None = None,
    report: Report | None = None,
) -> Replay:
    """Run each policy and the oracle over the same hours of history.

    Args:
        telemetry: `it_load_mw` is the load without the jobs.
        report: called with the name of a stage and its finished share.
    Raises: DataError if nothing can be replayed.
    """
    options = options or ReplayOptions()
    checked = _checked(telemetry, options.outlooks, fleet)
    return replay_believed(checked.telemetry, jobs, fleet, replace(options, outlooks=checked.outlooks), report)


def headroom(
    telemetry: Telemetry | Checked,
    fleet: Fleet,
    *,
    duration_h: int = 1,
    at: Hour | None = None,
    settings: Settings | None = None,
    outlooks: Outlooks | None = None,
) -> HeadroomCurve:
    """Compute the MW that a job may add to each region, for every start in the horizon.

    Args:
        duration_h: how long the job would run.
        at: the last hour that counts as known; by default, the last hour of the telemetry.
        outlooks: forecasts by others. An outlook is used if it was issued by one hour after the last known hour.
    Raises: ConfigError for a duration that no job may have; DataError if no region has enough history for a bound.
    """
    if not 1 <= duration_h <= MAX_DURATION_H:
        raise ConfigError(f"duration_h is {duration_h}, expected 1 to {MAX_DURATION_H}, the longest duration of a job")
    prepared = _prepared(telemetry, fleet, at, settings or Settings(), outlooks)
    reserved_mw = np.zeros((len(fleet.regions), hours_needed(prepared.settings.horizon, duration_h)))
    return curve_of(prepared, 0, reserved_mw, None, duration_h)


def decide(
    telemetry: Telemetry | Checked,
    fleet: Fleet,
    jobs: Sequence[Job],
    *,
    policy: str = DEFAULT_POLICY,
    at: Hour | None = None,
    settings: Settings | None = None,
    outlooks: Outlooks | None = None,
) -> list[Decision]:
    """Decide jobs in one hour, on a fleet that runs no other jobs. Nothing is recorded.

    Args:
        jobs: each is planned within its own window, which may open later than the next hour.
        policy: name in POLICIES; not the oracle, which needs the future.
        at: the last hour that counts as known; by default, the last hour of the telemetry.
        outlooks: forecasts by others. An outlook is used if it was issued by one hour after the last known hour.
    Returns: one decision per job, in the order of the jobs.
    Raises: ConfigError for an unknown policy; DataError if no region has enough history for a bound.
    """
    names = [name for name in POLICIES if POLICIES[name].belief is not Belief.TRUTH]
    if policy not in names:
        raise ConfigError(f"policy is {policy!r}, expected one of {', '.join(names)}")
    if not jobs:
        return []
    prepared = _prepared(telemetry, fleet, at, settings or Settings(), outlooks)
    work = Workload.of(jobs, fleet.region_ids)
    state = State.empty(prepared, longest_job_h=work.longest_h)
    result, _ = decide_hour(prepared, state, work, np.arange(len(work)), POLICIES[policy]())
    by_job = {int(job): entry for entry, job in enumerate(result.places.job)}
    return [result.decision(by_job[job]) for job in range(len(work))]


def _checked(telemetry: Telemetry | Checked, outlooks: Outlooks | None, fleet: Fleet | None = None) -> Checked:
    """Apply the quality rules to telemetry and outlooks. `Checked` telemetry is returned as it is.

    Raises: ConfigError for `Checked` telemetry with other outlooks, which no rule has judged.
    """
    if isinstance(telemetry, Telemetry):
        return hold(telemetry, fleet=fleet, outlooks=outlooks)
    if outlooks is not None and outlooks is not telemetry.outlooks:
        raise ConfigError("checked telemetry came with other outlooks, expected them to go through hold() together")
    return telemetry


def _prepared(
    telemetry: Telemetry | Checked, fleet: Fleet, at: Hour | None, settings: Settings, outlooks: Outlooks | None
) -> Prepared:
    checked = _checked(telemetry, outlooks, fleet)
    believed = checked.telemetry.of_regions(fleet.region_ids)
    origin = len(believed.time_utc) - 1 if at is None else believed.position(at)
    return prepare(believed.hours(0, origin + 1), fleet, np.array([origin]), settings, outlooks=checked.outlooks)
