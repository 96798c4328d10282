"""The fit of a climate to the observations of one place."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from fleet.errors import DataError
from fleet.physics.psychrometrics import pressure_hpa, wet_bulb_c
from fleet.twin.climate import Anomaly, Climate, Cloud, Coupling, Spells, WindClimate
from fleet.twin.regular import regular_day
from fleet.twin.weather import MUGGIEST_SOFTNESS_K, day_shape, dew_point_at_wet_bulb_c, invert_soft_cap
from fleet.units import HOURS_PER_DAY, FloatArray
from twin_study.fit.anomaly import FitSplit, fit_anomaly, split
from twin_study.fit.corrected import corrected
from twin_study.fit.coupling import coupling, daily
from twin_study.fit.observed import Observed
from twin_study.fit.other import Fitted, fit_cloud, fit_pressure, fit_wind
from twin_study.fit.spells import drawn_effects, fit_spells

# A standard anomaly, (hour,), and the shares of its variance at MEMORIES_H.
ScoreAndMemory = tuple[FloatArray, tuple[float, ...]]

_LEAST_WIND_M_S = 0.1
_MUGGIER_K = 0.5  # margin above the highest wet bulb of the few observed years
# A monsoon begins within two weeks. Few harmonics of the year would spread its variation and skew over the neighbouring
# months. Six harmonics give each month its own values.
_EACH_MONTH_ITS_OWN = 6


def fit_climate(observed: Observed, like: Climate | None = None) -> Climate:
    """Fit the table of the climate at a place.

    The means are the means of the observed months. The variances are those expected over many years, see `fit_memory`.

    Args:
        observed: the observations.
        like: climate that supplies wind, cloud or pressure, with their couplings, if they were not observed.
    Raises: DataError if one of them was not observed and `like` is None.
    """
    muggiest_c = _highest_wet_bulb_c(observed) + _MUGGIER_K
    temperature = split(observed, observed.temperature_c)
    dew_point = split(observed, _uncapped(observed, muggiest_c), harmonics=_EACH_MONTH_ITS_OWN)
    wind = fit_wind(observed) if observed.knows("wind_speed_m_s") else _lent(like, "wind", observed)
    cloud = fit_cloud(observed) if observed.knows("cloud_cover") else _lent(like, "cloud", observed)
    pressure = fit_pressure(observed) if observed.knows("pressure_ratio") else _lent(like, "pressure", observed)

    spells = _spells(observed, like, temperature=temperature, dew_point=dew_point, wind=wind, cloud=cloud)
    effects = drawn_effects(observed, spells)
    temperature_anomaly = fit_anomaly(observed, temperature, effects.temperature_k)
    dew_point_anomaly = fit_anomaly(observed, dew_point, effects.dew_point_k)

    shape = day_shape([temperature.regular], observed.year, observed.phase[None])[0]
    series: dict[str, ScoreAndMemory] = {
        "temperature": (temperature.score, _yearly(temperature_anomaly)),
        "swing": (temperature.score * shape, _yearly(temperature_anomaly, "swing")),
        "dew_point": (dew_point.score, _yearly(dew_point_anomaly)),
        "wind": (wind.score, wind.table.memory),
        "cloud": (cloud.score, cloud.table.memory),
        "pressure": (pressure.score, pressure.table.memory),
    }
    fitted = Climate(
        temperature=temperature.regular,
        temperature_anomaly=temperature_anomaly,
        dew_point=dew_point.regular,
        dew_point_anomaly=dew_point_anomaly,
        muggiest_c=muggiest_c,
        wind=wind.table,
        cloud=cloud.table,
        pressure=pressure.table,
        coupling=_couplings(observed, series, like),
        spells=spells,
    )
    return corrected(fitted, observed)


def _spells(
    observed: Observed,
    like: Climate | None,
    *,
    temperature: FitSplit,
    dew_point: FitSplit,
    wind: Fitted[WindClimate],
    cloud: Fitted[Cloud],
) -> Spells:
    """Fit the spells. Effects on a quantity that was not observed are copied from `like`."""
    usual_wind = np.maximum(regular_day([wind.table.regular], observed.year, observed.phase[None])[0], _LEAST_WIND_M_S)
    anomalies = {
        "temperature_k": temperature.anomaly,
        "dew_point_k": dew_point.anomaly,
        "wind": observed.wind_speed_m_s / usual_wind - 1,
        "cloud": cloud.score,
    }
    spells = fit_spells(observed, anomalies, {"temperature_k": temperature.score, "dew_point_k": dew_point.score})
    lent = {name for name in ("wind", "cloud") if not np.isfinite(anomalies[name]).any()}
    return spells if like is None else _with_lent_effects(spells, like.spells, lent)


def _couplings(observed: Observed, series: Mapping[str, ScoreAndMemory], like: Climate | None) -> Coupling:
    """Fit the couplings. Couplings of a quantity that was not observed are copied from `like`."""
    days = observed.months[:, HOURS_PER_DAY // 2 :: HOURS_PER_DAY][:, : len(observed.time_utc) // HOURS_PER_DAY]

    def coupled(child: str, parent: str) -> tuple[float, ...]:
        if like is not None and not all(np.isfinite(series[name][0]).any() for name in (child, parent)):
            return tuple(getattr(like.coupling, f"{child}_{parent}"))
        (parent_score, parent_memory), (child_score, child_memory) = series[parent], series[child]
        return coupling(daily(parent_score), daily(child_score), days, parent_memory, child_memory)

    return Coupling(
        dew_point_temperature=coupled("dew_point", "temperature"),
        cloud_dew_point=coupled("cloud", "dew_point"),
        wind_temperature=coupled("wind", "temperature"),
        pressure_wind=coupled("pressure", "wind"),
        swing_cloud=coupled("swing", "cloud"),
    )


def _highest_wet_bulb_c(observed: Observed) -> float:
    pressure = pressure_hpa(observed.region.altitude_m)
    is_known = np.isfinite(observed.temperature_c) & np.isfinite(observed.dew_point_c)
    return float(wet_bulb_c(observed.temperature_c[is_known], observed.dew_point_c[is_known], pressure).max())


def _uncapped(observed: Observed, muggiest_c: float) -> FloatArray:
    """Return the dew points before the soft limit at the muggiest air, (hour,)."""
    pressure = np.array(pressure_hpa(observed.region.altitude_m))
    limit_c = dew_point_at_wet_bulb_c(observed.temperature_c, np.array(muggiest_c), pressure)
    return invert_soft_cap(limit_c, observed.dew_point_c, MUGGIEST_SOFTNESS_K)


def _lent(like: Climate | None, name: str, observed: Observed) -> Fitted[Any]:
    """Return the table of `like`, with unknown scores."""
    if like is None:
        raise DataError(f"region {observed.region.id}: no {name} was observed; name a climate that supplies it")
    return Fitted(table=getattr(like, name), score=np.full(len(observed.time_utc), np.nan))


def _yearly(anomaly: Anomaly, kind: str = "steady") -> tuple[float, ...]:
    """Return the mean of the shares of January and July."""
    seasons = [getattr(season, kind) for season in (anomaly.january, anomaly.july)]
    return tuple(map(float, np.mean(seasons, axis=0)))


def _with_lent_effects(spells: Spells, lender: Spells, effects: set[str]) -> Spells:
    """Return the spells. The given effects are copied from the lender's spells of the same kind."""
    kinds = {
        field.name: replace(
            getattr(spells, field.name), **{e: getattr(getattr(lender, field.name), e) for e in effects}
        )
        for field in fields(Spells)
    }
    return Spells(**kinds)
