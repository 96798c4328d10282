"""A region whose history is too short for a bound is told so, with column and days, and not as a feed to restore."""

from functools import cache

import numpy as np
from support.sites import DAY, NAIVE, calm, changed, decided, fleet_of, hour, job, region

from fleet.decisions.build_curve import curve_of, hours_needed
from fleet.domain.limit import UNKNOWN
from fleet.domain.remedy import Change
from fleet.preparation.prepare import prepare

FLEET = fleet_of(region("alpha"), region("beta"))
AT = hour("2024-05-20T00")
ORIGIN = int((AT - hour("2024-01-01T00")) / np.timedelta64(1, "h"))
# Alpha's load has been reported for 71 days, the first of which fills each hour of day; and the weather since January.
YOUNG = changed(calm(FLEET), "it_load_mw", (0, slice(0, ORIGIN + 1 - 71 * DAY)), np.nan)
WHY = "it_load_mw has 70 days of history, and a bound needs about 120"


@cache
def prepared(late_h: int = 0):
    telemetry = changed(YOUNG, "temperature_c", (0, slice(ORIGIN + 1 - late_h, ORIGIN + 1)), np.nan)
    return prepare(telemetry.hours(0, ORIGIN + 1), FLEET, np.array([ORIGIN]), NAIVE)


def decision_of(late_h: int = 0, **asked):
    ((decision,), _) = decided(prepared(late_h), [job("j", power_mw=1.0, duration_h=2, home_region="alpha", **asked)])
    return decision


def test_a_job_without_a_place_is_told_the_days():
    decision = decision_of(regions=("alpha",), deadline_utc=AT + 3)
    assert decision.binding.limit == UNKNOWN
    assert f"no bound can be given in alpha, because {WHY}" in decision.reason


def test_a_feed_that_is_an_hour_late_is_not_the_reason():
    decision = decision_of(late_h=1, regions=("alpha",), deadline_utc=AT + 3)
    assert "because it_load_mw has 69 days of history" in decision.reason
    assert "no newer value" not in decision.reason
    assert not [remedy for remedy in decision.remedies if remedy.change is Change.RESTORE_FEED]


def test_a_job_that_runs_elsewhere_is_told_why_it_does_not_run_at_home():
    fills_beta = job("first", power_mw=4.0, duration_h=3, regions=("beta",), home_region="beta", deadline_utc=AT + 4)
    (_, decision), _ = decided(prepared(), [fills_beta, job("later", deadline_utc=AT + 12)])
    assert (decision.region, decision.start_utc) == ("beta", AT + 4)
    assert f"now at home has no bound, because {WHY}" in decision.reason


def test_the_curve_of_headroom_says_why_a_region_has_none():
    reserved_mw = np.zeros((2, hours_needed(NAIVE.horizon, duration_h=1)))
    assert curve_of(prepared(), 0, reserved_mw, None, 1).why_unbounded == {"alpha": WHY}


def test_hours_beyond_the_next_day_need_a_longer_history():
    silence = prepared().silence
    assert silence.why_unbounded(0, 0, is_beyond=True) == (
        "it_load_mw has 70 days of history, and a bound of hours beyond the next day needs about 180"
    )
    # Beta has reported all of its columns since January.
    assert silence.why_unbounded(0, 1, is_beyond=False) is None
    assert "139 days" in silence.why_unbounded(0, 1, is_beyond=True)
