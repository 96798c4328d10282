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
# The DECISION gate tracks the levels of a window at these shares of the miscoverage (1 - confidence). Windows are not
# drawn at random: a policy fills those with the most headroom at the bound, and a long job meets many windows. A miss
# of the weather often lasts for hours, and then every job of the region breaches. Beyond the horizon the shares are
# twice as large: a window begins with the first hour there, so a policy cannot choose its start.
WEATHER_SHARE, LOAD_SHARE = Fraction(1, 4), Fraction(1, 2)
FAR_WEATHER_SHARE, FAR_LOAD_SHARE = Fraction(1, 2), Fraction(1)
# Beyond the horizon the weather of a week is forecast, at each full six hours of UTC. A regression suffices there: the
# other forecasters hardly improve it so far ahead, and take ten times as long.
FAR_HORIZON_H = 7 * HOURS_PER_DAY
FAR_STEP_H = 6
# Days of history that a bound needs, about: within the horizon, and beyond it. Messages alone use them.
BOUND_HISTORY_D, FAR_HISTORY_D = 120, 180
_FAR_FORECASTER = "ridge"
# Columns may be silent one after another. Then the last hour with all values is before the silence of each of them.
_LEAD_IN_H = HOURS_PER_DAY


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """When forecasts are made, how far they reach, and how many of them are kept.

    Args:
        forecaster: name in FORECASTERS.
        horizon: largest lead [h].
        step_h: hours from one origin to the next.
        kept: number of past origins whose forecasts and margins are still needed, because some of their errors are not
            known yet. A silent region is also limited to its headroom at an earlier origin.
    """

    forecaster: str
    horizon: int
    step_h: int
    kept: int


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of forecasts, bounds and the gate. They are checked when they are made.

    Args:
        forecaster: name in FORECASTERS.
        bands: name in BANDS.
        confidence: one-sided confidence of the bounds that approvals use.
        horizon: largest lead of the hourly forecasts [h]. A job must start within the horizon.
        far_horizon: largest lead of the forecasts beyond the horizon [h]; if it is not above the horizon, there are
            none.
        gate: one of GATES.
        controlled: True if a controller adds an extra level in each region.
    Raises: ConfigError for an unknown name, a horizon below 1 h or a confidence outside (0, 1).
    """

    forecaster: str = DEFAULT_FORECASTER
    bands: str = DEFAULT_BANDS
    confidence: float = 0.95
    horizon: int = 24
    far_horizon: int = FAR_HORIZON_H
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
    def near(self) -> Schedule:
        """The hourly forecasts up to the horizon."""
        return Schedule(forecaster=self.forecaster, horizon=self.horizon, step_h=1, kept=self.horizon + _LEAD_IN_H)

    @property
    def far(self) -> Schedule:
        """The forecasts beyond the horizon."""
        kept = -(-(self.far_horizon + _LEAD_IN_H) // FAR_STEP_H)
        return Schedule(forecaster=_FAR_FORECASTER, horizon=self.far_horizon, step_h=FAR_STEP_H, kept=kept)

    @property
    def miscoverage(self) -> Fraction:
        """One minus the confidence."""
        return miscoverage_of(self.confidence)

    @property
    def has_far(self) -> bool:
        """Tell whether the hours beyond the horizon are forecast."""
        return self.far_horizon > self.horizon
