"""The contenders of forecast_speed.py.

Each forecasts a case in its own process, on one thread. `python benchmarks/contenders.py NAME CASE.npz` prints one line
of JSON: `seconds` of fitting and forecasting, without imports and without reading the data; `mae` of the scored
origins; `peak_mb` of the whole process. Each contender imports its own packages, because the peers and this package are
in different environments.
"""

import json
import re
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Run = Callable[[], FloatArray]

LAGS_H = (*range(1, 25), 48, 72, 96, 120, 144, 168)
_KB_PER_MB = 1_024


@dataclass(frozen=True, kw_only=True)
class Case:
    """The series to forecast.

    observed: (region, hour) without gaps; the first hour is `start`.
    origins: (origin,) evenly spaced positions; the last target of the last origin is the last hour.
    scored_from: the first origin that is scored.
    """

    observed: FloatArray
    start: np.datetime64
    origins: NDArray[np.int64]
    horizon: int
    scored_from: int

    def save(self, file: Path) -> None:
        """Write the case to a file, so that a contender can load it."""
        np.savez(file, **{**vars(self), "start": np.datetime64(self.start, "h").astype(np.int64)})

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read a case that `save` wrote."""
        with np.load(file) as kept:
            return cls(
                observed=kept["observed"],
                start=np.datetime64(int(kept["start"]), "h"),
                origins=kept["origins"],
                horizon=int(kept["horizon"]),
                scored_from=int(kept["scored_from"]),
            )

    @property
    def time_utc(self) -> NDArray[np.datetime64]:
        """(hour,) times."""
        return self.start + np.arange(self.observed.shape[1])

    @property
    def first_train_h(self) -> int:
        """Number of hours up to and including the first origin."""
        return int(self.origins[0]) + 1

    @property
    def step_h(self) -> int:
        """Hours between two origins."""
        return int(self.origins[1] - self.origins[0])

    def mae(self, forecast: FloatArray) -> float:
        """Return the mean absolute error of (origin, region, lead) forecasts, over the scored origins."""
        target = self.origins[:, None] + np.arange(1, self.horizon + 1)
        error = np.abs(forecast - self.observed[:, target].swapaxes(0, 1))
        return float(error[self.origins >= self.scored_from].mean())


def ours(name: str) -> Callable[[Case], Run]:
    """Return a forecaster of this package. It is refitted monthly."""

    def prepare(case: Case) -> Run:
        from fleet.forecasting import FORECASTERS, Series, walk_forward

        def run() -> FloatArray:
            series = Series(observed=case.observed, time_utc=case.time_utc)
            return walk_forward(FORECASTERS[name](horizon=case.horizon), series, case.origins)

        return run

    return prepare


def least_squares(*, together: bool) -> Callable[[Case], Run]:
    """Return NumPy's least squares on the features of ridge.

    It is fitted once, on all rows that ridge knows at the last origin, and forecasts only the last month. All leads
    share the features, so that one solve is enough for all leads (`together`). Otherwise each lead has its own solve.
    """

    def prepare(case: Case) -> Run:
        from fleet.forecasting import Series
        from fleet.forecasting.design import origin_features
        from fleet.forecasting.seasonal_naive import same_hour
        from fleet.forecasting.series import actual, month_start

        def run() -> FloatArray:
            series = Series(observed=case.observed, time_utc=case.time_utc)
            refit = month_start(series.time_utc, int(case.origins[-1]))
            rows = np.arange(int(series.first_known.max()), refit - case.horizon)
            last = case.origins[case.origins >= refit]
            departure = actual(series, rows, case.horizon) - same_hour(series.filled, rows, case.horizon)
            forecast = same_hour(series.filled, case.origins, case.horizon)
            leads = [slice(None)] if together else [slice(lead, lead + 1) for lead in range(case.horizon)]
            for region in range(len(case.observed)):
                own = slice(region, region + 1)
                design, here = (origin_features(series, own, each)[0] for each in (rows, last))
                for lead in leads:
                    coefficient = np.linalg.lstsq(design, departure[:, region, lead], rcond=None)[0]
                    forecast[-len(last) :, region, lead] += here @ coefficient
            return forecast

        return run

    return prepare


def skforecast(case: Case) -> Run:
    """One recursive ridge for all regions, fitted before the first origin and not again."""
    import pandas as pd
    from skforecast.model_selection import TimeSeriesFold, backtesting_forecaster_multiseries
    from skforecast.recursive import ForecasterRecursiveMultiSeries
    from sklearn.linear_model import Ridge

    frame = _frame(pd, case)
    # One indicator column per region. With region numbers, a linear model would treat regions as multiples of each
    # other.
    forecaster = ForecasterRecursiveMultiSeries(estimator=Ridge(), lags=list(LAGS_H), encoding="onehot")
    folds = TimeSeriesFold(
        steps=case.horizon,
        initial_train_size=case.first_train_h,
        fold_stride=case.step_h,
        refit=False,
        allow_incomplete_fold=False,
        verbose=False,
    )

    def run() -> FloatArray:
        _, forecast = backtesting_forecaster_multiseries(
            forecaster=forecaster,
            series=frame,
            cv=folds,
            metric="mean_absolute_error",
            n_jobs=1,
            show_progress=False,
        )
        in_order = forecast.rename_axis("ds").reset_index().sort_values(["fold", "level", "ds"])
        return in_order["pred"].to_numpy().reshape(len(case.origins), len(case.observed), case.horizon)

    return run


def mlforecast(case: Case) -> Run:
    """One recursive ridge for all regions, fitted before the first origin and not again."""
    import pandas as pd
    from mlforecast import MLForecast
    from sklearn.linear_model import Ridge

    frame = _frame(pd, case).rename_axis("ds").reset_index()
    long = frame.melt(id_vars="ds", var_name="unique_id", value_name="y").sort_values(["unique_id", "ds"])
    forecaster = MLForecast(
        models={"ridge": Ridge()},
        freq="h",
        lags=list(LAGS_H),
        date_features=["hour", "dayofweek"],
        num_threads=1,
    )

    def run() -> FloatArray:
        forecast = forecaster.cross_validation(
            long, n_windows=len(case.origins), h=case.horizon, step_size=case.step_h, refit=False
        )
        in_order = forecast.sort_values(["cutoff", "unique_id", "ds"])
        return in_order["ridge"].to_numpy().reshape(len(case.origins), len(case.observed), case.horizon)

    return run


CONTENDERS: Mapping[str, Callable[[Case], Run]] = {
    "ridge": ours("ridge"),
    "blend": ours("blend"),
    "least_squares": least_squares(together=False),
    "least_squares_together": least_squares(together=True),
    "skforecast": skforecast,
    "mlforecast": mlforecast,
}
PEERS = ("skforecast", "mlforecast")


def main(name: str, file: Path) -> None:
    """Run one contender and print its result."""
    case = Case.load(file)
    run = CONTENDERS[name](case)
    started = time.perf_counter()
    forecast = run()
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "mae": case.mae(forecast), "peak_mb": _peak_mb()}))


def _frame(pd: Any, case: Case) -> Any:
    """Return a table with one column per region. Sorted by name, the columns keep the order of the regions."""
    names = [f"r{index:03d}" for index in range(len(case.observed))]
    return pd.DataFrame(case.observed.T, index=pd.DatetimeIndex(case.time_utc, freq="h"), columns=names)


def _peak_mb() -> float:
    # The usual counter, ru_maxrss, starts with the memory of the parent process.
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) / _KB_PER_MB if found else float("nan")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(sys.argv[1], Path(sys.argv[2]))
