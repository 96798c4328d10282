import datetime as dt

import four_zones
import polars as pl
import pytest
from polars.testing import assert_series_equal
from support.real_data import DATA, needs_data

SERVER = DATA / "workload/gpu_cbsugpu08_to-2024.parquet"


@needs_data
def test_a_server_of_2024_becomes_the_load_of_the_same_weekday_of_2023() -> None:
    measured = pl.read_parquet(SERVER).filter(pl.col("time_utc").dt.year() == 2024)
    load = four_zones.server_load(DATA, "ciso", capacity_mw=80.0)
    assert load["time_utc"].min() == dt.datetime(2023, 1, 21, 15, tzinfo=dt.UTC)
    assert load["it_load_mw"].max() == pytest.approx(72.0)
    at = dt.datetime(2024, 6, 4, 9, tzinfo=dt.UTC)
    power_w = measured.filter(pl.col("time_utc") == at)["gpu_power_w_mean"].item()
    found = load.filter(pl.col("time_utc") == at - dt.timedelta(weeks=52))["it_load_mw"].item()
    assert found == pytest.approx(72 * power_w / measured["gpu_power_w_mean"].max())
    assert load["it_load_mw"].null_count() == measured["gpu_power_w_mean"].null_count()


@needs_data
def test_the_mean_of_servers_is_missing_where_one_of_them_is() -> None:
    alone = [four_zones.server_load(DATA, region, 80.0) for region in ("ciso", "erco", "de-lu")]
    together = four_zones.server_load(DATA, "gb", 80.0)
    hours = pl.concat(
        [each.select("time_utc", pl.col("it_load_mw").alias(str(at))) for at, each in enumerate(alone)], how="align"
    )
    expected = hours.select("time_utc", mean=pl.mean_horizontal("0", "1", "2", ignore_nulls=False))
    joined = together.join(expected, on="time_utc")
    assert len(joined) == len(together)
    assert_series_equal(joined["it_load_mw"], joined["mean"], check_names=False)
