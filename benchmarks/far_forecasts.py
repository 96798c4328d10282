"""Forecasts of a week on real series: error against climatology, and coverage, by lead. Prints a table in Markdown."""

import json
import sys
from pathlib import Path

import numpy as np
from harness import DATA, RESULTS

from fleet import evaluate, hold, read_telemetry
from fleet.evaluation.protocol import Protocol

HORIZON_H, STEP_H, LEADS_H = 168, 6, (24, 48, 72, 120, 168)
SERIES = {
    "temperature, Phoenix": ("weather/isd_us-az-phoenix_2017-2018.parquet", "temp_c"),
    "temperature, Cheyenne": ("weather/isd_us-wy-cheyenne_2017-2018.parquet", "temp_c"),
    "temperature, Dublin": ("weather/metie_ie-dublin-phoenix-park_2007-2014.parquet", "temp_c"),
    "temperature, Dallas": ("weather/openmeteo_us-tex-erco_2020-2023.parquet", "temp_c"),
    "temperature, London": ("weather/openmeteo_gb_2020-2023.parquet", "temp_c"),
    "carbon, Germany": ("carbon/em_de-lu_2021-2023.parquet", "ci_direct_gco2eq_per_kwh"),
    "carbon, Great Britain": ("carbon/em_gb_2021-2023.parquet", "ci_direct_gco2eq_per_kwh"),
    "carbon, California": ("carbon/em_us-cal-ciso_2021-2023.parquet", "ci_direct_gco2eq_per_kwh"),
    "carbon, Ireland": ("carbon/eirgrid_ie_2018-2021.parquet", "co2_intensity_g_per_kwh"),
    "price, Texas": ("prices/price_us-tex-erco_2020-2023.parquet", "price_usd_per_mwh"),
    "power of a GPU server": ("workload/gpu_cbsugpu05_to-2024.parquet", "gpu_power_w_mean"),
    "demand, Tucson": ("grid/tep_us-az-tucson_2023-2024h1.parquet", "demand_mwh"),
}


def measured(file: Path, column: str) -> tuple[list[float], list[float], float]:
    """Return error over that of climatology and coverage by lead, and the lowest coverage of 500 origins."""
    checked = hold(read_telemetry(file))
    blend, usual = (
        evaluate(checked, Protocol(target=column, forecaster=name, horizon=HORIZON_H, step=STEP_H)).as_dict()
        for name in ("blend", "climatology")
    )
    (of_blend,), (of_usual,) = blend["regions"].values(), usual["regions"].values()
    at = [lead - 1 for lead in LEADS_H]
    ratio = [of_blend["mae_by_lead"][lead] / of_usual["mae_by_lead"][lead] for lead in at]
    return ratio, [of_blend["coverage_by_lead"][lead] for lead in at], of_blend["worst_block_coverage"]


def main() -> int:
    """Print the table and write it to `results/far_forecasts.json`."""
    rows = {name: measured(DATA / file, column) for name, (file, column) in SERIES.items()}
    print(
        "| series | "
        + " | ".join(f"{lead} h" for lead in LEADS_H)
        + " | coverage at 48, 72, 168 h, % | worst block, % |"
    )
    print("|---|" + "---:|" * len(LEADS_H) + "---|---:|")
    for name, (ratio, coverage, worst) in rows.items():
        covered = ", ".join(f"{100 * coverage[LEADS_H.index(lead)]:.1f}" for lead in (48, 72, 168))
        print(f"| {name} | " + " | ".join(f"{value:.2f}" for value in ratio) + f" | {covered} | {100 * worst:.1f} |")
    mean = np.exp(np.mean([np.log(ratio) for ratio, _, _ in rows.values()], axis=0))
    print("| geometric mean | " + " | ".join(f"{value:.2f}" for value in mean) + " | | |")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "far_forecasts.json").write_text(json.dumps({"leads_h": LEADS_H, "rows": rows}), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
