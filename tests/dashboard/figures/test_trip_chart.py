import numpy as np
import pytest
from support.sites import region

from fleet.dashboard import theme
from fleet.dashboard.figures import trip_figure
from fleet.domain.white_space import WhiteSpace
from fleet.physics.trip.cooling_loss import lose_cooling
from fleet.physics.trip.episode import CoolingLoss, Episode
from fleet.physics.trip.room import plant_in

ALL = CoolingLoss(lost_share=1.0, outage_s=180)


def episode_of(site, load_mw, event=ALL):
    plant = plant_in(site, np.array([20.0]), np.array([10.0]))
    return lose_cooling(site, plant, np.array([load_mw]), event, duration_s=600, queue_mw_per_min=0.1)


def trace(figure, name):
    return next(trace for trace in figure.data if trace.name.startswith(name))


def names(figure):
    return [trace.name for trace in figure.data]


@pytest.fixture(scope="module")
def tripped() -> Episode:
    return episode_of(region(), 10.0)


@pytest.fixture(scope="module")
def figure(tripped):
    return trip_figure(tripped, region())


def test_the_inlet_line_is_the_inlet_temperature_of_the_episode(figure, tripped):
    inlet = trace(figure, "Inlet")
    np.testing.assert_allclose(inlet.x[1:], tripped.time_s / 60)
    np.testing.assert_allclose(inlet.y[1:], tripped.course.inlet_c[0])
    assert inlet.x[0] < 0
    assert inlet.y[0] == inlet.y[1]


def test_the_plant_removes_all_heat_before_the_loss_and_none_after_it(figure):
    heat, load = trace(figure, "Heat removed"), trace(figure, "IT power")
    assert heat.y[0] == load.y[0] == pytest.approx(10.0)
    assert heat.y[1] == 0


def test_every_layer_is_a_line_with_a_text_beside_it(figure):
    notes = {note.text.split("</b>")[0].removeprefix("<b>"): note for note in figure.layout.annotations}
    for name, temperature_c, colour in (
        ("Warn", 27.0, theme.PATH),
        ("Stop admitting", 32.0, theme.BLOCKED),
        ("Migrate", 35.0, theme.LIMIT),
        ("Trip", 40.0, theme.BREACH),
    ):
        line = trace(figure, name)
        assert list(line.y) == [temperature_c, temperature_c]
        assert line.line.color == colour
        assert f"{temperature_c:.1f} °C" in notes[name].text
        assert notes[name].y == temperature_c


def test_texts_of_close_layers_do_not_cover_each_other():
    site = region(white_space=WhiteSpace(warn_c=37, stop_c=38, migrate_c=39, trip_c=40))
    figure = trip_figure(episode_of(site, 10.0), site)
    low, high = figure.layout.yaxis.range
    heights = [note.y for note in figure.layout.annotations if note.text.startswith("<b>")]
    assert len(heights) == 4
    assert (np.diff(heights) >= 0.069 * (high - low)).all()


def test_only_events_that_happened_are_marked(figure, tripped):
    off = trace(figure, "Servers switch off")
    assert off.x[0] == pytest.approx(tripped.trip_s[0] / 60)
    assert off.y[0] >= 40
    assert f"({tripped.trip_s[0]:.0f} s)" in off.name
    assert any(name.startswith("First job denied") for name in names(figure))
    assert not any(name.startswith("Jobs admitted again") for name in names(figure))
    calm = names(trip_figure(episode_of(region(), 1.0, CoolingLoss(lost_share=0.1, outage_s=60)), region()))
    assert not any(name.startswith(("First", "Jobs", "Servers")) for name in calm)


def test_axes_have_units_and_hold_all_values(figure, tripped):
    assert figure.layout.xaxis2.title.text == "Time after the loss, min"
    assert figure.layout.yaxis.title.text == "Inlet temperature, °C"
    assert figure.layout.yaxis2.title.text == "Power, MW"
    low, high = figure.layout.yaxis.range
    assert low < tripped.course.inlet_c.min()
    assert high > max(40.0, tripped.course.inlet_c.max())
    assert figure.layout.yaxis2.range[1] > tripped.course.cooling_mw.max()


def test_the_title_names_region_load_and_loss(figure):
    assert figure.layout.title.text == "Alpha, 10 MW of IT load: 100 % of cooling lost for 3 min"


def test_the_outage_is_shaded_in_both_panels_up_to_the_end_of_the_axis(figure):
    assert [(shape.x0, shape.x1) for shape in figure.layout.shapes] == [(0, 3.0), (0, 3.0)]
    endless = trip_figure(episode_of(region(), 5.0, CoolingLoss(lost_share=0.2, outage_s=1e6)), region())
    assert {shape.x1 for shape in endless.layout.shapes} == {10.0}
