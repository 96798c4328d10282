"""How the pipeline works, as its caller asks."""

from dataclasses import dataclass

from fleet.conformal import BANDS, DEFAULT_BANDS, miscoverage_of
from fleet.errors import ConfigError
from fleet.forecasting import DEFAULT_FORECASTER, FORECASTERS
from fleet.preparation.headroom_levels import DECISION, GATES


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the pipeline forecasts, bounds and gates. Checked when made.

    gate: which error a job's approval is calibrated on: that of its decision, of the whole path, or of each hour.
    controlled: breaches of approved jobs raise the conservatism of their region.
    """

    forecaster: str = DEFAULT_FORECASTER
    bands: str = DEFAULT_BANDS
    confidence: float = 0.95
    horizon: int = 24
    gate: str = DECISION
    controlled: bool = True

    def __post_init__(self) -> None:
        if self.forecaster not in FORECASTERS:
            raise ConfigError(f"forecaster is {self.forecaster!r}, expected one of {', '.join(FORECASTERS)}")
        if self.bands not in BANDS:
            raise ConfigError(f"bands is {self.bands!r}, expected one of {', '.join(BANDS)}")
        if self.gate not in GATES:
            raise ConfigError(f"gate is {self.gate!r}, expected one of {', '.join(GATES)}")
        if self.horizon < 1:
            raise ConfigError(f"horizon is {self.horizon}, expected at least 1 h")
        miscoverage_of(self.confidence)
