"""A datacentre region, its envelope and its plant, and the fleet they form."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

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


Plant = Annotated[EvaporativePlant | OutsideAirPlant, Field(discriminator="kind")]


class TwinSite(Strict):
    """How the digital twin makes synthetic years for a region. `climate` and `grid` name tables of the twin."""

    climate: str | None = None
    grid: str | None = None
    mean_load_fraction: Fraction = 0.6
    load_growth_per_year: Annotated[float, Field(ge=-0.5, le=1)] = 0.05
    jobs_per_day: NonNegative = 24.0


class Region(Strict):
    """One datacentre region. Limits are those of the safe operating envelope.

    `inlet_limit_c` is the thermal breaker at sea level; the altitude derate comes off it in the physics.
    `outdoor_limit_c` is the dry-bulb temperature above which the site throttles; without one, weather binds through the
    inlet and the cooling capacity alone.
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
    price_usd_per_mwh: Annotated[float, Field(allow_inf_nan=False)] = 60.0
    water_scarcity: NonNegative = 1.0
    plant: Plant
    twin: TwinSite = TwinSite()


class Costs(Strict):
    """The weights of the objective, as money, so that every trade-off can be read."""

    carbon_usd_per_t: NonNegative = 50.0
    water_usd_per_m3: NonNegative = 3.0


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
