"""Where supplied values come from: their source, when the source published them, and whether it estimated them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fleet.domain import clock
from fleet.domain.clock import HourArray
from fleet.domain.telemetry import Telemetry

PROVENANCE_SCHEMA: Mapping[str, pl.DataType] = {
    "source": pl.String(),
    "published_utc": pl.Datetime("ms", "UTC"),
    "estimated": pl.Boolean(),
}
_KEYS = ("region", "column", "time_utc")


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """The origin of supplied telemetry. The arrays have the axes of that telemetry.

    source: name of the source.
    published_utc: column -> (region, hour) when the source last changed the value; NaT where it does not say.
    estimated: column -> (region, hour) True where the source calls the value estimated.
    """

    source: str
    published_utc: Mapping[str, HourArray] = field(default_factory=dict)
    estimated: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)

    def cells(self, telemetry: Telemetry) -> pl.DataFrame:
        """Return region, column, time_utc, published_utc and estimated of each value of the telemetry."""
        frames = [
            pl.DataFrame(schema=dict(zip(_KEYS, (pl.String(), pl.String(), pl.Datetime("ms", "UTC")), strict=True)))
        ]
        for name, grid in telemetry.values.items():
            row, hour = np.nonzero(~np.isnan(grid))
            published = self.published_utc.get(name)
            estimated = self.estimated.get(name)
            frames.append(
                pl.DataFrame(
                    {
                        "region": pl.Series(telemetry.regions, dtype=pl.String).gather(row),
                        "column": pl.Series([name], dtype=pl.String).new_from_index(0, len(row)),
                        "time_utc": clock.to_series(telemetry.time_utc[hour], "time_utc"),
                        "published_utc": _times(published, row, hour),
                        "estimated": pl.Series(
                            np.zeros(len(row), np.bool_) if estimated is None else estimated[row, hour]
                        ),
                    }
                )
            )
        return pl.concat(frames, how="diagonal")

    @property
    def is_uniform(self) -> bool:
        """Tell whether all values have the same origin."""
        return not self.published_utc and not self.estimated


def _times(grid: HourArray | None, row: np.ndarray, hour: np.ndarray) -> pl.Series:
    times = np.full(len(row), np.datetime64("NaT", "ms")) if grid is None else grid[row, hour].astype("datetime64[ms]")
    return pl.Series("published_utc", times).dt.replace_time_zone("UTC")
