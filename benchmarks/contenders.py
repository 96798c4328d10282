"""The contenders of forecast_speed.py: each forecasts a case in a process of its own, on one thread.

python benchmarks/contenders.py NAME CASE.npz prints one line of JSON: `seconds` of fitting and forecasting, without
imports and without reading the data; `mae` of the scored origins; `peak_mb` of the whole process. What a contender
imports it imports itself, since the peers live in an environment without this package and this package in one without
them.
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
    """What is forecast. observed: (region, hour) without gaps; the first hour is `start`.

    origins: (origin,) positions, evenly spaced; the last one's last target is the last hour. scored_from: the first of
    them that counts.
    """

    observed: FloatArray
    start: np.datetime64
    origins: NDArray[np.int64]
    horizon: int
    scored_from: int

    def save(self, file: Path) -> None:
        """For a contender to load."""
        np.savez(file, **{**vars(self), "start": np.datetime64(self.start, "h").astype(np.int64)})

    @classmethod
    def load(cls, file: Path) -> Self:
        """What `save` wrote."""
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
        """(hour,)."""
        return self.start + np.arange(self.observed.shape[1])

    @property
    def first_train_h(self) -> int:
        """Hours up to the first origin, itself included."""
        return int(self.origins[0]) + 1

    @property
    def step_h(self) -> int:
        """Between origins."""
        return int(self.origins[1] - self.origins[0])

    def mae(self, forecast: FloatArray) -> float:
        """Of (origin, region, lead), over the scored origins."""
        target = self.origins[:, None] + np.arange(1, self.horizon + 1)
        error = np.abs(forecast - self.observed[:, target].swapaxes(0, 1))
        return float(error[self.origins >= self.scored_from].mean())


def ours(name: str) -> Callable[[Case], Run]:
    """A forecaster of this package, refitted monthly."""

    def prepare(case: Case) -> Run:
        from fleet.forecasting import FORECASTERS, Series, walk_forward

        def run() -> FloatArray:
            series = Series(observed=case.observed, time_utc=case.time_utc)
            return walk_forward(FORECASTERS[name](horizon=case.horizon), series, case.origins)

        return run

    return prepare


def least_squares(*, together: bool) -> Callable[[Case], Run]:
    """NumPy's least squares on ridge's own features, once, on all rows that ridge has learnt from at the last origin.

    It forecasts the last month alone. All leads share the features, so that one solve can answer for all of them
    (`together`); without knowing that, each lead needs its own.
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
    # A column a region: by number, a linear model would take one region for a multiple of another.
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
    """Run one and tell."""
    case = Case.load(file)
    run = CONTENDERS[name](case)
    started = time.perf_counter()
    forecast = run()
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "mae": case.mae(forecast), "peak_mb": _peak_mb()}))


def _frame(pd: Any, case: Case) -> Any:
    """A column a region; names that sort as the regions do."""
    names = [f"r{index:03d}" for index in range(len(case.observed))]
    return pd.DataFrame(case.observed.T, index=pd.DatetimeIndex(case.time_utc, freq="h"), columns=names)


def _peak_mb() -> float:
    # Of this program alone: what the kernel counts for a process begins with the memory of the one that started it.
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) / _KB_PER_MB if found else float("nan")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(sys.argv[1], Path(sys.argv[2]))
