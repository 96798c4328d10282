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
    """The settings of an evaluation, checked when they are made.

    target: the column to forecast.
    forecaster: name in FORECASTERS.
    bands: name in BANDS. By default, the default method; with the reference split, the method `split`, because
        November alone is too short for the other methods.
    confidence: confidence of the two-sided bands, in (0, 1).
    horizon: number of leads, in hours.
    step: hours between two origins.
    split: name in SPLITS.
    test_start: first scored origin; by default, as in `walk_forward_plan`.
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
        """The name of the band method."""
        return self.bands or ("split" if self.split == "reference" else DEFAULT_BANDS)

    @property
    def miscoverage(self) -> Fraction:
        """The accepted share of values outside the band."""
        return miscoverage_of(self.confidence)

    @property
    def scores_needed(self) -> int:
        """The number of scores that a finite hourly bound needs."""
        return BANDS[self.method]().scores_needed(self.miscoverage / 2, self.step)
