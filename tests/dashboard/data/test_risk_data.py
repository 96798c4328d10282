from datetime import timedelta

import polars as pl
from support.frames import ORIGIN, headroom_table, hot_afternoon, risk_rows, risk_table

from fleet.dashboard.data import hours_ahead, origins_to_list, risk_by_origin, telling_forecast


def test_risk_reached_hours_are_exactly_those_with_the_limit_between_forecast_and_upper():
    # Margin 2, limit 40: the bound of 38 reaches the limit (40 <= 40), that of 37.9 does not; 40 is over, 39.9 reached.
    rows = risk_rows(forecast=[38.0, 37.9, 40.0, 39.9] + [30.0] * 20)
    hours = hours_ahead(rows.lazy(), "outdoor", "arizona", ORIGIN)
    assert hours["is_reached"].to_list()[:5] == [True, False, False, True, False]
    assert hours["is_over"].to_list()[:5] == [False, False, True, False, False]


def test_the_hours_ahead_are_in_order_after_the_origin():
    hours = hours_ahead(risk_table().sample(fraction=1, shuffle=True, seed=1).lazy(), "inlet", "wyoming", ORIGIN)
    assert hours["time_utc"].to_list() == [ORIGIN + timedelta(hours=lead) for lead in range(1, 25)]


def test_an_unknown_origin_has_no_hours_ahead():
    assert hours_ahead(risk_table().lazy(), "outdoor", "arizona", ORIGIN - timedelta(days=1)).is_empty()


def test_each_origin_counts_its_reached_hours_and_its_hours_over_the_limit():
    listed = risk_by_origin(risk_table().lazy(), "outdoor", "arizona")
    assert listed["reached_hours"].to_list() == [0, 4]
    assert listed["over_hours"].to_list() == [0, 1]
    # The warmest upper bounds: 30 + 2 and 41 + 2, against 40.
    assert listed["distance_to_limit"].to_list() == [8.0, -3.0]


def test_without_a_limit_no_band_reaches_it_and_there_is_no_distance_to_it():
    listed = risk_by_origin(risk_table().lazy(), "outdoor", "ireland")
    assert listed["reached_hours"].sum() == listed["over_hours"].sum() == 0
    assert listed["distance_to_limit"].null_count() == len(listed) == 2


def test_origins_whose_forecast_stays_below_the_limit_are_listed_first():
    hours = [timedelta(hours=hour) for hour in range(3)]
    table = pl.concat(
        [
            risk_rows(origin=ORIGIN + hours[0], forecast=hot_afternoon()),
            risk_rows(origin=ORIGIN + hours[1]),
            risk_rows(origin=ORIGIN + hours[2], forecast=[39.0] + [30.0] * 23),
        ]
    )
    listed = origins_to_list(risk_by_origin(table.lazy(), "outdoor", "arizona"), 1)
    assert listed["origin_utc"].to_list() == [ORIGIN + hours[2], ORIGIN + hours[0]]


def test_without_reached_hours_the_smallest_distance_is_listed():
    table = pl.concat([risk_rows(), risk_rows(origin=ORIGIN + timedelta(hours=1), forecast=[35.0] * 24)])
    listed = origins_to_list(risk_by_origin(table.lazy(), "outdoor", "arizona"), 1)
    assert listed["distance_to_limit"].to_list() == [3.0]


def test_an_infinite_bound_reaches_the_limit_and_counts_as_unbounded():
    listed = risk_by_origin(risk_rows(margin=[float("inf")] * 3 + [2.0] * 21).lazy(), "outdoor", "arizona")
    assert listed["unbounded_hours"].item() == listed["reached_hours"].item() == 3


LATER = ORIGIN + timedelta(hours=1)


def test_the_most_telling_forecast_has_a_band_in_all_hours():
    # An infinite band reaches every limit, but shows nothing.
    unbounded = risk_rows(margin=float("inf"))
    calm = risk_rows(origin=LATER)
    telling = telling_forecast(pl.concat([unbounded, calm]).lazy(), ["arizona"])
    assert telling.origin_utc == LATER
    assert telling_forecast(unbounded.lazy(), ["arizona"]).origin_utc == ORIGIN


def test_the_most_telling_forecast_has_a_bound_for_jobs_in_all_regions():
    rows = pl.concat([risk_rows(forecast=[39.0] * 24), risk_rows(origin=LATER)])
    headroom = headroom_table()
    assert telling_forecast(rows.lazy(), ["arizona"], headroom.lazy()).origin_utc == ORIGIN
    is_early = (pl.col("origin_utc") == ORIGIN) & (pl.col("region") == "ireland") & (pl.col("lead_h") == 1)
    gap = headroom.with_columns(limit=pl.when(is_early).then(pl.lit("unknown")).otherwise("limit"))
    assert telling_forecast(rows.lazy(), ["arizona"], gap.lazy()).origin_utc == LATER


def test_the_most_telling_forecast_is_of_a_preferred_hour_if_its_band_reaches_the_limit():
    rows = pl.concat([risk_rows(forecast=[39.5] * 24), risk_rows(forecast=[38.5] * 24, origin=LATER)]).lazy()
    assert telling_forecast(rows, ["arizona"]).origin_utc == ORIGIN
    assert telling_forecast(rows, ["arizona"], preferred=[LATER]).origin_utc == LATER
    calm = pl.concat([risk_rows(forecast=[39.5] * 24), risk_rows(forecast=[10.0] * 24, origin=LATER)]).lazy()
    assert telling_forecast(calm, ["arizona"], preferred=[LATER]).origin_utc == ORIGIN
