from datetime import timedelta

import polars as pl
from support.frames import ORIGIN, hot_afternoon, risk_rows, risk_table

from fleet.dashboard.data import offered_origins, origins, window


def test_risk_blocked_hours_are_exactly_those_with_the_limit_between_forecast_and_upper():
    # Margin 2 on a limit of 40: 38 reaches it (40 <= 40), 37.9 does not, 40 is a breach, 39.9 is blocked.
    rows = risk_rows(forecast=[38.0, 37.9, 40.0, 39.9] + [30.0] * 20)
    hours = window(rows.lazy(), "outdoor", "arizona", ORIGIN)
    assert hours["blocked"].to_list()[:5] == [True, False, False, True, False]
    assert hours["breach"].to_list()[:5] == [False, False, True, False, False]


def test_a_window_has_its_hours_in_order_after_the_origin():
    hours = window(risk_table().sample(fraction=1, shuffle=True, seed=1).lazy(), "inlet", "wyoming", ORIGIN)
    assert hours["time_utc"].to_list() == [ORIGIN + timedelta(hours=lead) for lead in range(1, 25)]


def test_a_window_of_an_unknown_origin_is_empty():
    assert window(risk_table().lazy(), "outdoor", "arizona", ORIGIN - timedelta(days=1)).is_empty()


def test_origins_count_blocked_and_breached_hours():
    listed = origins(risk_table().lazy(), "outdoor", "arizona")
    assert listed["blocked_hours"].to_list() == [0, 4]
    assert listed["breach_hours"].to_list() == [0, 1]
    # The warmest upper bounds: 30 + 2 and 41 + 2, against 40.
    assert listed["margin"].to_list() == [8.0, -3.0]


def test_without_a_limit_nothing_is_blocked_and_there_is_no_margin():
    listed = origins(risk_table().lazy(), "outdoor", "ireland")
    assert listed["blocked_hours"].sum() == listed["breach_hours"].sum() == 0
    assert listed["margin"].null_count() == len(listed) == 2


def test_origins_that_the_forecast_alone_would_let_pass_are_offered_first():
    hours = [timedelta(hours=hour) for hour in range(3)]
    table = pl.concat(
        [
            risk_rows(origin=ORIGIN + hours[0], forecast=hot_afternoon()),
            risk_rows(origin=ORIGIN + hours[1]),
            risk_rows(origin=ORIGIN + hours[2], forecast=[39.0] + [30.0] * 23),
        ]
    )
    offered = offered_origins(origins(table.lazy(), "outdoor", "arizona"), 1)
    assert offered["origin_utc"].to_list() == [ORIGIN + hours[2], ORIGIN + hours[0]]


def test_without_blocked_hours_the_least_margin_is_offered():
    table = pl.concat([risk_rows(), risk_rows(origin=ORIGIN + timedelta(hours=1), forecast=[35.0] * 24)])
    offered = offered_origins(origins(table.lazy(), "outdoor", "arizona"), 1)
    assert offered["margin"].to_list() == [3.0]


def test_an_infinite_bound_counts_as_reaching_the_limit_and_as_unbounded():
    listed = origins(risk_rows(margin=[float("inf")] * 3 + [2.0] * 21).lazy(), "outdoor", "arizona")
    assert listed["unbounded_hours"].item() == listed["blocked_hours"].item() == 3
