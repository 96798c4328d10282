"""Measures the errors of each forecaster and of Baseline B on 21 real series, in the test period of `fleet evaluate`.

Hourly origins, 24 leads, refitted monthly. The other columns of a series' file are covariates, as in `fleet evaluate`.
Seconds are of the default forecaster and of Baseline B, from one run that includes the fit. Quality is the mean
absolute error in the unit of the series. `--without-covariates` shows the effect of the other columns. `--markdown`
prints tables for a page.
"""

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from baseline import baseline_b
from harness import Row, publish, shared_data, show

from fleet.evaluation.splits import walk_forward_plan
from fleet.forecasting import DEFAULT_FORECASTER, FORECASTERS, Series, walk_forward
from fleet.forecasting.base import Positions
from fleet.forecasting.series import actual
from fleet.sources import table
from fleet.units import FloatArray

HORIZON = 24
BASELINE = "baseline_b"
NAIVE = "seasonal_naive"
METHODS = (DEFAULT_FORECASTER, "ridge", "xgboost", "ridge_asinh", "persistence", NAIVE, BASELINE)
CARBON = ("us-cal-ciso", "us-tex-erco", "us-mida-pjm", "de-lu", "gb", "sg", "ca-on", "au-nsw")
PRICES = (("de-lu", "eur"), ("sg", "sgd"), ("us-cal-ciso", "usd"), ("us-mida-pjm", "usd"), ("us-tex-erco", "usd"))

# name -> (files, target)
SERIES: Mapping[str, tuple[Sequence[str], str]] = {
    "temperature Phoenix": (["weather/isd_us-az-phoenix_2017-2018"], "temp_c"),
    "temperature Cheyenne": (["weather/isd_us-wy-cheyenne_2017-2018"], "temp_c"),
    "temperature Dublin": (["weather/metie_ie-dublin-phoenix-park_2007-2014"], "temp_c"),
    **{f"carbon {zone}": ([f"carbon/em_{zone}_2021-2023"], "ci_direct_gco2eq_per_kwh") for zone in CARBON},
    "carbon ie": (["carbon/eirgrid_ie_2014-2016", "carbon/eirgrid_ie_2018-2021"], "co2_intensity_g_per_kwh"),
    "demand Tucson": (["grid/tep_us-az-tucson_2023-2024h1"], "demand_mwh"),
    **{
        f"GPU server {each}": ([f"workload/gpu_cbsugpu{each}_to-2024"], "gpu_power_w_mean")
        for each in ("05", "07", "08")
    },
    **{f"price {zone}": ([f"prices/price_{zone}_2020-2023"], f"price_{money}_per_mwh") for zone, money in PRICES},
}


def main() -> None:
    """Score every series, print the table and write the result file."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--without-covariates", action="store_true", help="forecast from the past of the target only")
    words.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    asked = words.parse_args()
    data = shared_data()
    scores: dict[str, Mapping[str, float]] = {}
    rows = []
    for name, (files, target) in SERIES.items():
        series = series_of([data / f"{file}.parquet" for file in files], target, alone=asked.without_covariates)
        scores[name], seconds = scored(series)
        rows.append(row(name, scores[name], seconds))
        print(f"{name}: {seconds[DEFAULT_FORECASTER]:.1f} s", flush=True)
    title = "MAE without covariates" if asked.without_covariates else "MAE"
    lines = [*(line(name, mae) for name, mae in scores.items()), *summary(scores)]
    show(title, ["series", *METHODS, "blend/naive", "blend/B"], lines, markdown=asked.markdown)
    file = "forecast_accuracy_without_covariates" if asked.without_covariates else "forecast_accuracy"
    publish(file, rows, ["numpy", "xgboost-cpu"], mae=scores)


def series_of(files: Sequence[Path], target: str, *, alone: bool) -> Series:
    """Return the target as a series, with the other columns of its files as covariates or without them."""
    telemetry = table.read(files, region="here")
    if alone:
        return Series(observed=telemetry.column(target), time_utc=telemetry.time_utc, name=target)
    return Series.of(telemetry, target)


def scored(series: Series) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Return the mean absolute error and the seconds of every method."""
    first = int(series.first_known[0])
    plan = walk_forward_plan(series.time_utc, first_known=first, horizon=HORIZON, step=1, test_start=None)
    actuals = actual(series, plan.origins, HORIZON)[plan.scored]
    mae, seconds = {}, {}
    for method in METHODS:
        started = time.perf_counter()
        forecast = forecaster(method)(series, plan.origins)
        seconds[method] = time.perf_counter() - started
        mae[method] = float(np.nanmean(np.abs(forecast[plan.scored] - actuals)))
    return mae, seconds


def forecaster(method: str) -> Callable[[Series, Positions], FloatArray]:
    """Return the function that makes the (origin, region, lead) forecasts of a method."""
    if method == BASELINE:
        return lambda series, origins: baseline_b(series, origins, HORIZON)
    return lambda series, origins: walk_forward(FORECASTERS[method](horizon=HORIZON), series, origins)


def row(name: str, mae: Mapping[str, float], seconds: Mapping[str, float]) -> Row:
    """Return the row that compares the default forecaster with Baseline B."""
    return Row(
        case=name,
        ours_s=seconds[DEFAULT_FORECASTER],
        peer="baseline B",
        peer_s=seconds[BASELINE],
        ratio=seconds[BASELINE] / seconds[DEFAULT_FORECASTER],
        quality_ours=mae[DEFAULT_FORECASTER],
        quality_peer=mae[BASELINE],
    )


def line(name: str, mae: Mapping[str, float]) -> list[str]:
    """Return a line of the table: errors, then the default's error over the naive error and over Baseline B's error."""
    ratios = [mae[DEFAULT_FORECASTER] / mae[other] for other in (NAIVE, BASELINE)]
    return [name, *(f"{mae[method]:.4g}" for method in METHODS), *(f"{ratio:.3f}" for ratio in ratios)]


def summary(scores: Mapping[str, Mapping[str, float]]) -> list[list[str]]:
    """Return the geometric mean and the maximum of each ratio: error over naive error, and default over Baseline B."""
    errors = np.array([[mae[method] for method in METHODS] for mae in scores.values()])
    over_naive = errors / errors[:, [METHODS.index(NAIVE)]]
    ratios = np.column_stack([over_naive, over_naive[:, 0], errors[:, 0] / errors[:, METHODS.index(BASELINE)]])
    means, worst = np.exp(np.log(ratios).mean(axis=0)), ratios.max(axis=0)
    return [
        ["geometric mean, over naive", *(f"{value:.3f}" for value in means)],
        ["worst, over naive", *(f"{value:.3f}" for value in worst)],
    ]


if __name__ == "__main__":
    main()
