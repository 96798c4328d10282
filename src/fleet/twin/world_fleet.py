"""A random world fleet of any size, for tests of scale.

Sites lie near real cities. Their climates are means of the fitted ones.
"""

import numpy as np

from fleet.domain.region import ChillerPlant, Curtailment, EvaporativePlant, Fleet, OutsideAirPlant, Plant, Region
from fleet.domain.twin_site import TwinSite
from fleet.errors import ConfigError
from fleet.twin.noise import stream
from fleet.twin.world_cities import CITIES, City

MOST_REGIONS = 10_000
_SCATTER_DEG = 0.5  # standard deviation of a site's distance from its city, in latitude and in longitude
_SCATTER_SHARE = 0.08
_IT_CAPACITY_MW = (20.0, 200.0)
_LOAD_FRACTION = (0.5, 0.65)
_CURTAILED_SHARE = 0.2
_FIRM_SHARE = 0.85
# Constant power (all but fans, compressors and the uninterruptible power supply) and fan power, per MW of IT. Both are
# similar to the values of the default fleet.
_FIXED_SHARE, _FAN_SHARE = 0.045, 0.05
_GRID_SHARE = (1.1, 1.4)  # range of the grid limit per MW of IT
_CHILLER_RESERVE = 1.35  # chiller capacity at reference conditions over the heat of full load
# Design supply temperatures [degC]. They size the air flow so that it is too small in few hours of a year.
_DRY_DESIGN_C, _MONSOON_DESIGN_C, _MILD_DESIGN_C = 24.0, 25.0, 25.0
# Sites whose climate is mostly Phoenix throttle in the hottest hours, as Arizona does.
_THROTTLED_SHARE, _OUTDOOR_LIMIT_C = 0.8, 40.0


def draw_world_fleet(count: int, seed: int) -> Fleet:
    """Draw a fleet of `count` regions. A larger fleet begins with the regions of a smaller one.

    Sites scatter around their city by half a degree. Coasts are ignored, so some sites of a port city lie in the sea.

    Args:
        count: number of regions.
        seed: seed of the draw.
    Raises: ConfigError for a count outside 1 to MOST_REGIONS.
    """
    if not 1 <= count <= MOST_REGIONS:
        raise ConfigError(f"the world fleet was asked for {count} regions, expected 1 to {MOST_REGIONS}")
    return Fleet(name=f"world of {count}", regions=tuple(_region(index, seed) for index in range(count)))


def _region(index: int, seed: int) -> Region:
    rng = stream(seed, "world", f"{index:d}")
    city = CITIES[int(rng.integers(len(CITIES)))]
    latitude, longitude = rng.normal(0, _SCATTER_DEG, 2)
    shares = np.array([city.hot_dry, city.mild, city.cold])
    shares = np.clip(shares + rng.normal(0, _SCATTER_SHARE, 3) * (shares > 0), 0, None)
    hot_dry, mild, cold = (shares / shares.sum()).tolist()
    capacity_mw = float(np.round(np.exp(rng.uniform(*np.log(_IT_CAPACITY_MW)))))
    grid_mw = float(np.round(capacity_mw * rng.uniform(*_GRID_SHARE)))
    is_curtailed = rng.random() < _CURTAILED_SHARE
    grids = rng.dirichlet((1.0, 1.0, 1.0)).tolist()
    plant = _plant(capacity_mw, hot_dry, cold, humid=city.humid, tower=rng.random() < 0.5)
    is_throttled = plant.kind == "evaporative" and hot_dry > _THROTTLED_SHARE
    return Region(
        id=f"r{index + 1:03d}",
        name=f"{city.name} {index + 1}",
        latitude_deg=round(city.latitude_deg + latitude, 2),
        longitude_deg=round((city.longitude_deg + longitude + 180) % 360 - 180, 2),
        altitude_m=city.altitude_m,
        it_capacity_mw=capacity_mw,
        grid_limit_mw=grid_mw,
        outdoor_limit_c=_OUTDOOR_LIMIT_C if is_throttled else None,
        price_usd_per_mwh=round(float(rng.uniform(30, 130)), 1),
        water_scarcity=round(1 + 9 * hot_dry, 1),
        curtailment=_curtailment(grid_mw, city) if is_curtailed else None,
        plant=plant,
        twin=TwinSite(
            climate=_blend({"phoenix": hot_dry, "dublin": mild, "cheyenne": cold}),
            grid=_blend(dict(zip(("azps", "ie", "wacm"), grids, strict=True))),
            mean_load_fraction=round(float(rng.uniform(*_LOAD_FRACTION)), 3),
        ),
    )


def _plant(capacity_mw: float, hot_dry: float, cold: float, *, humid: bool, tower: bool) -> Plant:
    """Return chillers for a humid city, outside air for a mild climate, and evaporation for all others."""
    fans, fixed = round(_FAN_SHARE * capacity_mw, 3), round(_FIXED_SHARE * capacity_mw, 3)
    if humid:
        return ChillerPlant(
            kind="chiller",
            condenser="tower" if tower else "air",
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


def _curtailment(grid_mw: float, city: City) -> Curtailment:
    """Return a contract for 15 h to 20 h solar time in the local summer."""
    afternoon_utc = round(15 - city.longitude_deg / 15) % 24
    return Curtailment(
        firm_mw=round(_FIRM_SHARE * grid_mw, 1),
        months=(12, 1, 2) if city.latitude_deg < 0 else (6, 7, 8),
        from_hour_utc=afternoon_utc,
        to_hour_utc=(afternoon_utc + 5) % 24,
    )


def _blend(shares: dict[str, float]) -> dict[str, float]:
    """Return the shares of 0.01 and more, rounded to three decimals. The largest is adjusted for a sum of one."""
    named = {name: round(share, 3) for name, share in shares.items() if share >= 0.01}
    largest = max(named, key=lambda name: named[name])
    named[largest] = round(named[largest] + 1 - sum(named.values()), 3)
    return named
