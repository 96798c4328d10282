from support.frames import evidence

from fleet.dashboard import theme
from fleet.dashboard.figures import bounds_figure
from fleet.fleets import load_fleet


def test_each_region_has_its_name_and_its_colour():
    fleet = load_fleet()
    in_legend = [trace for trace in bounds_figure(evidence(), fleet).data if trace.showlegend]
    assert [trace.name for trace in in_legend] == ["Arizona", "Ireland", "Wyoming"]
    assert [trace.marker.color for trace in in_legend] == list(theme.region_colours(fleet).values())
    # Ireland misses 36 of 360 origins at either lead.
    assert list(in_legend[1].y) == [90, 90]
