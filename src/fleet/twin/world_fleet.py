"""A plausible world fleet of any size, for tests of scale: sites near real cities, climates between the fitted ones."""

from dataclasses import dataclass

import numpy as np

from fleet.domain.region import (
    ChillerPlant,
    Curtailment,
    EvaporativePlant,
    Fleet,
    OutsideAirPlant,
    Plant,
    Region,
    TwinSite,
)
from fleet.errors import ConfigError
from fleet.twin.noise import stream

MOST_REGIONS = 10_000
_SCATTER_DEG = 0.5  # within reach of the city
_SCATTER_SHARE = 0.08
_IT_CAPACITY_MW = (20.0, 200.0)
_LOAD_FRACTION = (0.5, 0.65)
_CURTAILED_SHARE = 0.2
_FIRM_SHARE = 0.85
# Power of everything that is not fans, compressors and the uninterruptible supply, and of fans, per MW of IT: as the
# fitted sites of the default fleet have it. What grid power a site has beyond that, per MW of IT.
_FIXED_SHARE, _FAN_SHARE = 0.045, 0.05
_GRID_SHARE = (1.1, 1.4)
_CHILLER_RESERVE = 1.35  # over the heat of full load at reference conditions
# Air flow is sized as at the default fleet's sites, so that it falls short in few hours of a year.
_DRY_DESIGN_C, _MONSOON_DESIGN_C, _MILD_DESIGN_C = 24.0, 25.0, 25.0
# Where most of the climate is Phoenix', sites throttle in the hottest hours as Arizona's does.
_THROTTLED_SHARE, _OUTDOOR_LIMIT_C = 0.8, 40.0


@dataclass(frozen=True, kw_only=True)
class _City:
    """Where datacentres stand. Shares are of the three fitted climates, and of their grids."""

    name: str
    latitude_deg: float
    longitude_deg: float
    altitude_m: float
    hot_dry: float
    mild: float
    cold: float
    humid: bool = False


def _city(
    name: str, latitude: float, longitude: float, altitude: float, hot: float, mild: float, *, humid: bool = False
) -> _City:
    return _City(
        name=name,
        latitude_deg=latitude,
        longitude_deg=longitude,
        altitude_m=altitude,
        hot_dry=hot,
        mild=mild,
        cold=1 - hot - mild,
        humid=humid,
    )


# Coordinates and altitudes are rounded; how much of each fitted climate a city has is an assumption, by its character.
_CITIES = (
    _city("Ashburn", 39.0, -77.5, 90, 0.3, 0.3, humid=True),
    _city("Dallas", 32.8, -96.8, 140, 0.6, 0.2, humid=True),
    _city("Chicago", 41.9, -87.6, 180, 0.15, 0.2),
    _city("Phoenix", 33.4, -112.0, 340, 1.0, 0.0),
    _city("Cheyenne", 41.1, -104.8, 1_860, 0.0, 0.0),
    _city("Salt Lake City", 40.8, -111.9, 1_290, 0.3, 0.0),
    _city("Quincy", 47.2, -119.9, 400, 0.2, 0.3),
    _city("San Jose", 37.3, -121.9, 25, 0.3, 0.7),
    _city("Toronto", 43.7, -79.4, 110, 0.1, 0.3),
    _city("Montreal", 45.5, -73.6, 40, 0.0, 0.3),
    _city("Queretaro", 20.6, -100.4, 1_820, 0.5, 0.4),
    _city("Sao Paulo", -23.5, -46.6, 760, 0.3, 0.7, humid=True),
    _city("Santiago", -33.4, -70.7, 570, 0.4, 0.5),
    _city("Bogota", 4.7, -74.1, 2_550, 0.0, 0.9),
    _city("Dublin", 53.4, -6.4, 70, 0.0, 1.0),
    _city("London", 51.5, -0.1, 25, 0.05, 0.95),
    _city("Amsterdam", 52.3, 4.8, 0, 0.05, 0.9),
    _city("Frankfurt", 50.1, 8.7, 110, 0.1, 0.7),
    _city("Paris", 48.9, 2.3, 40, 0.1, 0.8),
    _city("Madrid", 40.4, -3.7, 650, 0.5, 0.4),
    _city("Milan", 45.5, 9.2, 120, 0.3, 0.5, humid=True),
    _city("Zurich", 47.4, 8.5, 430, 0.05, 0.7),
    _city("Warsaw", 52.2, 21.0, 110, 0.05, 0.55),
    _city("Stockholm", 59.3, 18.1, 30, 0.0, 0.6),
    _city("Lulea", 65.6, 22.2, 15, 0.0, 0.3),
    _city("Oslo", 59.9, 10.8, 25, 0.0, 0.6),
    _city("Tel Aviv", 32.1, 34.8, 30, 0.5, 0.5, humid=True),
    _city("Dubai", 25.2, 55.3, 10, 0.95, 0.05, humid=True),
    _city("Johannesburg", -26.2, 28.0, 1_720, 0.4, 0.5),
    _city("Cape Town", -33.9, 18.4, 25, 0.3, 0.7),
    _city("Mumbai", 19.1, 72.9, 15, 0.6, 0.4, humid=True),
    _city("Hyderabad", 17.4, 78.5, 540, 0.7, 0.3),
    _city("Singapore", 1.3, 103.8, 20, 0.5, 0.5, humid=True),
    _city("Jakarta", -6.2, 106.8, 10, 0.5, 0.5, humid=True),
    _city("Tokyo", 35.7, 139.7, 40, 0.3, 0.5, humid=True),
    _city("Osaka", 34.7, 135.5, 10, 0.35, 0.5, humid=True),
    _city("Seoul", 37.6, 127.0, 40, 0.3, 0.2, humid=True),
    _city("Hohhot", 40.8, 111.7, 1_060, 0.1, 0.0),
    _city("Sydney", -33.9, 151.2, 40, 0.3, 0.7),
    _city("Melbourne", -37.8, 145.0, 30, 0.25, 0.75),
)


