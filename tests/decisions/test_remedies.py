"""What would free a job that has no place."""

import numpy as np
import pytest
from support.sites import hour, job
from support.steady_hours import decision_on, steady

from fleet.decisions.remedies import remedies_of
from fleet.domain.remedy import Change

HOURS = hour("2024-05-20T01") + np.arange(6)
# Region alpha has 0.25 MW until the fourth start, then 3 MW; beta has 2 MW at once.
ROOM_MW = np.array([[0.25, 0.25, 0.25, 0.25, 3.0, 3.0], [2.0, 2.0, 2.0, 2.0, 2.0, 2.0]])


def remedies(job_, *, earliest=0, starts=2, room_mw=ROOM_MW):
    found = remedies_of(job_, room_mw, HOURS, region_ids=("alpha", "beta"), earliest=earliest, starts=starts)
    return {remedy.change: remedy for remedy in found}


def test_each_kind_of_change_is_found_once():
    found = remedies(job(power_mw=1.0, regions=("alpha",)))
    assert list(found) == [Change.LESS_POWER, Change.LATER, Change.OTHER_REGION]
    # The job must lose 0.75 MW, which is rounded up to tenths.
    less = found[Change.LESS_POWER]
    assert (less.region, less.start_utc, less.less_mw) == ("alpha", HOURS[0], pytest.approx(0.8))
    # Its latest start is the second one, and the fifth one fits: three hours later.
    later = found[Change.LATER]
    assert (later.region, later.start_utc, later.later_h) == ("alpha", HOURS[4], 3)
    assert (found[Change.OTHER_REGION].region, found[Change.OTHER_REGION].start_utc) == ("beta", HOURS[0])


def test_a_job_that_may_run_everywhere_gets_no_other_region():
    assert Change.OTHER_REGION not in remedies(job(power_mw=5.0))


def test_without_any_headroom_there_is_no_remedy():
    assert remedies(job(power_mw=1.0), room_mw=np.full((2, 6), -np.inf)) == {}


def test_after_the_latest_start_only_a_later_start_helps():
    found = remedies(job(power_mw=1.0), starts=-1)
    assert list(found) == [Change.LATER]
    # The latest start was two hours before the first hour ahead.
    assert (found[Change.LATER].region, found[Change.LATER].later_h) == ("beta", 2)


def test_a_decision_without_a_place_holds_its_remedies_and_one_with_a_place_holds_none():
    # One region with 0.75 MW for a job of 1 MW.
    [remedy] = decision_on(steady(0.75)).remedies
    assert (remedy.change, remedy.less_mw) == (Change.LESS_POWER, pytest.approx(0.3))
    assert decision_on(steady(4.0)).remedies == ()
    assert decision_on(steady(0.75), policy="home_region").remedies == ()
