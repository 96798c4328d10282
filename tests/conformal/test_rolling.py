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


def test_a_day_uses_the_last_thirty_days_that_were_known_when_it_began():
    score, delay = independent(24 * 70, 2, 3), np.array([1, 5, 48])
    margin = Rolling().margin(score, hours_from("2024-01-01", len(score)), delay, TENTH)
    for midnight in (24 * 20, 24 * 30, 24 * 31, 24 * 60):
        for lead, late in enumerate(delay):
            # Known at midnight: origins up to midnight - delay; of the last 720 ticks, those from midnight - 719 on.
            known = score[max(midnight - WINDOW_H + 1 - late, 0) : midnight - late + 1, :, lead]
            expected = conformal_quantile(known, TENTH)
            for origin in (midnight, midnight + 1, midnight + 23):
                np.testing.assert_array_equal(margin[origin, :, lead], expected)


def test_a_day_is_one_of_utc_wherever_the_history_begins():
    score = independent(24 * 40, 1, 1)
    origin_utc = hours_from("2024-01-01T07", len(score))
    margin = Rolling().margin(score, origin_utc, np.array([1]), TENTH)[:, 0, 0]
    changes = np.flatnonzero(margin[1:] != margin[:-1]) + 1
    assert (origin_utc[changes].astype(np.int64) % 24 == 0).all()
    assert len(changes) > 30


@pytest.mark.parametrize("step", [1, 6, 24])
def test_the_window_is_thirty_days_whatever_the_clock(step):
    # Scores are the day of their origin: of 30 days the bound at 50 % lies 15 days back.
    origin_utc = hours_from("2024-01-01", 24 * 60)[::step]
    score = (np.arange(len(origin_utc)) * step / 24)[:, None, None]
    margin = Rolling().margin(score, origin_utc, np.array([1]), Fraction(1, 2))[:, 0, 0]
    last = 24 // step * 59
    assert margin[last] == pytest.approx(59 - 15, abs=1)


def test_scores_that_are_forgotten_change_nothing():
    score = independent(24 * 80, 1, 1)
    spoilt = score.copy()
    spoilt[: 24 * 40] = 1e9
    margins = [
        Rolling().margin(each, hours_from("2024-01-01", len(score)), np.array([1]), TENTH) for each in (score, spoilt)
    ]
    np.testing.assert_array_equal(margins[1][24 * 71 :], margins[0][24 * 71 :])
    assert (margins[1][24 * 41 : 24 * 60] == 1e9).all()


def test_it_follows_a_season_that_split_does_not():
    # The spread swings between 0.4 and 1.6 within a year; of 20 series, a quarter of the second one holds 43,000 hours.
    year = 24 * 364
    score = (independent(2 * year, 20, seed=1) * season(2 * year, year, swing=0.6))[:, :, None]
    furthest = {}
    for method in (Rolling(), Split()):
        margin = method.margin(score, hours_from("2023-01-01", len(score)), np.array([1]), TENTH)
        by_quarter = (score > margin)[year:].reshape(4, -1).mean(axis=1)
        furthest[type(method)] = np.abs(by_quarter - 0.1).max()
    # The window is half a month behind; all that was ever known is right on average over the year alone.
    assert furthest[Split] > 0.08
    assert furthest[Rolling] < furthest[Split] / 2
