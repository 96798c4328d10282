"""The strip of the next 24 hours, the map and the flows."""

import numpy as np
import pytest
from support.frames import write_workspace

from fleet.dashboard import theme
from fleet.dashboard.figures import flow_figure, strip_figure, world_figure
from fleet.fleets import load_fleet
from fleet.workflows.hour_facts import replayed_hour_facts
from fleet.workflows.job_flows import JobFlow
from fleet.workflows.region_status import region_statuses

FLEET = load_fleet()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    workspace = write_workspace(tmp_path_factory.mktemp("home"))
    return workspace, replayed_hour_facts(workspace, FLEET, None, np.datetime64("2025-07-01T01", "h"))


def test_a_cell_shows_its_headroom_or_the_sign_of_its_state(home):
    heat = strip_figure(home[1].ahead, FLEET).data[0]
    assert list(heat.y) == ["Wyoming", "Ireland", "Arizona"]
    assert list(heat.text[2]) == ["12"] * 9 + ["◆"] * 4 + ["✕"] + ["12"] * 10


def test_the_map_names_each_region_with_its_lowest_headroom_and_marks_closed_ones(home):
    workspace, facts = home
    land, *regions = world_figure(FLEET, region_statuses(facts, workspace, FLEET, None)).data
    assert len(land.x) > 1_000
    assert regions[0].text[0] == "<b>Arizona</b><br>lowest 0.0 MW"
    assert [trace.marker.line.color == theme.LIMIT for trace in regions] == [True, False, False]


def test_flows_end_in_regions_or_are_not_served():
    flows = [
        JobFlow(home_region="arizona", region="wyoming", energy_mwh=20.0, jobs=4, limits={}),
        JobFlow(home_region="arizona", region=None, energy_mwh=5.0, jobs=1, limits={"grid": 1}),
    ]
    [sankey] = flow_figure(flows, FLEET, title="t").data
    assert list(sankey.node.label) == ["Arizona: 25 MWh submitted", "Wyoming: 20 MWh", "Not served: 5 MWh"]
    assert (list(sankey.link.source), list(sankey.link.target), list(sankey.link.value)) == ([0, 0], [1, 2], [20, 5])


def test_a_dark_figure_has_the_dark_counterpart_of_each_colour(home):
    light = strip_figure(home[1].ahead, FLEET)
    dark = theme.in_dark(light)
    assert (light.layout.paper_bgcolor, dark.layout.paper_bgcolor) == ("white", theme.DARK_PAGE)
    assert dark.data[0].colorscale[0][1] != light.data[0].colorscale[0][1]
    assert list(dark.data[0].text[2]) == list(light.data[0].text[2])
