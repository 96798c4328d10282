import dataclasses

from support.frames import evidence

from fleet.dashboard.figures import breaches_figure, running_figure

RUNNING = evidence().breaches
MAXIMUM = "Guaranteed maximum, all approvals"


def traces(figure):
    return {trace.name: trace for trace in figure.data}


def test_rates_are_drawn_with_the_allowed_rate_and_the_guaranteed_maximum():
    by_name = traces(running_figure(RUNNING, allowed=0.05, title="t"))
    # 2 of 200 jobs, and 2 of 100 contested jobs. On the first day no job has ended: no rate and no finite bound.
    assert list(by_name["All approved jobs"].y) == [None, 1.0]
    assert list(by_name["Contested jobs"].y) == [None, 2.0]
    assert list(by_name[MAXIMUM].y) == [None, 12.0]
    assert list(by_name["Allowed: 5 %"].y) == [5, 5]


def test_a_maximum_above_the_axis_is_not_drawn():
    high = dataclasses.replace(RUNNING, bound=[3.0, 0.12])
    assert list(traces(running_figure(high, allowed=0.05, title="t"))[MAXIMUM].y) == [None, 12.0]


def test_a_policy_without_a_controller_has_no_guaranteed_maximum():
    free = dataclasses.replace(RUNNING, bound=None)
    assert MAXIMUM not in traces(running_figure(free, allowed=0.05, title="t"))


def test_the_allowed_rate_is_one_minus_the_confidence():
    assert "Allowed: 5 %" in traces(breaches_figure(evidence()))
