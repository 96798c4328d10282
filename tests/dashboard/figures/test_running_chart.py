import dataclasses

from support.frames import evidence

from fleet.dashboard.figures import breaches_figure, running_figure

RUNNING = evidence().breaches


def lines(figure):
    return {trace.name: trace for trace in figure.data}


def test_rates_run_beside_the_aim_and_the_bound():
    found = lines(running_figure(RUNNING, aim=0.05, title="t"))
    # 2 of 200, and 2 of the 100 contested ones; before any there is no rate, and no bound that is finite.
    assert list(found["All approved jobs"].y) == [None, 1.0]
    assert list(found["Contested jobs"].y) == [None, 2.0]
    assert list(found["Published bound of all approved"].y) == [None, 12.0]
    assert list(found["Allowed: 5 %"].y) == [5, 5]


def test_a_bound_far_above_the_picture_is_not_drawn():
    high = dataclasses.replace(RUNNING, bound=[3.0, 0.12])
    assert list(lines(running_figure(high, aim=0.05, title="t"))["Published bound of all approved"].y) == [None, 12.0]


def test_a_policy_without_a_controller_has_no_bound():
    free = dataclasses.replace(RUNNING, bound=None)
    assert "Published bound of all approved" not in lines(running_figure(free, aim=0.05, title="t"))


def test_the_aim_is_what_confidence_leaves():
    assert "Allowed: 5 %" in lines(breaches_figure(evidence()))
