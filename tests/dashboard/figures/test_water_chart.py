from datetime import date

import polars as pl
import pytest
from support.frames import footprint_table

from fleet.dashboard import theme
from fleet.dashboard.data import hours_of_day
from fleet.dashboard.figures import LocalHours, scatter_figure
from fleet.domain.local_clock import local_clocks
from fleet.fleets import load_fleet

FLEET = load_fleet()
HOURS = hours_of_day(footprint_table().lazy(), "priced", date(2025, 7, 1))


@pytest.fixture(scope="module")
def figure():
    return scatter_figure(HOURS, FLEET, title="A day")


def test_there_are_24_frames_and_each_holds_every_region(figure):
    assert [frame.name for frame in figure.frames] == [f"{hour:02d}:00" for hour in range(24)]
    for frame in figure.frames:
        assert [dot.name for dot in frame.data[:3]] == ["Arizona", "Ireland", "Wyoming"]


def test_a_region_without_water_stays_in_every_frame(figure):
    assert [frame.data[1].y[0] for frame in figure.frames] == [0.0] * 24


def test_each_frame_has_the_dots_of_its_hour(figure):
    # The table's carbon rises by 1 g an hour; midnight of the first whole day is its hour 12.
    assert [frame.data[0].x[0] for frame in figure.frames] == [500.0 + 12 + hour for hour in range(24)]


def test_frames_move_the_dots_and_leave_the_paths(figure):
    # Three paths stay; three dots and three trails move.
    assert all(list(frame.traces) == [3, 4, 5, 6, 7, 8] for frame in figure.frames)


def test_each_dot_has_a_trail_of_the_last_four_hours(figure):
    assert [len(figure.frames[hour].data[3].x) for hour in (0, 2, 4, 23)] == [1, 3, 5, 5]
    assert list(figure.frames[4].data[3].x) == [512.0, 513.0, 514.0, 515.0, 516.0]


def test_wind_and_sun_stand_below_with_the_hour_of_the_frame():
    times = HOURS["time_utc"].unique().sort()
    power = pl.DataFrame({"time_utc": times, "wind": [0.5] * 24, "sun": [0.0] * 24})
    local = LocalHours(label="Arizona", clock=local_clocks(FLEET)["arizona"], wind_and_sun=power)
    figure = scatter_figure(HOURS, FLEET, title="A day", local=local)
    assert {"Wind, share of the day's highest", "Sun, share of the day's highest"} <= {
        each.name for each in figure.data
    }
    assert [frame.data[-1].x[0] for frame in figure.frames] == times.to_list()
    assert figure.layout.sliders[0].steps[0].label == "00:00 (17:00)"
    assert "(America/Phoenix, MST)" in figure.layout.sliders[0].currentvalue.prefix
    # The chart, the slider and the chart of wind and sun stand below each other.
    assert figure.layout.yaxis.domain[0] > figure.layout.sliders[0].y > figure.layout.yaxis2.domain[1]


def test_axes_are_fixed_and_hold_every_dot(figure):
    for axis, column in ((figure.layout.xaxis, "carbon_g_per_kwh"), (figure.layout.yaxis, "water_l")):
        assert axis.autorange is False
        assert axis.range[0] < HOURS[column].min() <= HOURS[column].max() < axis.range[1]
    assert all(frame.layout.xaxis.range is None for frame in figure.frames)


def test_colours_belong_to_regions(figure):
    colours = [theme.region_colours(FLEET)[region] for region in FLEET.region_ids]
    assert len(set(colours)) == 3
    for frame in figure.frames:
        assert [dot.marker.color for dot in frame.data[:3]] == colours


def test_an_unknown_hour_keeps_the_region_without_a_dot():
    unknown = (pl.col("region") == "wyoming") & (pl.col("time_utc").dt.hour() == 3)
    with_gap = HOURS.with_columns(pl.when(~unknown).then(pl.col("water_l")).alias("water_l"))
    frame = scatter_figure(with_gap, FLEET, title="A day").frames[3]
    assert frame.data[2].name == "Wyoming"
    assert frame.data[2].y[0] is None
