"""Corrects a weather service's forecasts by their usual miss: daily highs and lows of US cities.

The correction is a feature of outlooks (`fleet.forecasting.outlook_features.usual_miss`), with one step a day: the mean
miss of the city's past weeks, shrunk towards zero. Its half-life and its shrinkage were chosen on these highs. Each
lead learns only from the misses of this lead. Quality is the root mean square error (RMSE) in degrees Celsius: ours
with the correction, the peer's as issued. Ratio and the peer's seconds are empty, because the time to issue a forecast
is not known.
"""

import time

import numpy as np
import polars as pl
from harness import Row, publish, shared_data, show
from numpy.typing import NDArray

from fleet.forecasting.outlook_features import usual_miss
from fleet.units import FloatArray

FILE = "nws_daily_2021-01-30_2021-10-31.parquet"
K_PER_F = 5 / 9
# Errors of successive days are correlated, so whole weeks are resampled.
BLOCK_D = 7
DRAWS = 2_000
SEED = 7
INTERVAL = (0.025, 0.975)


def main() -> None:
    """Score highs and lows by lead."""
    records = pl.read_parquet(shared_data() / "forecasts" / FILE)
    rows, lines, intervals = [], [], {}
    for (quantity, lead, issued), own in sorted(records.group_by("quantity", "lead_h_nominal", "issued")):
        miss = misses(own)
        started = time.perf_counter()
        left = miss - foreseen_miss(miss, lag_d(issued))
        seconds = time.perf_counter() - started
        raw, corrected = rmse(miss), rmse(left)
        low, high = difference_interval(miss, left)
        case = f"{quantity}s {lead} h ahead, issued {issued}"
        intervals[case] = [low, high]
        counts = [str(len(miss)), str(int(np.isfinite(miss).sum())), str(lag_d(issued))]
        span = f"{low:+.3f} to {high:+.3f}"
        lines.append([case, *counts, f"{raw:.3f}", f"{corrected:.3f}", f"{corrected - raw:+.3f}", span])
        rows.append(row(case, seconds, corrected, raw))
    header = ["case", "cities", "forecasts", "lag, d", "as issued", "corrected", "difference", "95 % interval"]
    show(f"RMSE, °C; intervals from blocks of {BLOCK_D} days", header, lines)
    publish("weather_service", rows, ["numpy", "scipy"], difference_interval_c=intervals)


def misses(records: pl.DataFrame) -> FloatArray:
    """Return outcome minus forecast [K] of one quantity and lead: (city, day), NaN where one of them is missing.

    The outcome is the report of the next morning. So a day's low is the low of the night after the day.
    """
    miss = K_PER_F * (pl.col("observed_next_morning_temp_f") - pl.col("forecast_temp_f"))
    wide = (
        records.select("date_local", city=pl.concat_str("city", "state", separator=", "), miss=miss)
        .pivot(on="city", index="date_local", values="miss")
        .sort("date_local")
        .upsample("date_local", every="1d")
    )
    return wide.drop("date_local").cast(pl.Float64).fill_null(float("nan")).to_numpy().T


def lag_d(issued: str) -> int:
    """Return the days from the latest day with a known outcome to the forecast day D.

    The outcome of a day is in the report of the next morning. A morning issue cannot use the report of the same
    morning. So on the evening of D-1 the latest report has the outcome of D-2. On the morning of D-1 the latest report
    is from the day before and has the outcome of D-3.

    Args:
        issued: such as "D morning" or "D-2 evening".
    """
    day, part = issued.split()
    before = -int(day.removeprefix("D") or 0)
    return before + {"evening": 1, "morning": 2}[part]


def foreseen_miss(miss: FloatArray, lag: int) -> FloatArray:
    """Return the usual miss that was known `lag` days before: (city, day), zero before the first."""
    usual = usual_miss(miss, per_day=1)
    return np.concatenate([np.zeros((len(miss), lag)), usual[:, :-lag]], axis=1)


def difference_interval(raw: FloatArray, corrected: FloatArray) -> tuple[float, float]:
    """Return the 95 % interval of the corrected RMSE minus the raw RMSE. Blocks of days are drawn, with all cities."""
    days = raw.shape[1]
    rng = np.random.default_rng(SEED)
    start = rng.integers(days - BLOCK_D + 1, size=(DRAWS, -(-days // BLOCK_D), 1))
    drawn = (start + np.arange(BLOCK_D)).reshape(DRAWS, -1)[:, :days]
    difference = _drawn_rmse(corrected, drawn) - _drawn_rmse(raw, drawn)
    low, high = np.quantile(difference, INTERVAL)
    return float(low), float(high)


def rmse(error: FloatArray) -> float:
    """Return the RMSE of the known errors."""
    return float(np.sqrt(np.nanmean(error**2)))


def row(case: str, seconds: float, corrected: float, raw: float) -> Row:
    """Return the row that compares corrected forecasts with forecasts as issued."""
    return Row(
        case=case,
        ours_s=seconds,
        peer="the weather service, as issued",
        peer_s=None,
        ratio=None,
        quality_ours=corrected,
        quality_peer=raw,
    )


def _drawn_rmse(error: FloatArray, drawn: NDArray[np.int64]) -> FloatArray:
    """Return the (draw,) RMSE over the drawn (draw, day) days."""
    squares, counts = np.nansum(error**2, axis=0), np.isfinite(error).sum(axis=0)
    return np.sqrt(squares[drawn].sum(axis=1) / counts[drawn].sum(axis=1))


if __name__ == "__main__":
    main()
