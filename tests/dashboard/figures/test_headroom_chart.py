import dataclasses

import pytest
from support.curves import REGIONS, curve
from support.sites import fleet_of, region

from fleet.dashboard.figures import headroom_figure
from fleet.physics.limits import LIMITS, limit_named

FLEET = fleet_of(*[region(name) for name in REGIONS])


def figure(*regions):
    return headroom_figure(curve(), FLEET, regions or REGIONS)


def traces(drawn, kind, name):
    return [trace for trace in drawn.data if trace.type == kind and trace.name.startswith(name)]


def test_bars_have_the_colour_of_the_binding_limit():
    drawn = figure()
    (it,), (cooling,) = traces(drawn, "bar", "Installed IT power"), traces(drawn, "bar", "Cooling capacity")
    assert list(it.y) == [4.0, 4.0, 3.5]
    assert it.marker.color == limit_named("it").colour
    assert list(cooling.y) == [5.0]
    assert cooling.marker.color == limit_named("cooling").colour


def test_every_limit_has_its_own_colour_and_pattern():
    assert len({limit.colour for limit in LIMITS}) == len(LIMITS)
    assert len({limit.hatch for limit in LIMITS}) == len(LIMITS)


def test_a_start_without_headroom_is_a_square_in_the_colour_of_its_limit():
    (outdoor,) = traces(figure(), "scatter", "Outdoor throttle")
    assert (list(outdoor.y), outdoor.marker.symbol) == ([0.0], "square")
    assert outdoor.marker.color == limit_named("outdoor").colour
    assert "bound 35.2 °C, limit 34.0 °C, weather level 0.50, load level 1.50" in outdoor.hovertext[0]
    (unknown,) = traces(figure(), "scatter", "No bound can be given")
    assert "level" not in unknown.hovertext[0]


def test_reserved_power_is_below_zero_and_headroom_at_the_forecast_is_a_line():
    drawn = figure()
    (reserved,) = traces(drawn, "bar", "Reserved by earlier approvals")
    assert list(reserved.y) == [-2.0, -2.0]
    # The last value is repeated, so that the step of the last start is an hour long too.
    lines = traces(drawn, "scatter", "Headroom at the forecast")
    assert [list(line.y) for line in lines] == [[5.0] * 4, [6.0, 3.0, 2.0, 2.0]]


def test_each_region_has_a_panel_and_each_name_is_once_in_the_legend():
    drawn = figure()
    titles = [title.text for title in drawn.layout.annotations]
    assert titles[0] == "<b>Alpha</b>: least 3.5 MW at 03:00 UTC, 03:00 solar time (installed IT power), most 4.0 MW"
    assert titles[1] == "<b>Beta</b>: least 0.0 MW at 02:00 UTC, 02:00 solar time (outdoor throttle), most 5.0 MW"
    in_legend = [trace.name for trace in drawn.data if trace.showlegend]
    assert len(in_legend) == len(set(in_legend))
    assert set(in_legend) == {trace.name for trace in drawn.data}


def test_the_title_has_confidence_and_duration_and_the_subtitle_explains_the_colours():
    layout = figure().layout
    assert layout.title.text == "Headroom of 1 h windows, 95 % sure"
    assert "Colour: the binding limit" in layout.title.subtitle.text


@pytest.mark.parametrize("region", REGIONS)
def test_one_region_has_one_panel(region):
    assert len(figure(region).layout.annotations) == 1


def test_the_title_omits_a_confidence_that_the_hour_does_not_hold():
    unknown = dataclasses.replace(curve(), confidence=float("nan"))
    assert headroom_figure(unknown, FLEET, REGIONS).layout.title.text == f"Headroom of {unknown.duration_h} h windows"
    assert "% sure" in figure().layout.title.text
