from datetime import date

import polars as pl
import pytest
from support.frames import FOOTPRINT_HOURS, footprint_table

from fleet.dashboard.data import (
    complete_days,
    daily_or_weekly,
    footprint_totals,
    hottest_day,
    hottest_month,
    hours_of_day,
    periods_of,
    replayed_policies,
)

FRAME = footprint_table().lazy()
WHOLE = periods_of(FRAME)[0]


def test_policies_keep_the_order_of_the_file():
    assert replayed_policies(FRAME) == ["home_region", "priced", "oracle"]


def test_periods_are_the_whole_replay_and_its_months():
    assert [period.label for period in periods_of(FRAME)] == [
        "Whole replay, 30 Jun 2025 to 2 Jul 2025",
        "June 2025",
        "July 2025",
    ]


def test_totals_are_sums_over_jobs_and_hours():
    totals = footprint_totals(FRAME, "home_region", WHOLE)
    assert totals.served_mwh == 20 * FOOTPRINT_HOURS
    # 10 MW x 500 + 5 x 300 + 5 x 900 = 11 000 kg an hour; 10 x 3000 + 5 x 200 = 31 000 L an hour.
    assert totals.carbon_t == pytest.approx(11 * FOOTPRINT_HOURS)
    assert totals.water_m3 == pytest.approx(31 * FOOTPRINT_HOURS)
    assert totals.water_l_per_mwh == pytest.approx(31_000 / 20)
    assert totals.job_mw == {"arizona": 10, "ireland": 5, "wyoming": 5}


def test_months_add_up_to_the_whole_replay():
    june, july = (footprint_totals(FRAME, "priced", period) for period in periods_of(FRAME)[1:])
    assert june.served_mwh + july.served_mwh == footprint_totals(FRAME, "priced", WHOLE).served_mwh


def test_the_cost_counts_moving_data_and_waiting_in_the_period_of_the_start():
    first = pl.int_range(pl.len()).over("policy") == 0
    frame = FRAME.with_columns(pl.when(first).then(500.0).otherwise(0.0).alias("job_beyond_energy_usd"))
    whole, june, july = (footprint_totals(frame, "home_region", period).cost_usd for period in periods_of(FRAME))
    # 20 MW at 60 USD per MWh; half a day of June and two days of July.
    assert (whole, june, july) == pytest.approx((20 * 60 * FOOTPRINT_HOURS + 500, 20 * 60 * 12 + 500, 20 * 60 * 48))


def test_unknown_hours_are_counted_and_left_out():
    first = pl.int_range(pl.len()) == 0
    frame = FRAME.with_columns(pl.when(~first).then(pl.col("job_water_l")).alias("job_water_l"))
    totals = footprint_totals(frame, "home_region", WHOLE)
    assert totals.missing_hours == 1
    assert totals.water_m3 == pytest.approx(31 * FOOTPRINT_HOURS - 30)


def test_only_complete_days_count():
    assert complete_days(FRAME) == [date(2025, 7, 1), date(2025, 7, 2)]
    assert hottest_day(FRAME) == date(2025, 7, 2)


def test_a_short_period_has_a_row_for_each_complete_day():
    table, step = daily_or_weekly(FRAME, ("home_region", "priced"), WHOLE)
    assert step == "day"
    assert table["day"].unique().sort().to_list() == [date(2025, 7, 1), date(2025, 7, 2)]
    arizona = table.filter(policy="home_region", region="arizona")
    # 50 MW and 10 MW at 3 m3 per MWh, 24 hours.
    assert arizona["base_water_m3"].to_list() == [3600.0] * 2
    assert arizona["job_water_m3"].to_list() == [720.0] * 2


def test_a_long_period_has_weekly_means_of_daily_amounts():
    # Two complete days of every three, 72 in all.
    days = [FRAME.with_columns(pl.col("time_utc").dt.offset_by(f"{3 * step}d")) for step in range(36)]
    frame = pl.concat(days)
    table, step = daily_or_weekly(frame, ("home_region",), periods_of(frame)[0])
    assert step == "week"
    arizona = table.filter(region="arizona")
    assert all(day.weekday() == 0 for day in arizona["day"])
    assert arizona["job_water_m3"].to_list() == pytest.approx([720.0] * len(arizona))


def test_the_hours_of_a_day_have_every_region_and_the_sum_of_both_loads():
    hours = hours_of_day(FRAME, "priced", date(2025, 7, 1))
    assert len(hours) == 24 * 3
    wyoming = hours.filter(region="wyoming")
    assert wyoming["load_mw"].to_list() == [62.0] * 24
    assert wyoming["water_l"].to_list() == [62.0 * 200] * 24


def test_the_hottest_month_is_one_with_jobs():
    hotter = FRAME.with_columns(
        pl.col("time_utc").dt.offset_by("31d"), pl.col("temperature_c") + 20, pl.lit(0.0).alias("job_mw")
    )
    table = pl.concat([FRAME, hotter])
    assert hottest_month(table, periods_of(table)).label == "July 2025"
    nothing = FRAME.with_columns(pl.lit(0.0).alias("job_mw"))
    assert hottest_month(nothing, periods_of(nothing)).label.startswith("Whole replay")
