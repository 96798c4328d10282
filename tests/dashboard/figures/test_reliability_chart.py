import numpy as np
from support.builders import hours_from

from fleet.dashboard.figures import reliability_figure
from fleet.evaluation.intervals import Rate
from fleet.evaluation.reliability import Reliability

ORIGINS = hours_from("2024-02-20T00", 24 * 15)
HALF = Rate(count=10, share=0.5, interval_95=(0.4, 0.7))


def reliability(missed: int) -> Reliability:
    """The first `missed` origins miss."""
    held = np.ones((len(ORIGINS), 3))
    held[:missed] = 0
    return Reliability.of(held, np.indices(held.shape).sum(axis=0).astype(float), ORIGINS)


def figure(series, **changes):
    return reliability_figure(series, **({"nominal": 0.9, "title": "t", "pit": {}} | changes))


def test_each_panel_marks_every_cell_with_its_interval():
    lead, hour, season, decile, week = figure({"a": reliability(36)}).data
    assert [len(trace.y) for trace in (lead, hour, season, decile, week)] == [3, 24, 2, 10, 2]
    # 36 of 360 origins miss.
    np.testing.assert_allclose(lead.y, [90, 90, 90])
    np.testing.assert_allclose(week.y, [100 * (1 - 36 / 168), 100])
    first = reliability(36).by_lead[0]
    np.testing.assert_allclose(lead.error_y.array[0], 100 * (first.interval_95[1] - first.share))
    np.testing.assert_allclose(lead.error_y.arrayminus[0], 100 * (first.share - first.interval_95[0]))
    assert lead.customdata[0][1] == 360


def test_the_target_is_a_line_in_every_panel_of_coverage():
    drawn = figure({"a": reliability(36)}, nominal=0.9)
    assert [line.y0 for line in drawn.layout.shapes] == [90] * 5


def test_marks_of_two_series_stand_beside_each_other_and_are_named_once():
    drawn = figure({"a": reliability(36), "b": reliability(0)}, colours={"a": "#111111", "b": "#222222"})
    seasons = [trace for trace in drawn.data if len(trace.y) == 2 and trace.mode == "markers"]
    assert len(seasons) == 2
    assert set(seasons[0].x).isdisjoint(seasons[1].x)
    assert [season.marker.color for season in seasons] == ["#111111", "#222222"]
    assert [trace.name for trace in drawn.data if trace.showlegend] == ["a", "b"]


def test_the_axis_holds_the_lowest_end_of_all_intervals():
    series = reliability(36)
    lowest = min(end for rate in [*series.by_lead, *series.by_hour] for end in rate.interval_95)
    assert figure({"a": series}).layout.yaxis.range[0] < 100 * lowest


def test_pit_bins_are_drawn_with_the_equal_share():
    drawn = figure({"a": reliability(36)}, pit={"a": [HALF, HALF]})
    [bars] = [trace for trace in drawn.data if trace.type == "bar"]
    assert list(bars.x) == ["0-50", "50-100"]
    assert list(bars.y) == [50, 50]
    assert drawn.layout.shapes[-1].y0 == 50


def test_a_figure_without_a_scored_hour_is_drawn():
    held = np.full((48, 3), np.nan)
    empty = Reliability.of(held, np.zeros((48, 3)), ORIGINS[:48])
    assert figure({"a": empty}).layout.yaxis.range[1] > 100
