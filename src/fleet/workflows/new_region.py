"""Makes a region, and where its telemetry comes from, out of a few answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from fleet.domain.feed import AnyFeed
from fleet.domain.region import Fleet, Plant, Region
from fleet.errors import ConfigError
from fleet.physics.plant import plant_state
from fleet.physics.power import facility_power_mw
from fleet.physics.psychrometrics import pressure_hpa, wet_bulb_c

# Usual supply temperatures: setpoint, and the design value that fans are sized for [degC].
_SUPPLY_C: Mapping[str, tuple[float, float]] = {
    "evaporative": (18.0, 26.0),
    "outside_air": (18.0, 22.0),
    "chiller": (20.0, 22.0),
}
# Fans of large halls draw about this share of the IT power at full flow.
_FAN_SHARE = 0.05
# Fans get at most this share of the losses that are left after the power supply and the chillers.
_MOST_FANS = 0.5
# Chillers are built larger than the IT power, for hot days.
_CHILLER_MARGIN = 1.3
# The PUE of a year is taken to be that of a mild hour: 12 degC, and a relative humidity of about 70 %.
_MILD_C, _MILD_DEW_POINT_C = 12.0, 7.0
_PLANT = TypeAdapter[Plant](Plant)
_FEED = TypeAdapter[AnyFeed](AnyFeed)


@dataclass(frozen=True, kw_only=True)
class SiteAnswers:
    """What a person states about a site.

    time_zone: IANA name; empty shows solar time.
    capacity_mw: installed IT power.
    pue: energy of the facility over that of the IT, over a year.
    cooling: kind of plant, as in a fleet file.
    grid_limit_mw: largest power from the grid; None takes the power of the full IT load on a mild day plus 10 %.
    outdoor_limit_c: outdoor temperature above which the site throttles; None if it does not.
    load_share: usual IT load over the capacity.
    carbon, zone: source of carbon and its zone; empty if there is none.
    load_url, load_query, load_unit: Prometheus server and query of the IT load; empty if there is none.
    """

    region: str
    name: str
    latitude_deg: float
    longitude_deg: float
    altitude_m: float = 0.0
    time_zone: str = ""
    capacity_mw: float
    pue: float = 1.2
    cooling: str = "evaporative"
    grid_limit_mw: float | None = None
    outdoor_limit_c: float | None = None
    inlet_limit_c: float = 35.0
    price_usd_per_mwh: float | None = None
    load_share: float = 0.6
    carbon: str = ""
    zone: str = ""
    load_url: str = ""
    load_query: str = ""
    load_unit: str = "W"


def new_region(answers: SiteAnswers) -> Region:
    """Return the region of a site. Fan and fixed power are derived, so that the usual load has the stated PUE.

    Raises: ConfigError if the PUE is too low for the plant; pydantic's ValidationError for a value that a fleet file
        does not allow.
    """
    usual_mw = answers.capacity_mw * answers.load_share
    bare = _region(answers, fans_mw=0.0, fixed_mw=0.0)
    left_mw = answers.pue * usual_mw - _power_mw(bare, usual_mw)
    if left_mw <= 0:
        least = _power_mw(bare, usual_mw) / usual_mw
        raise ConfigError(
            f"PUE is {answers.pue:g}, expected more than {least:.3f}, which power supply and chillers alone need; "
            "state another PUE or kind of cooling"
        )
    with_fans = _region(answers, fans_mw=_FAN_SHARE * answers.capacity_mw, fixed_mw=0.0)
    fans_mw = _power_mw(with_fans, usual_mw) - _power_mw(bare, usual_mw)
    share = min(1.0, _MOST_FANS * left_mw / fans_mw)
    return _region(
        answers,
        fans_mw=round(share * _FAN_SHARE * answers.capacity_mw, 3),
        fixed_mw=round(left_mw - share * fans_mw, 3),
    )


def new_sources(answers: SiteAnswers) -> dict[str, list[Any]]:
    """Return column -> sources of a site: weather by its coordinates, and carbon and load if they are named."""
    weather = [{"source": name} for name in ("open_meteo_archive", "open_meteo_recent", "open_meteo_forecast")]
    columns: dict[str, list[dict[str, Any]]] = {"temperature_c": weather, "dew_point_c": weather}
    if answers.carbon:
        place = {"zone": answers.zone} if answers.zone else {}
        names = [answers.carbon]
        # EIA has no forecast of carbon, and that of EirGrid was never seen.
        names += [f"{answers.carbon}_forecast"] if answers.carbon in {"electricity_maps", "gb_carbon"} else []
        columns["carbon_g_per_kwh"] = [{"source": name, **place} for name in names]
    if answers.load_url:
        columns["it_load_mw"] = [
            {"source": "prometheus", "url": answers.load_url, "query": answers.load_query, "unit": answers.load_unit}
        ]
    return {column: [_FEED.validate_python(feed) for feed in feeds] for column, feeds in columns.items()}


def extended(fleet: Fleet | None, answers: SiteAnswers) -> Fleet:
    """Return a fleet with the site as one more region.

    Raises: ConfigError as `new_region`, for an answer that a fleet file does not allow, or if the region's id is taken.
    """
    try:
        return _extended(fleet, answers)
    except ValidationError as error:
        raise ConfigError(f"the answer cannot be used: {_fault(error)}") from error


def _fault(error: ValidationError) -> str:
    """Return the first fault of an answer, by its key in the fleet file."""
    detail = error.errors(include_url=False)[0]
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    keys = [part for part in detail["loc"] if isinstance(part, str)]
    return f"{keys[-1] if keys else 'it'} is {detail['input']!r}, {detail['msg'].lower()}"


def _extended(fleet: Fleet | None, answers: SiteAnswers) -> Fleet:
    region, sources = new_region(answers), {answers.region: new_sources(answers)}
    if fleet is None:
        return Fleet(name=answers.name, regions=(region,), sources=_as_tuples(sources))
    if answers.region in fleet.region_ids:
        raise ConfigError(f"region {answers.region} is in the fleet already, expected another id")
    known = {name: dict(columns) for name, columns in (fleet.sources or {}).items()}
    return Fleet(
        name=fleet.name,
        costs=fleet.costs,
        regions=(*fleet.regions, region),
        sources=_as_tuples({**known, **sources}),
    )


def _as_tuples(sources: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, tuple[Any, ...]]]:
    return {region: {name: tuple(feeds) for name, feeds in columns.items()} for region, columns in sources.items()}


def _region(answers: SiteAnswers, *, fans_mw: float, fixed_mw: float) -> Region:
    if answers.cooling not in _SUPPLY_C:
        raise ConfigError(f"cooling is {answers.cooling!r}, expected one of {', '.join(_SUPPLY_C)}")
    setpoint, design = _SUPPLY_C[answers.cooling]
    chiller = {"chiller_mw": _CHILLER_MARGIN * answers.capacity_mw} if answers.cooling == "chiller" else {}
    plant = {
        "kind": answers.cooling,
        "supply_setpoint_c": setpoint,
        "design_supply_c": design,
        "fan_reference_mw": fans_mw,
        "fixed_mw": fixed_mw,
        **chiller,
    }
    region = Region(
        id=answers.region,
        name=answers.name,
        latitude_deg=answers.latitude_deg,
        longitude_deg=answers.longitude_deg,
        altitude_m=answers.altitude_m,
        time_zone=answers.time_zone or None,
        it_capacity_mw=answers.capacity_mw,
        grid_limit_mw=answers.grid_limit_mw or 10 * answers.capacity_mw,
        inlet_limit_c=answers.inlet_limit_c,
        outdoor_limit_c=answers.outdoor_limit_c,
        price_usd_per_mwh=answers.price_usd_per_mwh,
        plant=_PLANT.validate_python(plant),
    )
    if answers.grid_limit_mw is not None:
        return region
    full_mw = _power_mw(region, answers.capacity_mw)
    return region.model_copy(update={"grid_limit_mw": round(1.1 * full_mw, 1)})


def _power_mw(region: Region, load_mw: float) -> float:
    """Return the facility power at a load on a mild day."""
    pressure = pressure_hpa(region.altitude_m)
    temperature = np.array([_MILD_C])
    wet_bulb = wet_bulb_c(temperature, np.array([_MILD_DEW_POINT_C]), pressure)
    state = plant_state(region, temperature, wet_bulb, pressure)
    return float(facility_power_mw(state, np.array([load_mw]))[0])
