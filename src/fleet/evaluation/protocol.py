"""The settings of an evaluation."""

from dataclasses import dataclass
from fractions import Fraction

from fleet.conformal import BANDS, DEFAULT_BANDS, miscoverage_of
from fleet.domain.clock import Hour
from fleet.errors import ConfigError
from fleet.evaluation.splits import SPLITS
from fleet.forecasting import DEFAULT_FORECASTER, FORECASTERS


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """The settings of an evaluation. They are checked on construction.

    target: the column to forecast.
    forecaster: name in FORECASTERS.
    bands: name in BANDS. An empty name means DEFAULT_BANDS; with the reference split it means `split`, because November
        alone is too short for the other methods.
    confidence: confidence of the two-sided bands, in (0, 1).
    horizon: number of leads, in hours.
    step: hours between two origins.
    split: name in SPLITS.
    test_start: the hour from which origins are scored; None as in `walk_forward_plan`.
    Raises: ConfigError for an unknown name, a number out of range, or a `test_start` with the reference split.
    """

    target: str
    forecaster: str = DEFAULT_FORECASTER
    bands: str = ""
    confidence: float = 0.95
    horizon: int = 24
    step: int = 1
    split: str = "walk-forward"
    test_start: Hour | None = None

    def __post_init__(self) -> None:
        for key, name, allowed in (
            ("forecaster", self.forecaster, tuple(FORECASTERS)),
            ("bands", self.method, tuple(BANDS)),
            ("split", self.split, SPLITS),
        ):
            if name not in allowed:
                raise ConfigError(f"{key} is {name!r}, expected one of {', '.join(allowed)}")
        if self.horizon < 1 or self.step < 1:
            raise ConfigError(f"horizon {self.horizon} and step {self.step} must be at least 1 h")
        if self.split == "reference" and self.test_start is not None:
            raise ConfigError("the reference split always tests December; leave out the start of the test")
        miscoverage_of(self.confidence)

    @property
    def method(self) -> str:
        """The name of the band method that is used."""
        return self.bands or ("split" if self.split == "reference" else DEFAULT_BANDS)

    @property
    def miscoverage(self) -> Fraction:
        """The accepted share of values outside the band."""
        return miscoverage_of(self.confidence)

    @property
    def scores_needed(self) -> int:
        """The number of past scores of a lead that a finite hourly band needs."""
        return BANDS[self.method]().scores_needed(self.miscoverage / 2, self.step)
