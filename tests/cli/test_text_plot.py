"""The curve on the terminal."""

import numpy as np
import pytest

from fleet.cli.text_plot import draw_curve

LEVELS = [("warn", 27.0), ("trip", 40.0)]


def lines_of(values, levels=LEVELS):
    return draw_curve(np.asarray(values, dtype=np.float64), levels, x_end=15, x_title="minutes").splitlines()


def row_of(lines, label):
    return next(row for row, line in enumerate(lines) if line.endswith(label))


def test_each_level_has_its_label_at_its_height():
    lines = lines_of(np.full(100, 20.0))
    # The 17 rows from 40 to 20 are 1.25 apart. So 27 is (40 - 27) / 1.25 = 10.4 rows below the top.
    assert row_of(lines, "trip 40.0") == 0
    assert row_of(lines, "warn 27.0") == 10
    assert lines[16].count("*") == 72


def test_a_linear_rise_goes_from_the_lower_left_to_the_upper_right():
    lines = lines_of(np.linspace(20, 40, 900))
    rows = [line.split("|")[1][:72] for line in lines[:17]]
    assert all("*" in row for row in rows)
    assert rows[0].rindex("*") == 71
    assert rows[16].index("*") == 0


def test_a_step_is_drawn_as_a_vertical_line():
    lines = lines_of([20.0] * 450 + [40.0] * 450)
    assert all("*" in line for line in lines[:17])


def test_a_column_shows_the_highest_of_its_samples():
    values = np.full(9_000, 20.0)
    values[4_500] = 45.0
    assert "*" in lines_of(values)[0]


def test_levels_on_one_row_share_its_label():
    lines = lines_of(np.full(10, 20.0), [("stop", 39.9), ("trip", 40.0)])
    assert lines[0].endswith("stop 39.9, trip 40.0")


def test_the_time_axis_goes_from_zero_to_the_end():
    last = lines_of(np.full(100, 20.0))[-1]
    assert last.split() == ["0", "minutes", "15"]
    assert len(last) == len(lines_of(np.full(100, 20.0))[-2])


@pytest.mark.parametrize("samples", [1, 2, 71, 72, 73])
def test_any_number_of_samples_can_be_drawn(samples):
    assert len(lines_of(np.full(samples, 30.0))) == 19


def test_all_characters_are_ascii():
    assert "\n".join(lines_of(np.linspace(20, 45, 100))).isascii()
