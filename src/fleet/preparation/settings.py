"""Settings of forecasts, bounds and the gate."""

from dataclasses import dataclass
from fractions import Fraction

from fleet.conformal import BANDS, DEFAULT_BANDS, miscoverage_of
from fleet.errors import ConfigError
from fleet.forecasting import DEFAULT_FORECASTER, FORECASTERS
from fleet.units import HOURS_PER_DAY

# The error that an approval is calibrated on: of the decision, of the path over the horizon, or of each hour.
DECISION, PATH, POINTWISE = "decision", "path", "pointwise"
GATES = (DECISION, PATH, POINTWISE)
# The DECISION gate tracks the level of a window at this share of the miscoverage (1 - confidence). Windows are not
# drawn at random: a policy fills those with the most headroom at the bound, and a long job meets many windows. At the
# whole miscoverage, jobs near a limit would breach several times as often.
GATE_MISCOVERAGE_SHARE = Fraction(1, 4)
# Columns may be silent one after another. Then the last hour with all values is before the silence of each of them.
_LEAD_IN_H = HOURS_PER_DAY


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of forecasts, bounds and the gate. They are checked when they are made.

    Args:
        forecaster: name in FORECASTERS.
        bands: name in BANDS.
        confidence: one-sided confidence of the bounds that approvals use.
        horizon: largest lead [h].
        gate: one of GATES.
        controlled: True if a controller adds an extra level in each region.
    Raises: ConfigError for an unknown name, a horizon below 1 h or a confidence outside (0, 1).
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

    @property
    def tail_h(self) -> int:
        """Number of past origins whose forecasts and margins are still needed.

        Some of their errors are not known yet. A silent region is also limited to its headroom at an earlier origin.
        """
        return self.horizon + _LEAD_IN_H
