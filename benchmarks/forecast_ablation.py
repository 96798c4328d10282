"""Measures the effect of each part of the forecasters: the error with a changed part over the error of the default.

Eight real series of weather, carbon, price, demand and servers, default test period, hourly origins, 24 leads. A ratio
above 1 means that the default is better. The run takes about ten minutes.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from harness import Row, publish, shared_data, show
from numpy.typing import NDArray

from fleet.evaluation.splits import walk_forward_plan
from fleet.forecasting import FORECASTERS, Series, blend, regression, ridge, ridge_asinh, walk_forward, weights, xgboost
from fleet.forecasting.base import Positions
from fleet.forecasting.series import actual
from fleet.sources import table
from fleet.units import HOURS_PER_YEAR, FloatArray

HORIZON = 24
Case = tuple[Series, Positions, NDArray[np.bool_]]
SERIES = {
    "phoenix": ("weather/isd_us-az-phoenix_2017-2018", "temp_c"),
    "cheyenne": ("weather/isd_us-wy-cheyenne_2017-2018", "temp_c"),
    "ciso": ("carbon/em_us-cal-ciso_2021-2023", "ci_direct_gco2eq_per_kwh"),
    "gb": ("carbon/em_gb_2021-2023", "ci_direct_gco2eq_per_kwh"),
    "price_ciso": ("prices/price_us-cal-ciso_2020-2023", "price_usd_per_mwh"),
    "price_pjm": ("prices/price_us-mida-pjm_2020-2023", "price_usd_per_mwh"),
    "tucson": ("grid/tep_us-az-tucson_2023-2024h1", "demand_mwh"),
    "gpu08": ("workload/gpu_cbsugpu08_to-2024", "gpu_power_w_mean"),
}


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A forecaster with a change.

    patches: (module, name, value) of each changed constant.
    covariates: False to leave out the covariates.
    """

    label: str
    forecaster: str
    patches: Sequence[tuple[Any, str, Any]] = ()
    covariates: bool = True


def settings_of_trees(**change: Any) -> tuple[Any, str, Any]:
    """Return the patch that changes parameters of the boosting."""
    return xgboost, "_PARAMETERS", {**xgboost._PARAMETERS, **change}


def without(expert: str) -> Callable[[blend.Blend, Series, Positions], FloatArray]:
    """Return `Blend.experts` with one expert replaced by ridge, or with ridge replaced by the naive one."""
    whole, place = blend.Blend.experts, blend.EXPERTS.index(expert)
    stand_in = blend.EXPERTS.index("seasonal_naive" if expert == "ridge" else "ridge")

    def experts(self: blend.Blend, series: Series, origins: Positions) -> FloatArray:
        made = whole(self, series, origins)
        made[place] = made[stand_in]
        return made

    return experts


VARIANTS = (
    Variant(label="ridge: squared errors, none cut off", forecaster="ridge", patches=[(regression, "_HUBER", 1e9)]),
    Variant(label="ridge: cut off at 1 spread", forecaster="ridge", patches=[(regression, "_HUBER", 1.0)]),
    Variant(label="ridge: five times the penalty", forecaster="ridge", patches=[(regression, "PENALTY", 1e-2)]),
    Variant(label="ridge: a fifth of the penalty", forecaster="ridge", patches=[(regression, "PENALTY", 4e-4)]),
    Variant(
        label="ridge: half-life of 90 days", forecaster="ridge", patches=[(ridge, "HALF_LIFE_H", HOURS_PER_YEAR / 4)]
    ),
    Variant(label="ridge: half-life of a year", forecaster="ridge", patches=[(ridge, "HALF_LIFE_H", HOURS_PER_YEAR)]),
    Variant(label="ridge: without other quantities", forecaster="ridge", covariates=False),
    Variant(
        label="ridge_asinh: straight within 1", forecaster="ridge_asinh", patches=[(ridge_asinh, "_STRAIGHT_WITHIN", 1)]
    ),
    Variant(label="xgboost: depth 6", forecaster="xgboost", patches=[settings_of_trees(max_depth=6)]),
    Variant(
        label="xgboost: squared errors",
        forecaster="xgboost",
        patches=[settings_of_trees(objective="reg:squarederror")],
    ),
    Variant(label="xgboost: all leads of a row", forecaster="xgboost", patches=[(xgboost, "_LEAD_STEP", 1)]),
    Variant(label="xgboost: twice the rounds", forecaster="xgboost", patches=[(xgboost, "_ROUNDS", 120)]),
    Variant(label="blend: half-life of 14 days", forecaster="blend", patches=[(weights, "HALF_LIFE_D", 14.0)]),
    Variant(label="blend: half-life of 3 years", forecaster="blend", patches=[(weights, "HALF_LIFE_D", 1_095.0)]),
    Variant(label="blend: without other quantities", forecaster="blend", covariates=False),
    *(
        Variant(
            label=f"blend: without {expert}", forecaster="blend", patches=[(blend.Blend, "experts", without(expert))]
        )
        for expert in blend.EXPERTS
    ),
)


def main() -> None:
    """Score each variant.

    Its quality is the geometric mean, over the series, of its error over the unchanged forecaster's.
    """
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    asked = words.parse_args()
    data = shared_data()
    cases = {name: load(data, *where) for name, where in SERIES.items()}
    kinds = dict.fromkeys(variant.forecaster for variant in VARIANTS)
    as_it_is = {
        name: {kind: miss(case, Variant(label="", forecaster=kind)) for kind in kinds} for name, case in cases.items()
    }
    lines, rows = [], []
    for variant in VARIANTS:
        started = time.perf_counter()
        ratios = [miss(case, variant) / as_it_is[name][variant.forecaster] for name, case in cases.items()]
        mean = float(np.exp(np.log(ratios).mean()))
        lines.append([variant.label, *[f"{ratio:.3f}" for ratio in ratios], f"{mean:.3f}"])
        rows.append(
            Row(
                case=variant.label,
                ours_s=time.perf_counter() - started,
                peer=f"{variant.forecaster} as it is",
                peer_s=None,
                ratio=None,
                quality_ours=mean,
                quality_peer=1.0,
            )
        )
    publish("forecast_ablation", rows, ["numpy", "xgboost-cpu"])
    show("error over that of the forecaster as it is", ["", *cases, "mean"], lines, markdown=asked.markdown)


def load(data: Path, path: str, target: str) -> Case:
    """Return the series, the origins to forecast, and whether each origin is scored."""
    telemetry = table.read([data / f"{path}.parquet"])
    series = Series.of(telemetry, target)
    plan = walk_forward_plan(
        series.time_utc, first_known=int(series.first_known[0]), horizon=HORIZON, step=1, test_start=None
    )
    return series, plan.origins, plan.scored


def miss(case: Case, variant: Variant) -> float:
    """Return the mean absolute error over the test period."""
    series, origins, scored = case
    series = series if variant.covariates else replace(series, covariates={})
    with ExitStack() as stack:
        for module, name, value in variant.patches:
            stack.enter_context(patch.object(module, name, value))
        forecast = walk_forward(FORECASTERS[variant.forecaster](horizon=HORIZON), series, origins)
    return float(np.nanmean(np.abs(forecast - actual(series, origins, HORIZON))[scored]))


if __name__ == "__main__":
    main()
