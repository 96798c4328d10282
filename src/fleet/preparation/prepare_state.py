"""The state of the preparation: what later origins need of the hours up to an origin."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from fleet.preparation.build_conditions import BOUNDED, EXPECTED
from fleet.preparation.climatological_band import Seasons
from fleet.preparation.far_forecast import FarState
from fleet.preparation.forecasts import ColumnState
from fleet.preparation.gate_margins import MarginState
from fleet.preparation.required_levels import LevelState
from fleet.preparation.settings import Settings


@dataclass(frozen=True, kw_only=True, eq=False)
class PrepareState:
    """Everything that the preparation has learnt up to an origin. Positions are indices of the hours of the telemetry.

    Args:
        first: position of the first origin that is forecast.
        last: position of the last origin that was forecast; `first` - 1 if there is none yet.
        columns: column -> forecasters and last forecasts.
        margins: variable -> what its margins have learnt.
        levels: what the levels that windows need have learnt.
        far: what the forecasts beyond the horizon have learnt.
        seasons: the climatological bands of the last months.
    """

    first: int
    last: int
    columns: Mapping[str, ColumnState]
    margins: Mapping[str, MarginState]
    levels: LevelState
    far: FarState
    seasons: Seasons

    @classmethod
    def empty(cls, first: int, regions: int, settings: Settings) -> Self:
        """Return the state before the first origin, whose position is `first`."""
        return cls(
            first=first,
            last=first - 1,
            columns={name: ColumnState.empty(first, regions, settings.horizon) for name in (*BOUNDED, *EXPECTED)},
            margins={name: MarginState() for name in BOUNDED},
            levels=LevelState(),
            far=FarState.empty(first, regions, settings),
            seasons={},
        )

    def serves(self, first_needed: int, last: int) -> bool:
        """Tell whether the origins `first_needed` to `last` can be prepared from this state.

        `last` must be new, and the forecasts from `first_needed` on must be kept or new.
        """
        return self.last < last and first_needed > self.last - self.tail_h

    @property
    def tail_h(self) -> int:
        """Number of past origins whose forecasts and margins are kept."""
        return len(self.columns[BOUNDED[0]].tail)
