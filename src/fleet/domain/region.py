"""A datacentre region, its envelope and its plant, and the fleet they form."""

import math
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Celsius = Annotated[float, Field(ge=-90, le=100, allow_inf_nan=False)]
Fraction = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]


class Strict(BaseModel):
    """An immutable record that refuses keys it does not know, and values that would have to be converted.

    Otherwise a limit of `yes` would be 1 MW.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class AirSide(Strict):
    """What every air-cooled hall has, whatever cools the air before it.

    The fans are sized to carry `it_capacity_mw` while the supply air is at `design_supply_c`: the exhaust then reaches
    `design_supply_c + air_rise_k`, its limit. Warmer supply leaves less room below that limit, so capacity falls.
    """

    supply_setpoint_c: Celsius
    design_supply_c: Celsius
    air_rise_k: Positive = 10.0
    recirculation_idle_k: NonNegative = 1.0
    recirculation_full_k: NonNegative = 3.0
    fan_reference_mw: NonNegative
    fixed_mw: NonNegative
    ups_loss_fraction: Annotated[float, Field(ge=0, lt=0.5)] = 0.04

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.design_supply_c < self.supply_setpoint_c:
            raise ValueError(
                f"design_supply_c {self.design_supply_c} is below supply_setpoint_c {self.supply_setpoint_c}; "
                "the fans must be sized for air at least as warm as the setpoint"
            )
        if self.recirculation_full_k < self.recirculation_idle_k:
            raise ValueError("recirculation_full_k is below recirculation_idle_k; it must not fall as load rises")
        return self


class EvaporativePlant(AirSide):
    """Outside air, wetted by as much as the setpoint asks for once the air is too warm."""

    kind: Literal["evaporative"]
    effectiveness: Fraction = 0.88
    cycles_of_concentration: Annotated[float, Field(gt=1)] = 3.0


class OutsideAirPlant(AirSide):
    """Outside air alone; nothing cools it when it is warm."""

    kind: Literal["outside_air"]


class ChillerPlant(AirSide):
    """Return air cooled by chilled water; the condenser gives the heat to outside air or to a wet tower.

    chiller_mw: heat that the chillers carry away at their reference conditions; hotter weather leaves less of it.
    reference_cop: heat carried per electric power at full load there, compressors alone.
    tower_approach_k: condenser water over wet bulb; counts with a tower alone, as do the cycles.
    """

    kind: Literal["chiller"]
    condenser: Literal["air", "tower"] = "air"
    chiller_mw: Positive
    reference_cop: Positive = 5.5
    tower_approach_k: Positive = 4.0
    cycles_of_concentration: Annotated[float, Field(gt=1)] = 3.0


Plant = Annotated[EvaporativePlant | OutsideAirPlant | ChillerPlant, Field(discriminator="kind")]


class Curtailment(Strict):
    """When the utility may call the site down to its firm power, as an interruptible contract says.

    Within the months and hours named, only `firm_mw` is sure; a call is not known beforehand.

    months: of the calendar, 1 is January; south of the equator a summer contract names 12, 1, 2.
    from_hour_utc, to_hour_utc: half-open hours of UTC; past midnight where the second is the smaller, the whole day
        where they are the same.
    calls_per_year, mean_call_h: how the digital twin makes calls.
    """

    firm_mw: Positive
    months: Annotated[tuple[Annotated[int, Field(ge=1, le=12)], ...], Field(min_length=1, strict=False)]
    from_hour_utc: Annotated[int, Field(ge=0, le=23)]
    to_hour_utc: Annotated[int, Field(ge=0, le=23)]
    calls_per_year: NonNegative = 12.0
    mean_call_h: Positive = 3.0


class WhiteSpace(Strict):
    """The heat that a hall holds, by rack, and the inlet temperatures at which it is protected.

    The four layers: above `warn_c` operators look, from `stop_c` no job is admitted, from `migrate_c` jobs leave, at
    `trip_c` servers switch themselves off. Admission resumes `hysteresis_k` below `stop_c`, and jobs stop leaving
    `hysteresis_k` below `migrate_c`. All are at sea level; the altitude derate comes off them in the physics.

    With the defaults, a hall of full racks that stands at 22 degC and loses all cooling reaches 40 degC in 57 s at
    10 kW a rack and in 170 s at 5 kW. Source of what they are fitted to: Opengate Data Systems for Active Power 2007,
    3 min 9 s at 5 kW and under 1 min at 10 kW. The split into air, metal and resistance is an assumption: 2.7 m2 of
    floor a rack under 4.5 m, and of the metal the part that follows the air within minutes.

    rack_kw: IT power of a full rack; the hall has as many as `it_capacity_mw` fills.
    server_idle_share: idle over peak power of the servers.
    drain_per_min: share of the utilisation that is left which leaves each minute from `migrate_c` on; an assumption:
        training writes its checkpoint first.
    """

    rack_kw: Annotated[float, Field(gt=0, le=1_000)] = 10.0
    air_m3_per_rack: Positive = 12.0
    metal_kj_per_k_per_rack: Positive = 50.0
    air_to_metal_k_per_kw: Positive = 1.6
    server_idle_share: Annotated[float, Field(ge=0, lt=1)] = 0.275
    drain_per_min: Fraction = 0.5
    warn_c: Celsius = 27.0
    stop_c: Celsius = 32.0
    migrate_c: Celsius = 35.0
    trip_c: Celsius = 40.0
    hysteresis_k: Annotated[float, Field(ge=1, le=10)] = 2.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        layers = (self.warn_c, self.stop_c, self.migrate_c, self.trip_c)
        if sorted(set(layers)) != list(layers):
            raise ValueError(f"layers are {layers}, expected warn_c < stop_c < migrate_c < trip_c")
        return self


def _adds_up(shares: dict[str, float]) -> dict[str, float]:
    if not math.isclose(sum(shares.values()), 1, abs_tol=1e-6):
        raise ValueError(f"shares add up to {sum(shares.values()):g}, expected 1")
    return shares


Blend = Annotated[dict[str, Fraction], Field(min_length=1), AfterValidator(_adds_up)]


def _name_or_shares(value: Any) -> str | None:
    """Which of the two was meant, so that a fault in one is not told as the want of the other."""
    if isinstance(value, str):
        return "name"
    return "shares" if isinstance(value, dict) else None


NameOrBlend = Annotated[
    Annotated[str, Tag("name")] | Annotated[Blend, Tag("shares")],
    Discriminator(
        _name_or_shares,
        custom_error_type="name_or_shares",
        custom_error_message="Input should be a name, or shares of several that add up to 1",
    ),
]


class TwinSite(Strict):
    """How the digital twin makes synthetic years for a region.

    climate, grid: the name of a table of the twin, or shares of several that add up to one.
    """

    climate: NameOrBlend | None = None
    grid: NameOrBlend | None = None
    mean_load_fraction: Fraction = 0.6
    load_growth_per_year: Annotated[float, Field(ge=-0.5, le=1)] = 0.05
    jobs_per_day: NonNegative = 24.0


class Region(Strict):
    """One datacentre region. Limits are those of the safe operating envelope.

    `inlet_limit_c` is the thermal breaker at sea level; the altitude derate comes off it in the physics.
    `outdoor_limit_c` is the dry-bulb temperature above which the site throttles; without one, weather binds through the
    inlet and the cooling capacity alone.
    `price_usd_per_mwh` stands for prices that telemetry does not have; without one, they stay unknown.
    `grid_water_l_per_kwh` is the water that power stations take per energy from the grid, counted if the fleet asks.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    name: str
    latitude_deg: Annotated[float, Field(ge=-90, le=90)]
    longitude_deg: Annotated[float, Field(ge=-180, le=180)]
    altitude_m: Annotated[float, Field(ge=-430, le=6_000)]
    it_capacity_mw: Positive
    grid_limit_mw: Positive
    inlet_limit_c: Celsius = 35.0
    outdoor_limit_c: Celsius | None = None
    price_usd_per_mwh: Annotated[float, Field(allow_inf_nan=False)] | None = None
    water_scarcity: NonNegative = 1.0
    grid_water_l_per_kwh: NonNegative = 0.0
    curtailment: Curtailment | None = None
    plant: Plant
    white_space: WhiteSpace = WhiteSpace()
    twin: TwinSite = TwinSite()

    @model_validator(mode="after")
    def _firm_power_is_less(self) -> Self:
        if self.curtailment is not None and self.curtailment.firm_mw > self.grid_limit_mw:
            raise ValueError(
                f"curtailment.firm_mw {self.curtailment.firm_mw:g} is above grid_limit_mw {self.grid_limit_mw:g}"
            )
        return self

    @model_validator(mode="after")
    def _grid_carries_more_than_the_fixed_power(self) -> Self:
        if self.grid_limit_mw <= self.plant.fixed_mw:
            raise ValueError(
                f"grid_limit_mw {self.grid_limit_mw:g} is not above plant.fixed_mw {self.plant.fixed_mw:g}; "
                "nothing would be left for IT load"
            )
        return self

    @property
    def largest_load_mw(self) -> float:
        """IT load that nothing lets the region exceed: losses, fans and weather only lower it."""
        return min(self.it_capacity_mw, self.grid_limit_mw - self.plant.fixed_mw)


