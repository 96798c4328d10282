from datetime import timedelta

import pytest
from support.frames import ORIGIN, hot_afternoon, risk_rows

from fleet.dashboard import theme
from fleet.dashboard.data import window
from fleet.dashboard.figures import risk_figure


def figure_of(rows, **options):
    hours = window(rows.lazy(), rows["quantity"][0], rows["region"][0], ORIGIN)
    return risk_figure(hours, title="A day", quantity_label="Outdoor temperature", **options)


def trace(figure, name):
    return next(each for each in figure.data if each.name.startswith(name))


def names(figure):
    return [each.name for each in figure.data]


def words(figure):
    return [note.text for note in figure.layout.annotations]


def test_the_band_lies_between_lower_and_upper():
    figure = figure_of(risk_rows())
    upper, lower = trace(figure, "95 % band"), trace(figure, "band, lower end")
    assert upper.fill == "tonexty"
    assert list(upper.y) == [32.0] * 24
    assert list(lower.y) == [28.0] * 24
    assert names(figure).index("95 % band") == names(figure).index("band, lower end") + 1


def test_the_limit_is_a_dashed_red_line():
    limit = trace(figure_of(risk_rows()), "Limit 40.0 °C")
    assert limit.line.dash == "dash"
    assert limit.line.color == theme.LIMIT
    assert list(limit.y) == [40.0, 40.0]


def test_without_a_limit_there_is_no_line():
    assert not [name for name in names(figure_of(risk_rows(limit=None))) if name.startswith("Limit")]


def test_blocked_and_breached_hours_are_marked_apart():
    figure = figure_of(risk_rows(forecast=hot_afternoon()))
    blocked, breach = trace(figure, "Risk blocked (4 h)"), trace(figure, "Forecast breach (1 h)")
    # hot_afternoon is 39 at leads 10 to 13 and 41 at lead 14; the margin is 2, the limit 40.
    assert list(blocked.x) == [ORIGIN + timedelta(hours=lead) for lead in (10, 11, 12, 13)]
    assert list(breach.x) == [ORIGIN + timedelta(hours=14)]
    assert blocked.marker.symbol != breach.marker.symbol
    assert words(figure) == ["<b>Risk blocked</b>", "<b>Forecast breach</b>"]
    assert len({note.yshift for note in figure.layout.annotations}) == 2
    assert len(figure.layout.shapes) == 2


def test_a_quiet_day_has_no_marks():
    figure = figure_of(risk_rows())
    assert not figure.layout.shapes
    assert not figure.layout.annotations


def test_the_whole_day_line_says_what_it_means():
    path = trace(figure_of(risk_rows()), "95 % sure it stays below this all day")
    assert list(path.y) == [34.0] * 24


def test_what_really_happened_is_shown_on_demand():
    assert "What really happened" not in names(figure_of(risk_rows()))
    assert "What really happened" in names(figure_of(risk_rows(), with_actual=True))


def test_no_band_is_drawn_without_a_bound():
    figure = figure_of(risk_rows(margin=float("inf"), limit=None))
    assert names(figure) == ["Forecast"]
    assert words(figure) == ["<b>No bound: too little calibration</b>"]


def test_a_band_is_not_drawn_across_unbounded_hours():
    figure = figure_of(risk_rows(margin=[2.0] * 10 + [float("inf")] * 4 + [2.0] * 10, limit=None))
    bands = [each for each in figure.data if each.name == "95 % band"]
    assert [len(each.x) for each in bands] == [10, 10]
    assert [each.showlegend for each in bands] == [True, False]


@pytest.mark.parametrize("margin", [2.0, float("inf")])
def test_the_range_is_finite_and_holds_the_limit(margin):
    low, high = figure_of(risk_rows(margin=margin)).layout.yaxis.range
    assert low < 30 < 40 < high < 50
