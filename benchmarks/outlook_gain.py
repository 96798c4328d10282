"""What outlooks add: mean absolute error of daily highs and lows with and without a weather service, by lead.

Without the service, a ridge regression on the last seven known outcomes of the city forecasts the day. It learns from
all cities, and from earlier days only. With the service, its forecast is corrected by its usual miss, as outlooks are;
see weather_service.py. Days on which one of the forecasts is missing count in neither error.
"""

import time

import numpy as np
import polars as pl
from harness import Row, publish, shared_data, show
from weather_service import FILE, K_PER_F, foreseen_miss, lag_d

from fleet.units import FloatArray

LAGS = 7
# Days of learning before the first scored day.
LEARN_D = 60
PENALTY = 10.0


def main() -> None:
    """Score highs and lows by lead."""
    records = pl.read_parquet(shared_data() / "forecasts" / FILE)
    rows, lines = [], []
    for (quantity, lead, issued), own in sorted(records.group_by("quantity", "lead_h_nominal", "issued")):
        outcome, forecast = (
            K_PER_F * (wide(own, name) - 32) for name in ("observed_next_morning_temp_f", "forecast_temp_f")
        )
        lag = lag_d(issued)
        without = outcome - own_forecast(outcome, lag)
        issued_miss = outcome - forecast
        started = time.perf_counter()
        with_service = issued_miss - foreseen_miss(issued_miss, lag)
        seconds = time.perf_counter() - started
        scored = np.isfinite(without) & np.isfinite(with_service)
        scored[:, :LEARN_D] = False
        errors = [float(np.abs(error[scored]).mean()) for error in (without, issued_miss, with_service)]
        case = f"{quantity}s {lead} h ahead, issued {issued}"
        lines.append([case, f"{int(scored.sum()):,}", *(f"{error:.2f}" for error in errors)])
        rows.append(
            Row(
                case=case, ours_s=seconds, peer="without outlooks", peer_s=None, ratio=None,
                quality_ours=errors[2], quality_peer=errors[0],
            )
        )  # fmt: skip
    show("MAE, °C", ["case", "forecasts", "without outlooks", "outlooks as issued", "outlooks corrected"], lines)
    publish("outlook_gain", rows, ["numpy"])


def wide(records: pl.DataFrame, name: str) -> FloatArray:
    """Return a column as (city, day), NaN where it is missing."""
    table = (
        records.select("date_local", city=pl.concat_str("city", "state", separator=", "), value=name)
        .pivot(on="city", index="date_local", values="value")
        .sort("date_local")
        .upsample("date_local", every="1d")
    )
    return table.drop("date_local").cast(pl.Float64).fill_null(float("nan")).to_numpy().T


def own_forecast(outcome: FloatArray, lag: int) -> FloatArray:
    """Return a forecast from the city's own outcomes that were known `lag` days before: (city, day), NaN at first.

    The regression predicts how far the day is from the last known outcome. It is fitted again each day.
    """
    cities, days = outcome.shape
    forecast = np.full((cities, days), np.nan)
    moment, product = PENALTY * np.eye(LAGS), np.zeros(LAGS)
    inputs = [np.full((cities, LAGS), np.nan)] * days
    for day in range(lag + LAGS, days):
        known = outcome[:, day - lag - LAGS + 1 : day - lag + 1]
        inputs[day] = np.column_stack([known[:, :-1] - known[:, -1:], np.ones(cities)])
        learnt = day - lag
        target = outcome[:, learnt] - outcome[:, learnt - lag]
        is_whole = np.isfinite(inputs[learnt]).all(axis=1) & np.isfinite(target)
        past = inputs[learnt][is_whole]
        moment, product = moment + past.T @ past, product + past.T @ target[is_whole]
        forecast[:, day] = known[:, -1] + inputs[day] @ np.linalg.solve(moment, product)
    return forecast


if __name__ == "__main__":
    main()
