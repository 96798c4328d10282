import pytest
from support.curves import REGIONS, curve
from support.sites import fleet_of, region

from fleet.dashboard import theme
from fleet.dashboard.figures import headroom_figure
from fleet.domain.conditions import Limit

FLEET = fleet_of(*[region(name) for name in REGIONS])


def figure(*regions):
    return headroom_figure(curve(), FLEET, regions or REGIONS)


def traces(drawn, kind, name):
    return [each for each in drawn.data if each.type == kind and each.name.startswith(name)]


def test_bars_have_the_colour_of_the_limit_that_binds():
    drawn = figure()
    (it,), (cooling,) = traces(drawn, "bar", "Installed IT power"), traces(drawn, "bar", "Cooling capacity")
    assert list(it.y) == [4.0, 4.0, 3.5]
    assert it.marker.color == theme.LIMIT_COLOURS["it"]
    assert list(cooling.y) == [5.0]
    assert cooling.marker.color == theme.LIMIT_COLOURS["cooling"]


def test_every_limit_has_a_colour_and_a_hatching_of_its_own():
    for looks in (theme.LIMIT_COLOURS, theme.LIMIT_HATCHES):
        assert set(looks) == {limit.label for limit in Limit}
        assert len(set(looks.values())) == len(Limit)


def test_an_hour_without_headroom_is_a_square_of_its_limit():
    (outdoor,) = traces(figure(), "scatter", "Outdoor throttle")
    assert (list(outdoor.y), outdoor.marker.symbol) == ([0.0], "square")
    assert outdoor.marker.color == theme.LIMIT_COLOURS["outdoor"]
    assert "bound 35.2 of 34.0 degC, at 1.50 margins" in outdoor.hovertext[0]
    (unknown,) = traces(figure(), "scatter", "No bound can be given")
    assert "margins" not in unknown.hovertext[0]


def test_what_is_reserved_hangs_below_the_line_and_the_forecast_is_a_line():
    drawn = figure()
    (reserved,) = traces(drawn, "bar", "Held by earlier approvals")
    assert list(reserved.y) == [-2.0, -2.0]
    # The last hour lasts as long as the others.
    assert [list(line.y) for line in traces(drawn, "scatter", "Believing")] == [[5.0] * 4, [6.0, 3.0, 2.0, 2.0]]


def test_there_is_one_panel_a_region_and_each_name_stands_once_in_the_legend():
    drawn = figure()
    titles = [note.text for note in drawn.layout.annotations]
    assert titles[0] == "<b>Alpha</b>: least 3.5 MW at 03:00 (installed IT power), most 4.0 MW"
    assert titles[1] == "<b>Beta</b>: least 0.0 MW at 02:00 (outdoor throttle), most 5.0 MW"
    named = [each.name for each in drawn.data if each.showlegend]
    assert len(named) == len(set(named))
    assert set(named) == {each.name for each in drawn.data}


def test_the_title_says_how_sure_and_for_how_long_and_what_colours_mean():
    layout = figure().layout
    assert layout.title.text == "Headroom of 1 h windows, 95 % sure"
    assert "Colour: the limit that leaves least" in layout.title.subtitle.text


@pytest.mark.parametrize("region", REGIONS)
def test_one_region_has_one_panel(region):
    assert len(figure(region).layout.annotations) == 1
