"""Joins several tables of telemetry into one."""

from collections.abc import Iterable, Sequence

import numpy as np

from fleet.domain import clock
from fleet.domain.quantities import check_dew_point
from fleet.domain.telemetry import MOST_HOURS, Telemetry
from fleet.domain.time_hole import refuse_hole
from fleet.errors import DataError
from fleet.units import FloatArray

_ONE_HOUR = np.timedelta64(1, "h")


def join(parts: Iterable[Telemetry]) -> Telemetry:
    """Return one telemetry with the regions, columns and hours of all parts.

    Hours that no part covers have missing values.

    Raises: DataError if two parts have a value for the same region, hour and column, if a dew point of one part does
        not fit the temperature of another, or if the parts lie years apart.
    """
    parts = list(parts)
    if len(parts) == 1:
        return parts[0]
    regions = tuple(dict.fromkeys(region for part in parts for region in part.regions))
    columns = tuple(dict.fromkeys(name for part in parts for name in part.values))
    first = min(part.time_utc[0] for part in parts)
    hours = int((max(part.time_utc[-1] for part in parts) - first) / _ONE_HOUR) + 1
    refuse_hole(
        np.concatenate([part.time_utc for part in parts]), where="the files together", name_of=lambda _: "an hour"
    )
    if hours > MOST_HOURS:
        raise DataError(f"the files together span {hours} h, expected less than a century")
    values = {name: np.full((len(regions), hours), np.nan) for name in columns}
    spans: dict[str, tuple[int, int]] = {}
    for part in parts:
        start = int((part.time_utc[0] - first) / _ONE_HOUR)
        for region, (part_first, part_end) in zip(part.regions, part.spans, strict=True):
            span_first, span_end = spans.get(region, (hours, 0))
            spans[region] = (min(span_first, start + part_first), max(span_end, start + part_end))
        rows = [regions.index(region) for region in part.regions]
        for name in part.values:
            _add(values[name], part, name, rows, start)
    time_utc = first + np.arange(hours) * _ONE_HOUR
    check_dew_point(values, regions, time_utc, where="the files together")
    return Telemetry(
        regions=regions,
        time_utc=time_utc,
        values=values,
        spans=tuple(spans[region] for region in regions),
    )


def _add(joined: FloatArray, part: Telemetry, name: str, rows: Sequence[int], start: int) -> None:
    """Write one column of a part into the joined column.

    Args:
        joined: (region, hour) column, written.
        rows: positions of the part's regions in `joined`.
        start: position of the part's first hour in `joined`.
    """
    grid = part.values[name]
    before = joined[rows, start : start + grid.shape[1]]
    conflicts = np.argwhere(np.isfinite(before) & np.isfinite(grid))
    if conflicts.size:
        region, hour = conflicts[0]
        raise DataError(
            f"{name} of region {part.regions[region]} at {clock.iso(part.time_utc[hour])} is in two files, "
            "expected each region and hour once"
        )
    joined[rows, start : start + grid.shape[1]] = np.where(np.isfinite(grid), grid, before)
