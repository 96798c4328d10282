"""Errors of forecasts of daily highs, from a weather service's records or from the twin."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fleet.domain.region import Region
from fleet.errors import DataError
from fleet.twin.almanac import local_hours
from fleet.twin.forecast_error import NOMINAL_LEADS_H
from fleet.units import HOURS_PER_DAY, FloatArray

NOMINAL = (12, 24, 36, 48)
_K_PER_F, _FREEZING_F = 1 / 1.8, 32.0
_SUMMER, _SPRING = (6, 7, 8), (3, 4, 5)
_NEEDED = ("date_local", "city", "quantity", "lead_h_nominal", "forecast_temp_f", "observed_next_morning_temp_f")
_AFTERNOON = slice(11, 19)  # hours of the local solar clock that contain a day's high


@dataclass(frozen=True, kw_only=True)
class HighErrors:
    """Errors of daily highs, one element per day and nominal lead.

    error_k: forecast minus outcome.
    high_c: the outcome.
    month: 1 is January.
    day: a number for each local date.
    lead_h: nominal lead [h].
    """

    error_k: FloatArray
    high_c: FloatArray
    month: NDArray[np.int64]
    day: NDArray[np.int64]
    lead_h: NDArray[np.int64]


def of_service(frame: pl.DataFrame, city: str) -> HighErrors:
    """Return the errors of the US weather service's highs of one city.

    Args:
        frame: the records; the outcome is the value published the next morning.
        city: name in capitals, as in the records.
    Raises: DataError for a missing column or a city without forecasts.
    """
    missing = [name for name in _NEEDED if name not in frame.columns]
    if missing:
        raise DataError(f"the forecasts have no column {missing[0]}, found {', '.join(frame.columns)}; add it")
    highs = frame.filter(pl.col("city") == city, pl.col("quantity") == "high").drop_nulls(_NEEDED)
    if not highs.height:
        raise DataError(f"the forecasts have no high of {city}, expected the name of one of their cities, in capitals")
    observed = highs["observed_next_morning_temp_f"].cast(pl.Float64).to_numpy()
    forecast = highs["forecast_temp_f"].cast(pl.Float64).to_numpy()
    date = highs["date_local"].dt.date()
    return HighErrors(
        error_k=(forecast - observed) * _K_PER_F,
        high_c=(observed - _FREEZING_F) * _K_PER_F,
        month=date.dt.month().cast(pl.Int64).to_numpy(),
        day=date.to_physical().cast(pl.Int64).to_numpy(),
        lead_h=highs["lead_h_nominal"].cast(pl.Int64).to_numpy(),
    )


def of_twin(
    outlooks: pl.DataFrame, temperature_c: FloatArray, time_utc: NDArray[np.datetime64], region: Region
) -> HighErrors:
    """Return the errors of the twin's highs in local afternoons.

    Args:
        outlooks: as `make_outlooks` makes them; other regions are left out.
        temperature_c: (hour,) outcome at the region.
        time_utc: (hour,).
        region: the region.
    """
    local = local_hours(time_utc, region.longitude_deg)
    offset_h = int((local[0] - time_utc[0]) / np.timedelta64(1, "h"))
    start = int(time_utc[0].astype(np.int64))
    highs = (
        outlooks.lazy()
        .filter(pl.col("region") == region.id)
        .select(
            value=pl.col("temperature_c").cast(pl.Float64),
            hour=pl.col("time_utc").dt.epoch("s") // 3_600,
            issued=pl.col("issued_utc").dt.epoch("s") // 3_600,
        )
        .with_columns(local=pl.col("hour") + offset_h)
        .filter((pl.col("local") % HOURS_PER_DAY).is_between(_AFTERNOON.start, _AFTERNOON.stop - 1))
        .with_columns(actual=pl.lit(pl.Series(temperature_c)).gather(pl.col("hour") - start))
        .group_by(day=pl.col("local") // HOURS_PER_DAY, issued="issued")
        .agg(pl.col("value").max(), pl.col("actual").max(), pl.len())
        .with_columns(lead=pl.col("day") * HOURS_PER_DAY + 15 - offset_h - pl.col("issued"))
        .collect()
    )
    # Outlooks are issued every six hours. Each nominal lead takes the nearest issue that covers most of the afternoon.
    parts = []
    for nominal, hours in zip(NOMINAL, NOMINAL_LEADS_H, strict=True):
        near = highs.filter((pl.col("lead") - hours).is_between(-3, 2), pl.col("len") >= 4)
        parts.append(near.with_columns(nominal=pl.lit(nominal, dtype=pl.Int64)))
    joined = pl.concat(parts).sort("nominal", "day")
    day = joined["day"].cast(pl.Int64).to_numpy()
    return HighErrors(
        error_k=(joined["value"] - joined["actual"]).to_numpy(),
        high_c=joined["actual"].to_numpy(),
        month=day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12 + 1,
        day=day,
        lead_h=joined["nominal"].to_numpy(),
    )


def summary(errors: HighErrors) -> Mapping[str, float]:
    """Return the figures that a skill is fitted to, by name; errors are in K."""
    rank = _rank_within_lead(_departure(errors), errors.lead_h)
    figures = {f"rmse at {lead} h": _rms(errors.error_k[errors.lead_h == lead]) for lead in NOMINAL}
    figures["mean error"] = float(errors.error_k.mean())
    for tenth in range(10):
        is_within = (rank >= tenth / 10) & (rank < (tenth + 1) / 10)
        figures[f"mean in tenth {tenth + 1}"] = float(errors.error_k[is_within].mean())
        figures[f"rmse in tenth {tenth + 1}"] = _rms(errors.error_k[is_within])
    figures["summer over spring"] = _rms(errors.error_k[np.isin(errors.month, _SUMMER)]) / _rms(
        errors.error_k[np.isin(errors.month, _SPRING)]
    )
    centred = errors.error_k - errors.error_k.mean()
    figures["kurtosis"] = float((centred**4).mean() / (centred**2).mean() ** 2)
    size = np.abs(errors.error_k)
    figures["99th over median size"] = float(np.quantile(size, 0.99) / np.quantile(size, 0.5))
    for lead in NOMINAL[1:]:
        figures[f"correlation of 12 and {lead} h"] = _correlation(errors, 12, lead, later_days=0)
    figures["correlation with the day before"] = _correlation(errors, 24, 24, later_days=1)
    for month in range(1, 13):
        in_month = errors.error_k[errors.month == month]
        figures[f"rmse in month {month}"] = _rms(in_month) if len(in_month) else float("nan")
    return figures


def _departure(errors: HighErrors) -> FloatArray:
    """Return the highs minus the mean of their month."""
    departure = np.empty_like(errors.high_c)
    for month in np.unique(errors.month):
        in_month = errors.month == month
        departure[in_month] = errors.high_c[in_month] - errors.high_c[in_month].mean()
    return departure


def _rank_within_lead(values: FloatArray, lead_h: NDArray[np.int64]) -> FloatArray:
    """Return the rank of each value among the values of its lead, in [0, 1)."""
    rank = np.empty_like(values)
    for lead in np.unique(lead_h):
        of_lead = np.flatnonzero(lead_h == lead)
        rank[of_lead[np.argsort(values[of_lead], kind="stable")]] = np.arange(len(of_lead)) / len(of_lead)
    return rank


def _correlation(errors: HighErrors, lead: int, other_lead: int, *, later_days: int) -> float:
    """Return the correlation of errors at a lead with errors at another lead `later_days` later."""
    first, second = errors.lead_h == lead, errors.lead_h == other_lead
    days = errors.day[first] + later_days, errors.day[second]
    _, first_index, second_index = np.intersect1d(*days, return_indices=True)
    return float(np.corrcoef(errors.error_k[first][first_index], errors.error_k[second][second_index])[0, 1])


def _rms(values: FloatArray) -> float:
    return float(np.sqrt((values**2).mean()))
