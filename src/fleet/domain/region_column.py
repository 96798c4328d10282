"""The `region` column of a table."""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fleet.errors import DataError


class RegionColumn(NamedTuple):
    """The regions of a table's rows.

    regions: ids in the order in which they first occur.
    names: (row,) region id of each row.
    region_index: (row,) position of that id in `regions`.
    """

    regions: tuple[str, ...]
    names: pl.Series
    region_index: NDArray[np.int64]


def read_region_column(frame: pl.DataFrame, *, table: str, region: str | None) -> RegionColumn:
    """Return the regions of a table's rows.

    Args:
        frame: the table.
        table: name of the table, for messages.
        region: the region of a table that has no column `region`.
    Raises: DataError if there is neither a column nor a region, if an id is null, or if the column holds floats or
        lists.
    """
    if "region" not in frame.columns:
        if region is None:
            raise DataError(f"{table} has no column region; name the region of the table")
        frame = frame.with_columns(region=pl.lit(region))
    column = frame["region"]
    if column.null_count():
        raise DataError(f"{table}: region is null in row {column.is_null().arg_true()[0]}, expected an id")
    # A float would turn an id such as 1 into 1.0, which is another region.
    if column.dtype.is_nested() or column.dtype.is_float():
        raise DataError(f"{table}: region holds {column.dtype}, expected an id in each row")
    names = column.cast(pl.String)
    regions = tuple(names.unique(maintain_order=True))
    index_of = {name: index for index, name in enumerate(regions)}
    region_index = names.replace_strict(index_of, return_dtype=pl.Int64).to_numpy()
    return RegionColumn(regions=regions, names=names, region_index=region_index)
