"""Observations against outlooks, and outlooks against observations."""

from dataclasses import replace

import numpy as np
import pytest
from support.builders import CORRUPTIONS, corrupted, seasonal, telemetry_of
from support.outlooks import EVERY_H, outlooks_of

from fleet.domain.outlooks import Outlooks
from fleet.domain.telemetry import Telemetry
from fleet.quality.gate import hold
from fleet.quality.ruling import Ruling

COLUMN = "temperature_c"
HOURS = 120 * 24
FROM = 100 * 24 + 10
LENGTH = 36


@pytest.fixture(scope="module")
def weather() -> np.ndarray:
    return seasonal(HOURS, seed=4, noise=0.4)


@pytest.fixture(scope="module")
def telemetry(weather) -> Telemetry:
    return telemetry_of(weather, column=COLUMN)


@pytest.fixture(scope="module")
def outlooks(weather, telemetry) -> Outlooks:
    return outlooks_of(weather, telemetry.time_utc, column=COLUMN)


def lowered(telemetry: Telemetry, by: float) -> Telemetry:
    values = telemetry.values[COLUMN].copy()
    values[0, FROM : FROM + LENGTH] -= by
    return replace(telemetry, values={COLUMN: values})


def with_issues(outlooks: Outlooks, first: int, count: int, lie) -> Outlooks:
    values = outlooks.values[COLUMN].copy()
    values[0, first : first + count] = lie(values[0, first : first + count])
    return replace(outlooks, values={COLUMN: values})


def test_healthy_observations_and_outlooks_pass(telemetry, outlooks):
    checked = hold(telemetry, outlooks=outlooks)
    assert checked.held == checked.held_outlooks == ()
    assert checked.outlooks is not None
    assert np.array_equal(checked.outlooks.values[COLUMN], outlooks.values[COLUMN])


def test_a_thermometer_that_no_step_betrays_is_held_by_the_outlook(telemetry, outlooks):
    # 7 K are less than the steps that the series makes within a few hours.
    low = lowered(telemetry, 7.0)
    assert not hold(low).held
    checked = hold(low, outlooks=outlooks)
    hours = np.flatnonzero(checked.rule[COLUMN][0] >= 0)
    assert {stretch.rule for stretch in checked.held} == {"against_outlook"}
    assert hours.min() == FROM
    assert hours.max() < FROM + LENGTH
    assert len(hours) > 0.9 * LENGTH
    assert checked.held_outlooks == ()


@pytest.mark.parametrize("lie", [lambda v: v - 20, lambda v: 1.8 * v + 32, lambda v: np.full_like(v, -999.0)])
def test_outlooks_that_lie_are_held_and_the_observations_are_believed(telemetry, outlooks, lie):
    first, count = FROM // EVERY_H, 6
    checked = hold(telemetry, outlooks=with_issues(outlooks, first, count, lie))
    assert not checked.held
    held = (checked.outlook_rule[COLUMN][0] >= 0).any(axis=1)
    assert held[first : first + count].all()
    assert held.sum() == count
    assert checked.held_outlooks[0].table == "outlooks"
    assert checked.held_outlooks[0].first_utc == outlooks.issued_utc[first]


def test_one_filler_in_an_issue_is_held_alone(telemetry, outlooks):
    issue = FROM // EVERY_H

    def one(values):
        values = values.copy()
        values[0, 30] = -999.0
        return values

    checked = hold(telemetry, outlooks=with_issues(outlooks, issue, 1, one))
    assert np.argwhere(checked.outlook_rule[COLUMN] >= 0).tolist() == [[0, issue, 30]]


@pytest.mark.slow
@pytest.mark.parametrize("how", CORRUPTIONS)
def test_a_wrong_future_changes_no_verdict_of_the_past(telemetry, outlooks, how):
    low = lowered(telemetry, 7.0)
    lying = with_issues(outlooks, FROM // EVERY_H - 20, 3, lambda v: v + 15)
    end = FROM + 20
    later_issue = int(np.searchsorted(lying.issued_utc, low.time_utc[end] + 1, side="right")) - 1
    future = replace(low, values={COLUMN: corrupted(low.values[COLUMN], end, how)})
    values = lying.values[COLUMN].copy()
    values[:, later_issue + 1 :] = np.nan if how == "missing" else 1e6
    before = hold(low, outlooks=lying)
    after = hold(future, outlooks=replace(lying, values={COLUMN: values}))
    assert (before.rule[COLUMN][0, : end + 1] >= 0).any()
    assert np.array_equal(before.rule[COLUMN][:, : end + 1], after.rule[COLUMN][:, : end + 1])
    assert (before.outlook_rule[COLUMN][:, : later_issue + 1] >= 0).any()
    assert np.array_equal(
        before.outlook_rule[COLUMN][:, : later_issue + 1], after.outlook_rule[COLUMN][:, : later_issue + 1]
    )
    live = hold(
        low.hours(0, end + 1),
        outlooks=Outlooks(
            regions=lying.regions,
            issued_utc=lying.issued_utc[: later_issue + 1],
            values={COLUMN: lying.values[COLUMN][:, : later_issue + 1]},
        ),
    )
    assert np.array_equal(live.rule[COLUMN], before.rule[COLUMN][:, : end + 1])
    assert np.array_equal(live.outlook_rule[COLUMN], before.outlook_rule[COLUMN][:, : later_issue + 1])


def test_a_person_releases_and_withdraws_issues(telemetry, outlooks):
    first = FROM // EVERY_H
    lying = with_issues(outlooks, first, 2, lambda v: v - 20)
    ruling = Ruling(
        kind="release",
        table="outlooks",
        region="r0",
        column=COLUMN,
        first_utc=outlooks.issued_utc[first],
        last_utc=outlooks.issued_utc[first + 1],
    )
    assert hold(telemetry, outlooks=lying, rulings=[ruling]).held_outlooks == ()
    (stretch,) = hold(telemetry, outlooks=outlooks, rulings=[replace(ruling, kind="withdraw")]).held_outlooks
    assert (stretch.rule, stretch.first_utc) == ("withdrawn", outlooks.issued_utc[first])


def test_outlooks_of_another_region_or_column_change_nothing(telemetry, outlooks):
    other_region = replace(outlooks, regions=("elsewhere",))
    other_column = replace(outlooks, values={"cloud_cover": outlooks.values[COLUMN]})
    for strange in (other_region, other_column):
        checked = hold(lowered(telemetry, 7.0), outlooks=strange)
        assert checked.held == checked.held_outlooks == ()