def world_fleet(count: int, seed: int) -> Fleet:
    """A fleet of `count` regions. The first of a larger one are those of a smaller, so that a fleet can grow.

    Sites scatter around their city by half a degree without regard to coasts: some of a port's lie in the sea.

    Raises: ConfigError for a count below one or beyond what has an id.
    """
    if not 1 <= count <= MOST_REGIONS:
        raise ConfigError(f"a world fleet of {count} regions was asked for, expected 1 to {MOST_REGIONS}")
    return Fleet(name=f"world of {count}", regions=tuple(_region(index, seed) for index in range(count)))


def _region(index: int, seed: int) -> Region:
    rng = stream(seed, "world", f"{index:d}")
    city = _CITIES[int(rng.integers(len(_CITIES)))]
    latitude, longitude = rng.normal(0, _SCATTER_DEG, 2)
    shares = np.array([city.hot_dry, city.mild, city.cold])
    shares = np.clip(shares + rng.normal(0, _SCATTER_SHARE, 3) * (shares > 0), 0, None)
    hot_dry, mild, cold = (shares / shares.sum()).tolist()
    capacity_mw = float(np.round(np.exp(rng.uniform(*np.log(_IT_CAPACITY_MW)))))
    grid_mw = float(np.round(capacity_mw * rng.uniform(*_GRID_SHARE)))
    curtailed = rng.random() < _CURTAILED_SHARE
    grids = rng.dirichlet((1.0, 1.0, 1.0)).tolist()
    plant = _plant(capacity_mw, hot_dry, cold, humid=city.humid, warmth=rng.random())
    throttled = plant.kind == "evaporative" and hot_dry > _THROTTLED_SHARE
    return Region(
        id=f"r{index + 1:03d}",
        name=f"{city.name} {index + 1}",
        latitude_deg=round(city.latitude_deg + latitude, 2),
        longitude_deg=round((city.longitude_deg + longitude + 180) % 360 - 180, 2),
        altitude_m=city.altitude_m,
        it_capacity_mw=capacity_mw,
        grid_limit_mw=grid_mw,
        outdoor_limit_c=_OUTDOOR_LIMIT_C if throttled else None,
        price_usd_per_mwh=round(float(rng.uniform(30, 130)), 1),
        water_scarcity=round(1 + 9 * hot_dry, 1),
        curtailment=_curtailment(grid_mw, city) if curtailed else None,
        plant=plant,
        twin=TwinSite(
            climate=_blend({"phoenix": hot_dry, "dublin": mild, "cheyenne": cold}),
            grid=_blend(dict(zip(("azps", "ie", "wacm"), grids, strict=True))),
            mean_load_fraction=round(float(rng.uniform(*_LOAD_FRACTION)), 3),
        ),
    )


def _plant(capacity_mw: float, hot_dry: float, cold: float, *, humid: bool, warmth: float) -> Plant:
    """A chiller where air is warm and moist, outside air where it is mild, evaporation where it is dry."""
    fans, fixed = round(_FAN_SHARE * capacity_mw, 3), round(_FIXED_SHARE * capacity_mw, 3)
    if humid:
        return ChillerPlant(
            kind="chiller",
            condenser="tower" if warmth < 0.5 else "air",
            supply_setpoint_c=20.0,
            design_supply_c=22.0,
            fan_reference_mw=fans,
            fixed_mw=fixed,
            chiller_mw=round(_CHILLER_RESERVE * capacity_mw, 1),
        )
    if hot_dry < 0.12 and cold < 0.5:
        return OutsideAirPlant(
            kind="outside_air",
            supply_setpoint_c=18.0,
            design_supply_c=_MILD_DESIGN_C,
            fan_reference_mw=fans,
            fixed_mw=fixed,
        )
    return EvaporativePlant(
        kind="evaporative",
        supply_setpoint_c=20.0,
        design_supply_c=_MONSOON_DESIGN_C if hot_dry > cold else _DRY_DESIGN_C,
        fan_reference_mw=fans,
        fixed_mw=fixed,
    )


def _curtailment(grid_mw: float, city: _City) -> Curtailment:
    """Late afternoons of the local summer."""
    afternoon_utc = round(15 - city.longitude_deg / 15) % 24
    return Curtailment(
        firm_mw=round(_FIRM_SHARE * grid_mw, 1),
        months=(12, 1, 2) if city.latitude_deg < 0 else (6, 7, 8),
        from_hour_utc=afternoon_utc,
        to_hour_utc=(afternoon_utc + 5) % 24,
    )


def _blend(shares: dict[str, float]) -> dict[str, float]:
    """The shares worth naming, rounded so that they still add up to one."""
    named = {name: round(share, 3) for name, share in shares.items() if share >= 0.01}
    largest = max(named, key=lambda name: named[name])
    named[largest] = round(named[largest] + 1 - sum(named.values()), 3)
    return named
