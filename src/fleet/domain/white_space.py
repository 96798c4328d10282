"""The white space of a hall: its heat capacity, and the temperatures at which protection acts."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from fleet.domain.strict_record import Celsius, Fraction, Positive, Strict


class WhiteSpace(Strict):
    """The heat capacity of a hall, per rack, and the inlet temperatures at which protection acts.

    The four layers of protection: from `warn_c` on, operators are warned. From `stop_c` on, no job is admitted. From
    `migrate_c` on, jobs migrate to other regions. At `trip_c`, servers switch themselves off. Admission resumes
    `hysteresis_k` below `stop_c`, and migration stops `hysteresis_k` below `migrate_c`. All temperatures are at sea
    level; the physics subtracts the altitude derate.

    With the defaults, a hall of full racks at 22 degC that loses all cooling reaches 40 degC in 57 s at 10 kW per rack
    and in 170 s at 5 kW. The defaults are fitted to Opengate Data Systems for Active Power 2007: 3 min 9 s at 5 kW and
    under 1 min at 10 kW. The split into air, metal and resistance is an assumption: 2.7 m2 of floor per rack, a ceiling
    of 4.5 m, and only the metal that follows the air temperature within minutes.

    rack_kw: IT power of a full rack; the hall has `it_capacity_mw` / `rack_kw` racks.
    air_m3_per_rack: volume of air per rack.
    metal_kj_per_k_per_rack: heat capacity of the metal per rack.
    air_to_metal_k_per_kw: thermal resistance between the air and the metal of a rack.
    server_idle_share: idle power of a server over its peak power.
    drain_per_min: share of the remaining utilisation that migrates each minute from `migrate_c` on. This value is an
        assumption: training jobs write a checkpoint first.
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
    def _check_order(self) -> Self:
        layers_c = (self.warn_c, self.stop_c, self.migrate_c, self.trip_c)
        if sorted(set(layers_c)) != list(layers_c):
            raise ValueError(f"layers are {layers_c}, expected warn_c < stop_c < migrate_c < trip_c")
        return self
