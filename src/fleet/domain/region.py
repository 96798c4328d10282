"""The records of a fleet file: regions with their limits and cooling plants, cost weights, and the fleet."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from fleet.domain.feed import AnyFeed
from fleet.domain.feed_check import check_feeds
from fleet.domain.strict_record import Celsius, Fraction, NonNegative, Positive, Strict
from fleet.domain.time_zone import TimeZoneName
from fleet.domain.twin_site import TwinSite
from fleet.domain.white_space import WhiteSpace


class AirSide(Strict):
    """The keys that all cooling plants share: an air-cooled hall with fans.

    The fans can cool `it_capacity_mw` while the supply air is at `design_supply_c`. The exhaust air then reaches its
    limit, `design_supply_c + air_rise_k`. Warmer supply air can warm up less before that limit, so capacity falls.

    supply_setpoint_c: supply temperature that the plant aims for.
    air_rise_k: rise of the air temperature across the servers, from supply to exhaust.
    recirculation_idle_k, recirculation_full_k: how far the inlet is warmer than the supply, without load and at the
        largest air flow.
    fan_reference_mw: power of all fans at the largest air flow, at sea level.
    fixed_mw: power that depends neither on load nor on weather, such as that of pumps and light.
    ups_loss_fraction: loss in the power supply, as a share of IT power.
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
    def _check_order(self) -> Self:
        if self.design_supply_c < self.supply_setpoint_c:
            raise ValueError(
                f"design_supply_c {self.design_supply_c} is below supply_setpoint_c {self.supply_setpoint_c}, "
                "expected a design supply at least as warm as the setpoint"
            )
        if self.recirculation_full_k < self.recirculation_idle_k:
            raise ValueError(
                f"recirculation_full_k {self.recirculation_full_k:g} is below recirculation_idle_k "
                f"{self.recirculation_idle_k:g}, expected recirculation to rise with load"
            )
        return self


class EvaporativePlant(AirSide):
    """Cooling by outside air, which is wetted when the air is warmer than the setpoint.

    effectiveness: cooling of the air by wetting, as a share of dry-bulb minus wet-bulb temperature.
    cycles_of_concentration: water supplied over water drained; a higher value saves water.
    """

    kind: Literal["evaporative"]
    effectiveness: Fraction = 0.88
    cycles_of_concentration: Annotated[float, Field(gt=1)] = 3.0


class OutsideAirPlant(AirSide):
    """Cooling by outside air alone. Warm outside air is not cooled."""

    kind: Literal["outside_air"]


class ChillerPlant(AirSide):
    """Cooling of the return air by chilled water. The condenser rejects the heat to outside air or to a wet tower.

    chiller_mw: heat that the chillers remove at their reference conditions; hotter weather reduces it.
    reference_cop: heat removed per unit of electric power of the compressors, at full load and reference conditions.
    tower_approach_k: temperature of the condenser water minus wet-bulb temperature; used with a tower only.
    cycles_of_concentration: as for the evaporative plant; used with a tower only.
    """

    kind: Literal["chiller"]
    condenser: Literal["air", "tower"] = "air"
    chiller_mw: Positive
    reference_cop: Positive = 5.5
    tower_approach_k: Positive = 4.0
    cycles_of_concentration: Annotated[float, Field(gt=1)] = 3.0


Plant = Annotated[EvaporativePlant | OutsideAirPlant | ChillerPlant, Field(discriminator="kind")]


class Curtailment(Strict):
    """An interruptible contract: the utility may order the site to reduce its power to the firm power.

    The utility gives no notice. So within the given months and hours, only `firm_mw` is certain.

    firm_mw: power that the utility always grants.
    months: calendar months, 1 is January. South of the equator, a summer contract has 12, 1 and 2.
    from_hour_utc, to_hour_utc: first hour and end of the period, end excluded. The period passes midnight if the end is
        smaller than the start, and is the whole day if both are equal.
    calls_per_year, mean_call_h: number and mean length of the calls that the digital twin makes.
    """

    firm_mw: Positive
    months: Annotated[tuple[Annotated[int, Field(ge=1, le=12)], ...], Field(min_length=1, strict=False)]
    from_hour_utc: Annotated[int, Field(ge=0, le=23)]
    to_hour_utc: Annotated[int, Field(ge=0, le=23)]
    calls_per_year: NonNegative = 12.0
    mean_call_h: Positive = 3.0


RegionId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]


