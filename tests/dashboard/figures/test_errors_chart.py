from types import SimpleNamespace

import numpy as np

from fleet.dashboard.figures import errors_figure


def scores(level):
    return SimpleNamespace(
        mae_by_lead=[level, 2 * level],
        naive_mae_by_lead=[3 * level, 3 * level],
        mae_by_hour=[level] * 24,
        naive_mae_by_hour=[3 * level] * 23 + [float("nan")],
    )


def test_each_region_has_its_lines_by_lead_and_by_hour():
    figure = errors_figure({"a": scores(1.0), "b": scores(10.0)}, target="load", forecaster="blend")
    assert len(figure.data) == 2 * 2 * 2
    blend = [trace for trace in figure.data if trace.name == "blend"]
    assert list(blend[0].x) == [1, 2]
    assert list(blend[0].y) == [1.0, 2.0]
    assert list(blend[1].x) == list(range(24))
    assert [title.text for title in figure.layout.annotations][2:] == ["b: by lead", "b: by hour of UTC"]


def test_axes_start_at_zero_and_hold_the_largest_error():
    figure = errors_figure({"a": scores(1.0)}, target="load", forecaster="blend")
    np.testing.assert_allclose(figure.layout.yaxis.range, [0, 3.3])
    np.testing.assert_allclose(figure.layout.yaxis2.range, [0, 3.3])


def test_a_figure_without_scores_is_drawn():
    empty = SimpleNamespace(
        mae_by_lead=[float("nan")], naive_mae_by_lead=[float("nan")], mae_by_hour=[], naive_mae_by_hour=[]
    )
    assert errors_figure({"a": empty}, target="load", forecaster="blend").layout.yaxis.range[1] > 0