class Costs(Strict):
    """The weights of the objective, as money, so that every trade-off can be read.

    count_grid_water: also count the water that power stations take, by each region's `grid_water_l_per_kwh`.
    transfer_usd_per_gb: for moving a job's data out of its home region.
    waiting_usd_per_mwh_per_h: value lost per MWh of a job's IT energy for each hour that it starts after its earliest.
    change_usd_per_mwh: what moving a planned job to another place or start must save, per MWh of its IT energy. A
        penalty in planning alone, so that plans do not chase every new forecast; it is no expense.
    """

    carbon_usd_per_t: NonNegative = 50.0
    water_usd_per_m3: NonNegative = 3.0
    count_grid_water: bool = False
    transfer_usd_per_gb: NonNegative = 0.0
    waiting_usd_per_mwh_per_h: NonNegative = 0.0
    change_usd_per_mwh: NonNegative = 1.0


class Fleet(Strict):
    """The regions that one operator decides for."""

    name: str
    costs: Costs = Costs()
    regions: Annotated[tuple[Region, ...], Field(min_length=1, strict=False)]  # YAML has lists, not tuples

    @model_validator(mode="after")
    def _unique(self) -> Self:
        ids = [region.id for region in self.regions]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"region id {twice[0]!r} occurs twice; ids must be unique")
        return self

    @property
    def region_ids(self) -> tuple[str, ...]:
        return tuple(region.id for region in self.regions)
