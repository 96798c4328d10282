"""One climate from the observations of one place."""

from dataclasses import fields, replace
from typing import Any

import numpy as np

from fleet.errors import DataError
from fleet.physics.psychrometrics import pressure_hpa, wet_bulb_c
from fleet.twin.climate import Anomaly, Climate, Coupling, Spells
from fleet.twin.regular import regular_day
from fleet.twin.weather import MUGGIEST_SOFTNESS_K, day_shape, dew_point_at_wet_bulb_c, unbent_below
from fleet.units import HOURS_PER_DAY, FloatArray
from twin_study.fit.anomaly import fit_anomaly, split
from twin_study.fit.corrected import corrected
from twin_study.fit.coupling import coupling, daily
from twin_study.fit.observed import Observed
from twin_study.fit.other import Fitted, fit_cloud, fit_pressure, fit_wind
from twin_study.fit.spells import drawn_effects, fit_spells

_LEAST_WIND_M_S = 0.1
_MUGGIER_K = 0.5  # than few years have shown
# A monsoon comes within two weeks: harmonics of the year would hand its spread and its skew to the months beside it.
_EACH_MONTH_ITS_OWN = 6


def fit_climate(observed: Observed, like: Climate | None = None) -> Climate:
    """The table of the climate at a place.

    Means are those of the observed months; variances are what they would be over many years, see `fit_memory`.

    Args:
        like: the climate that lends wind, cloud or pressure, with their couplings, where they were not observed.
    Raises: DataError if one was not observed and none is lent.
    """
    muggiest_c = _highest_wet_bulb_c(observed) + _MUGGIER_K
    temperature = split(observed, observed.temperature_c)
    dew_point = split(observed, _unbent(observed, muggiest_c), harmonics=_EACH_MONTH_ITS_OWN)
    wind = fit_wind(observed) if observed.knows("wind_speed_m_s") else _lent(like, "wind", observed)
    cloud = fit_cloud(observed) if observed.knows("cloud_cover") else _lent(like, "cloud", observed)
    pressure = fit_pressure(observed) if observed.knows("pressure_ratio") else _lent(like, "pressure", observed)

    usual = np.maximum(regular_day([wind.table.regular], observed.year, observed.phase[None])[0], _LEAST_WIND_M_S)
    anomalies = {
        "temperature_k": temperature.left,
        "dew_point_k": dew_point.left,
        "wind": observed.wind_speed_m_s / usual - 1,
        "cloud": cloud.score,
    }
    spells = fit_spells(observed, anomalies, {"temperature_k": temperature.score, "dew_point_k": dew_point.score})
    lent = {name for name in ("wind", "cloud") if not np.isfinite(anomalies[name]).any()}
    if like is not None:
        spells = _with_lent_effects(spells, like.spells, lent)
    drawn = drawn_effects(observed, spells)
    anomaly = fit_anomaly(observed, temperature, drawn.temperature_k)
    moist = fit_anomaly(observed, dew_point, drawn.dew_point_k)

    day = observed.months[:, HOURS_PER_DAY // 2 :: HOURS_PER_DAY][:, : len(observed.time_utc) // HOURS_PER_DAY]
    shape = day_shape([temperature.regular], observed.year, observed.phase[None])[0]
    series = {
        "temperature": (temperature.score, _yearly(anomaly)),
        "swing": (temperature.score * shape, _yearly(anomaly, "swing")),
        "dew_point": (dew_point.score, _yearly(moist)),
        "wind": (wind.score, wind.table.memory),
        "cloud": (cloud.score, cloud.table.memory),
        "pressure": (pressure.score, pressure.table.memory),
    }

    def coupled(child: str, parent: str) -> tuple[float, ...]:
        if like is not None and not all(np.isfinite(series[name][0]).any() for name in (child, parent)):
            return tuple(getattr(like.coupling, f"{child}_{parent}"))
        (first, first_memory), (second, second_memory) = series[parent], series[child]
        return coupling(daily(first), daily(second), day, first_memory, second_memory)

    fitted = Climate(
        temperature=temperature.regular,
        temperature_anomaly=anomaly,
        dew_point=dew_point.regular,
        dew_point_anomaly=moist,
        muggiest_c=muggiest_c,
        wind=wind.table,
        cloud=cloud.table,
        pressure=pressure.table,
        coupling=Coupling(
            dew_point_temperature=coupled("dew_point", "temperature"),
            cloud_dew_point=coupled("cloud", "dew_point"),
            wind_temperature=coupled("wind", "temperature"),
            pressure_wind=coupled("pressure", "wind"),
            swing_cloud=coupled("swing", "cloud"),
        ),
        spells=spells,
    )
    return corrected(fitted, observed)


def _highest_wet_bulb_c(observed: Observed) -> float:
    pressure = pressure_hpa(observed.region.altitude_m)
    known = np.isfinite(observed.temperature_c) & np.isfinite(observed.dew_point_c)
    return float(wet_bulb_c(observed.temperature_c[known], observed.dew_point_c[known], pressure).max())


def _unbent(observed: Observed, muggiest_c: float) -> FloatArray:
    """(hour,) dew points as they would be were they not bent below the muggiest air."""
    pressure = np.array(pressure_hpa(observed.region.altitude_m))
    limit_c = dew_point_at_wet_bulb_c(observed.temperature_c, np.array(muggiest_c), pressure)
    return unbent_below(limit_c, observed.dew_point_c, MUGGIEST_SOFTNESS_K)


def _lent(like: Climate | None, name: str, observed: Observed) -> Fitted[Any]:
    """The lender's table, with no anomalies."""
    if like is None:
        raise DataError(f"region {observed.region.id}: no {name} was observed; name a climate that lends it")
    return Fitted(table=getattr(like, name), score=np.full(len(observed.time_utc), np.nan))


def _yearly(anomaly: Anomaly, kind: str = "steady") -> tuple[float, ...]:
    """The shares halfway between January and July."""
    seasons = [getattr(season, kind) for season in (anomaly.january, anomaly.july)]
    return tuple(map(float, np.mean(seasons, axis=0)))


def _with_lent_effects(spells: Spells, lender: Spells, effects: set[str]) -> Spells:
    """The spells, with effects on what was not observed as the lender's spells of the same kind have them."""
    kinds = {
        field.name: replace(
            getattr(spells, field.name), **{e: getattr(getattr(lender, field.name), e) for e in effects}
        )
        for field in fields(Spells)
    }
    return Spells(**kinds)
