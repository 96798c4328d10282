"""What is left of a weather service's errors once its usual miss is taken off: daily highs and lows of US cities.

The correction is the one that outlooks of a variable itself get, with a step a day: the mean miss of the city's past
weeks, shrunk towards none (`fleet.forecasting.outlook_features.usual_miss`); its half-life and shrinkage were chosen on
these same highs. Each lead learns from its own misses alone. Quality is the root mean square error in degrees Celsius,
ours corrected, the peer's as issued; ratio and the peer's seconds are empty, since issuing is not ours to time.
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
# Weather that a service misses lasts for days; blocks of a week keep that together.
BLOCK_D = 7
DRAWS = 2_000
SEED = 7
INTERVAL = (0.025, 0.975)


def main() -> None:
    """Highs and lows by lead."""
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
    """(city, day) outcome less forecast [K], NaN where either is missing, of one quantity and lead.

    The outcome is what was reported on the morning after the day: a day's low is that of the night that follows it.
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
    """Days from the latest day whose outcome was known when a forecast was issued, to the day that it is for.

    The outcome of a day is in the report of the morning after it. An issue uses only reports from before it, so that a
    morning's issue has not that morning's report: on the evening of D-1 the report of that morning tells of D-2, and on
    the morning of D-1 the report of the day before tells of D-3.

    Args:
        issued: such as "D morning" or "D-2 evening".
    """
    day, part = issued.split()
    before = -int(day.removeprefix("D") or 0)
    return before + {"evening": 1, "morning": 2}[part]


def foreseen_miss(miss: FloatArray, lag: int) -> FloatArray:
    """(city, day) the usual miss as it stood `lag` days before; zero before the first."""
    usual = usual_miss(miss, per_day=1)
    return np.concatenate([np.zeros((len(miss), lag)), usual[:, :-lag]], axis=1)


def difference_interval(raw: FloatArray, corrected: FloatArray) -> tuple[float, float]:
    """Of the corrected RMSE less the raw one, days drawn in blocks with all their cities."""
    days = raw.shape[1]
    rng = np.random.default_rng(SEED)
    start = rng.integers(days - BLOCK_D + 1, size=(DRAWS, -(-days // BLOCK_D), 1))
    drawn = (start + np.arange(BLOCK_D)).reshape(DRAWS, -1)[:, :days]
    difference = _drawn_rmse(corrected, drawn) - _drawn_rmse(raw, drawn)
    low, high = np.quantile(difference, INTERVAL)
    return float(low), float(high)


def rmse(error: FloatArray) -> float:
    """Of the known errors."""
    return float(np.sqrt(np.nanmean(error**2)))


def row(case: str, seconds: float, corrected: float, raw: float) -> Row:
    """Corrected beside as issued."""
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
    """(draw,) of the drawn days (draw, day)."""
    squares, counts = np.nansum(error**2, axis=0), np.isfinite(error).sum(axis=0)
    return np.sqrt(squares[drawn].sum(axis=1) / counts[drawn].sum(axis=1))


if __name__ == "__main__":
    main()
