from fractions import Fraction

import numpy as np
import pytest
from support.builders import hours_from
from support.scores import independent, season

from fleet.conformal.base import conformal_quantile
from fleet.conformal.rolling import Rolling
from fleet.conformal.split import Split

TENTH = Fraction(1, 10)
WINDOW_H = 30 * 24


def test_a_day_uses_the_scores_of_thirty_days_known_when_the_day_began():
    score, delay = independent(24 * 70, 2, 3), np.array([1, 5, 48])
    margin = Rolling().margin(score, hours_from("2024-01-01", len(score)), delay, TENTH)
    for midnight in (24 * 20, 24 * 30, 24 * 31, 24 * 60):
        for lead, ticks in enumerate(delay):
            # At midnight, scores up to origin midnight - delay are known. The window holds the last 720 ticks.
            known = score[max(midnight - WINDOW_H + 1 - ticks, 0) : midnight - ticks + 1, :, lead]
            expected = conformal_quantile(known, TENTH)
            for origin in (midnight, midnight + 1, midnight + 23):
                np.testing.assert_array_equal(margin[origin, :, lead], expected)


def test_margins_change_at_midnight_utc_whenever_the_history_begins():
    score = independent(24 * 40, 1, 1)
    origin_utc = hours_from("2024-01-01T07", len(score))
    margin = Rolling().margin(score, origin_utc, np.array([1]), TENTH)[:, 0, 0]
    changes = np.flatnonzero(margin[1:] != margin[:-1]) + 1
    assert (origin_utc[changes].astype(np.int64) % 24 == 0).all()
    assert len(changes) > 30


@pytest.mark.parametrize("step", [1, 6, 24])
def test_the_window_is_thirty_days_for_every_step(step):
    # Each score is the day of its origin. Of 30 days, the bound at 50 % is the day 15 days before.
    origin_utc = hours_from("2024-01-01", 24 * 60)[::step]
    score = (np.arange(len(origin_utc)) * step / 24)[:, None, None]
    margin = Rolling().margin(score, origin_utc, np.array([1]), Fraction(1, 2))[:, 0, 0]
    last = 24 // step * 59
    assert margin[last] == pytest.approx(59 - 15, abs=1)


def test_scores_before_the_window_change_nothing():
    score = independent(24 * 80, 1, 1)
    changed_score = score.copy()
    changed_score[: 24 * 40] = 1e9
    origin_utc, delay = hours_from("2024-01-01", len(score)), np.array([1])
    margin = Rolling().margin(score, origin_utc, delay, TENTH)
    changed_margin = Rolling().margin(changed_score, origin_utc, delay, TENTH)
    np.testing.assert_array_equal(changed_margin[24 * 71 :], margin[24 * 71 :])
    assert (changed_margin[24 * 41 : 24 * 60] == 1e9).all()


def test_rolling_follows_a_season_and_split_does_not():
    # The spread moves between 0.4 and 1.6 within a year. A quarter of the second year of 20 series has 43,000 hours.
    year = 24 * 364
    score = (independent(2 * year, 20, seed=1) * season(2 * year, year, swing=0.6))[:, :, None]
    largest_deviation = {}
    for method in (Rolling(), Split()):
        margin = method.margin(score, hours_from("2023-01-01", len(score)), np.array([1]), TENTH)
        by_quarter = (score > margin)[year:].reshape(4, -1).mean(axis=1)
        largest_deviation[type(method)] = np.abs(by_quarter - 0.1).max()
    # The window lags half a month behind the season. All scores together are right only on average over the year.
    assert largest_deviation[Split] > 0.08
    assert largest_deviation[Rolling] < largest_deviation[Split] / 2
