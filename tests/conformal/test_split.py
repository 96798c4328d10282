from fractions import Fraction

import numpy as np
import pytest
from builders import hours_from

from fleet.conformal.base import conformal_quantile
from fleet.conformal.split import Split

TENTH = Fraction(1, 10)


def scores(origins: int, leads: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(origins, 2, leads))


def test_a_month_uses_what_was_known_when_it_began():
    origin_utc = hours_from("2024-01-01", 24 * 70)
    score = scores(len(origin_utc))
    delay = np.array([1, 5, 48])
    margin = Split().margin(score, origin_utc, delay, TENTH)
    february = 24 * 31
    for lead, late in enumerate(delay):
        # Known at the first origin of February: origins up to 744 - delay, that is 745 - delay of them.
        known = score[: february - late + 1, :, lead]
        expected = conformal_quantile(known, TENTH)
        for origin in (february, february + 100, february + 24 * 29 - 1):
            np.testing.assert_array_equal(margin[origin, :, lead], expected)
    assert np.isinf(margin[:february]).all()


def test_the_month_before_1970_is_a_month_too():
    origin_utc = hours_from("1969-11-01", 24 * 61)
    margin = Split().margin(scores(len(origin_utc)), origin_utc, np.array([1, 2, 3]), TENTH)
    assert np.isfinite(margin[24 * 30 :]).all()


def test_origins_before_since_only_calibrate():
    origin_utc = hours_from("2024-01-01", 24 * 100)
    score, delay = scores(len(origin_utc)), np.array([1, 2, 3])
    whole = Split().margin(score, origin_utc, delay, TENTH)
    for since in (0, 1, 24 * 31, 24 * 80 + 7):
        np.testing.assert_array_equal(Split().margin(score, origin_utc, delay, TENTH, since=since), whole[since:])


@pytest.mark.parametrize("origin", [24 * 31 - 1, 24 * 31, 24 * 45, 24 * 60])
def test_a_score_unknown_at_the_start_of_the_month_changes_nothing(origin):
    origin_utc = hours_from("2024-01-01", 24 * 100)
    score, delay = scores(len(origin_utc)), np.array([1, 24, 48])
    start = int(np.flatnonzero(origin_utc.astype("datetime64[M]") == origin_utc[origin].astype("datetime64[M]"))[0])
    wrong = score.copy()
    for lead, late in enumerate(delay):
        wrong[start - late + 1 :, :, lead] = 1e9
    margins = [Split().margin(each, origin_utc, delay, TENTH)[origin] for each in (score, wrong)]
    np.testing.assert_array_equal(*margins)
