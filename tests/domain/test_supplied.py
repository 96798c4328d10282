"""An empty cell is told from a row that is absent."""

import numpy as np
import polars as pl
import pytest

from fleet.domain.supplied import Supplied, join_supplied


def rows(hours: list[int], load: list[float | None], region: str = "a", column: str = "it_load_mw") -> pl.DataFrame:
    times = [f"2024-01-01T{hour:02d}:00:00Z" for hour in hours]
    return pl.DataFrame({"region": [region] * len(hours), "time_utc": times, column: load})


def supplied(*frames: pl.DataFrame) -> Supplied:
    return Supplied.from_frame(pl.concat(frames), table="t")


def test_a_null_is_an_empty_cell_and_a_hole_between_rows_is_not():
    dense = supplied(rows([0, 1, 2], [1.0, None, 3.0]))
    assert dense.empty["it_load_mw"].tolist() == [[False, True, False]]
    holed = supplied(rows([0, 1, 3], [1.0, None, 3.0]))
    assert holed.empty["it_load_mw"].tolist() == [[False, True, False, False]]


def test_hours_outside_a_region_own_rows_are_not_empty_cells():
    both = supplied(rows([0, 1], [1.0, None]), rows([1, 2, 3], [None, 5.0, 6.0], "b"))
    assert both.empty["it_load_mw"].tolist() == [[False, True, False, False], [False, True, False, False]]
    assert both.select("b").empty["it_load_mw"].tolist() == [[False, True, False, False]]


def test_a_value_of_one_table_fills_the_empty_cell_of_another():
    joined = join_supplied([supplied(rows([0, 1], [None, None])), supplied(rows([1, 2], [4.0, 5.0]))])
    assert joined.empty["it_load_mw"].tolist() == [[True, False, False]]
    np.testing.assert_array_equal(joined.telemetry.values["it_load_mw"][0], [np.nan, 4, 5])


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_a_table_of_one_empty_cell_is_one(missing):
    cell = rows([5], [1.0]).with_columns(it_load_mw=pl.lit(missing, dtype=pl.Float64))
    assert supplied(cell).empty["it_load_mw"].tolist() == [[True]]


def test_telemetry_alone_takes_nothing_back():
    alone = Supplied.of(supplied(rows([0, 1], [1.0, None])).telemetry)
    assert not alone.empty["it_load_mw"].any()
