import pytest
from support.frames import footprint_table

from fleet.dashboard.data import daily_or_weekly, periods_of
from fleet.dashboard.figures import load_figure, water_figure
from fleet.fleets import load_fleet

FRAME = footprint_table().lazy()
TABLE, STEP = daily_or_weekly(FRAME, ("home_region", "priced"), periods_of(FRAME)[0])
COMMON = {"original": "home_region", "step": STEP, "title": "T"}


def by_name(figure):
    return {trace.name: list(trace.y) for trace in figure.data}


def test_load_is_stacked_by_region_and_differs_by_policy():
    before = load_figure(TABLE, load_fleet(), "home_region", **COMMON)
    after = load_figure(TABLE, load_fleet(), "priced", **COMMON)
    assert before.layout.barmode == "stack"
    assert by_name(before) == {"Arizona": [10.0] * 2, "Ireland": [5.0] * 2, "Wyoming": [5.0] * 2}
    assert by_name(after) == {
        "Arizona": [0.0] * 2,
        "Ireland": [6.0] * 2,
        "Wyoming": [12.0] * 2,
        "Original, all regions": [20.0] * 2,
    }


def test_the_axes_are_the_same_for_both_policies():
    for figure_of in (lambda policy: load_figure(TABLE, load_fleet(), policy, **COMMON), _water):
        assert figure_of("home_region").layout.yaxis.range == figure_of("priced").layout.yaxis.range


def _water(policy):
    return water_figure(TABLE, policy, **COMMON)


def test_the_water_of_the_fleet_falls():
    # Base: 50 MW x 3.2 m3 per MWh x 24 h = 3840 m3. Jobs: 31 m3 an hour before, 12 MW x 0.2 = 2.4 m3 after.
    assert by_name(_water("home_region")) == {
        "Base load alone": pytest.approx([3840.0] * 2),
        "Original": pytest.approx([3840.0 + 744] * 2),
    }
    assert by_name(_water("priced"))["Optimised"] == pytest.approx([3840 + 57.6] * 2)
