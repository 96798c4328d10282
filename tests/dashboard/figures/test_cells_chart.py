"""The heat map of breach rates by region and season."""

from support.frames import contested_cell

from fleet.dashboard.data import contested_cells_of
from fleet.dashboard.figures import cells_figure
from fleet.fleets import load_fleet

OUTCOME = {
    "contested_cells": [contested_cell("ireland", "Jun-Aug", 9, 150), contested_cell("arizona", "Dec-Feb", 0, 80)]
}


def test_each_cell_has_its_count_and_a_rate_above_the_allowed_one_has_a_cross():
    figure = cells_figure(contested_cells_of(OUTCOME), load_fleet(), allowed=0.05, title="t")
    [heat] = figure.data
    # Rows from below: Wyoming, Ireland, Arizona. Seasons from winter on.
    assert list(heat.y) == ["Wyoming", "Ireland", "Arizona"]
    assert heat.text[1][2] == "✕ 6.00 %<br>9 of 150"
    assert heat.text[2][0] == "0.00 %<br>0 of 80"
    assert set(heat.text[0]) == {"none"}


def test_the_colour_turns_at_the_allowed_rate():
    at_four, at_six = (
        cells_figure(
            contested_cells_of({"contested_cells": [contested_cell("ireland", "Jun-Aug", breached, 100)]}),
            load_fleet(),
            allowed=0.05,
            title="t",
        ).data[0]
        for breached in (4, 6)
    )
    turn = at_four.colorscale[2][0]
    share = [(heat.z[1][2] - heat.zmin) / (heat.zmax - heat.zmin) for heat in (at_four, at_six)]
    assert share[0] < turn < share[1]
