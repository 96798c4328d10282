"""Rows of renamed regions: the values that were stored under the earlier and the current id become one row."""

from collections.abc import Mapping, Sequence

import numpy as np

from fleet.errors import DataError
from fleet.units import FloatArray


def renamed_regions(regions: Sequence[str], names: Mapping[str, str]) -> tuple[str, ...]:
    """Return the ids with each earlier id replaced by the current one, each once.

    Args:
        regions: ids, earlier or current.
        names: earlier id -> current id.
    """
    return tuple(dict.fromkeys(names.get(region, region) for region in regions))


def renamed_rows(column: str, grid: FloatArray, regions: Sequence[str], names: Mapping[str, str]) -> FloatArray:
    """Return the rows of the regions that `renamed_regions` returns.

    Args:
        column: name of the values, for the message.
        grid: (region, ...) values; NaN is missing.
        regions, names: as for `renamed_regions`.
    Raises: DataError if both ids have a value for the same hour.
    """
    current = renamed_regions(regions, names)
    merged = np.full((len(current), *grid.shape[1:]), np.nan)
    for region, row in zip(regions, grid, strict=True):
        target = merged[current.index(names.get(region, region))]
        is_known = ~np.isnan(row)
        if (is_known & ~np.isnan(target)).any():
            raise DataError(
                f"{column} of {names.get(region, region)} is stored for the same hour under its id and under an alias; "
                "remove the alias from the fleet file, if these are two regions"
            )
        target[is_known] = row[is_known]
    return merged