class Region(Strict):
    """One datacentre region with the limits of its safe operating envelope.

    aliases: earlier ids of the region. Values and decisions that are stored under an alias count for this region.
    time_zone: IANA name. People read local times in it; no decision uses it. Without it, local times are solar times.
    it_capacity_mw: limit of IT power.
    grid_limit_mw: limit of power from the grid.
    inlet_limit_c: the thermal breaker, an inlet temperature at sea level; the physics subtracts the altitude derate.
    outdoor_limit_c: dry-bulb temperature above which the limits allow no load. Without it, weather acts only through
        the inlet, cooling and grid limits.
    price_usd_per_mwh: flat price, used as forecast where no price may be forecast, and in hours before the first price
        of the telemetry. Without it, the price is unknown there.
    water_scarcity: factor on the price of water used on site.
    grid_water_l_per_kwh: water that power stations use per kWh from the grid; counted with `Costs.count_grid_water`.
    """

    id: RegionId
    name: str
    aliases: Annotated[tuple[RegionId, ...], Field(strict=False)] = ()  # YAML has lists, not tuples
    latitude_deg: Annotated[float, Field(ge=-90, le=90)]
    longitude_deg: Annotated[float, Field(ge=-180, le=180)]
    altitude_m: Annotated[float, Field(ge=-430, le=6_000)]
    time_zone: TimeZoneName | None = None
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
    def _check_firm_power(self) -> Self:
        if self.curtailment is not None and self.curtailment.firm_mw > self.grid_limit_mw:
            raise ValueError(
                f"curtailment.firm_mw {self.curtailment.firm_mw:g} is above grid_limit_mw {self.grid_limit_mw:g}, "
                "expected at most the grid limit"
            )
        return self

    @model_validator(mode="after")
    def _check_grid_limit(self) -> Self:
        if self.grid_limit_mw <= self.plant.fixed_mw:
            raise ValueError(
                f"grid_limit_mw {self.grid_limit_mw:g} is not above plant.fixed_mw {self.plant.fixed_mw:g}, "
                "so no power is left for IT load; raise the limit"
            )
        return self

    @property
    def largest_load_mw(self) -> float:
        """IT load that the region never exceeds in any weather. Losses, fans and weather allow less."""
        return min(self.it_capacity_mw, self.grid_limit_mw - self.plant.fixed_mw)


class Costs(Strict):
    """The weights of the objective in money, so that each trade-off can be read.

    carbon_usd_per_t: price of carbon emissions.
    water_usd_per_m3: price of water, before the region's scarcity factor.
    count_grid_water: also count the water that power stations use, from each region's `grid_water_l_per_kwh`.
    transfer_usd_per_gb: cost of moving a job's data out of its home region.
    waiting_usd_per_mwh_per_h: value lost per MWh of a job's IT energy for each hour that the job starts after its
        earliest start.
    change_usd_per_mwh: the least saving for which a planned job is moved to another region or start, per MWh of the
        job's IT energy. It is no expense. It stops plans from changing with every new forecast.
    """

    carbon_usd_per_t: NonNegative = 50.0
    water_usd_per_m3: NonNegative = 3.0
    count_grid_water: bool = False
    transfer_usd_per_gb: NonNegative = 0.0
    waiting_usd_per_mwh_per_h: NonNegative = 0.0
    change_usd_per_mwh: NonNegative = 1.0


Feeds = Annotated[tuple[AnyFeed, ...], Field(min_length=1, strict=False)]  # YAML has lists, not tuples


class Fleet(Strict):
    """The regions that one operator manages, the weights of the objective, and where telemetry comes from.

    sources: region -> column -> sources; the first one that has a value of an hour counts.
    """

    name: str
    costs: Costs = Costs()
    regions: Annotated[tuple[Region, ...], Field(min_length=1, strict=False)]
    sources: Mapping[str, Mapping[str, Feeds]] | None = None

    @model_validator(mode="after")
    def _check_ids(self) -> Self:
        ids = [name for region in self.regions for name in (region.id, *region.aliases)]
        duplicates = sorted({region_id for region_id in ids if ids.count(region_id) > 1})
        if duplicates:
            raise ValueError(f"region id {duplicates[0]!r} occurs twice; ids and aliases must be unique")
        return self

    @model_validator(mode="after")
    def _check_sources(self) -> Self:
        check_feeds(self.sources or {}, self.region_ids)
        return self

    @property
    def region_ids(self) -> tuple[str, ...]:
        return tuple(region.id for region in self.regions)

    @property
    def current_ids(self) -> dict[str, str]:
        """Earlier id of a region -> its id."""
        return {alias: region.id for region in self.regions for alias in region.aliases}
