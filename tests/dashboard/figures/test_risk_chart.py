from datetime import timedelta

import polars as pl
import pytest
from support.frames import ORIGIN, hot_afternoon, risk_rows

from fleet.dashboard import theme
from fleet.dashboard.data import hours_ahead, with_states
from fleet.dashboard.figures import RiskChart, risk_figure
from fleet.domain.local_clock import LocalClock
from fleet.fleets import load_fleet

ARIZONA = LocalClock.of(load_fleet().regions[0])


def figure_of(rows, **options):
    hours = hours_ahead(rows.lazy(), rows["quantity"][0], rows["region"][0], ORIGIN)
    return risk_figure(hours, RiskChart(title="A day", quantity_label="Outdoor temperature", **options))


def trace(figure, name):
    return next(trace for trace in figure.data if trace.name.startswith(name))


def names(figure):
    return [trace.name for trace in figure.data]


def texts(figure):
    return [annotation.text for annotation in figure.layout.annotations]


def test_the_band_is_filled_between_lower_and_upper():
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


def test_without_a_limit_there_is_no_limit_line():
    assert not [name for name in names(figure_of(risk_rows(limit=None))) if name.startswith("Limit")]


def decided(rows, blocked):
    """Return the hours ahead of some rows, of which those with some leads are risk blocked."""
    hours = hours_ahead(rows.lazy(), "outdoor", "arizona", ORIGIN)
    ahead = hours.select(
        "region", "lead_h", pl.when(pl.col("lead_h").is_in(blocked)).then(pl.lit("blocked")).otherwise(pl.lit("safe"))
    ).rename({"literal": "state"})
    return with_states(hours, ahead.with_columns(limit=pl.lit("outdoor")))


def test_each_kind_of_hour_has_its_own_mark():
    # hot_afternoon is 39 at leads 10 to 13 and 41 at lead 14; the margin is 2, the limit 40. Two hours are blocked.
    hours = decided(risk_rows(forecast=hot_afternoon()), [12, 13])
    figure = risk_figure(hours, RiskChart(title="A day", quantity_label="Outdoor temperature"))
    blocked, reached = trace(figure, "Risk blocked (2 h)"), trace(figure, "Band reaches limit (4 h)")
    over = trace(figure, "Forecast reaches limit (1 h)")
    assert list(blocked.x) == [ORIGIN + timedelta(hours=lead) for lead in (12, 13)]
    assert list(reached.x) == [ORIGIN + timedelta(hours=lead) for lead in (10, 11, 12, 13)]
    assert list(over.x) == [ORIGIN + timedelta(hours=14)]
    assert len({mark.marker.symbol for mark in (blocked, reached, over)}) == 3
    # The band's mark is at its upper end, and shades nothing: such an hour need not be blocked.
    assert list(reached.y) == [41.0] * 4
    *marks, call_out = texts(figure)
    assert marks == ["<b>Risk blocked</b>", "<b>Forecast reaches limit</b>"]
    assert len({annotation.yshift for annotation in figure.layout.annotations[:2]}) == 2
    assert len(figure.layout.shapes) == 2
    # The first risk-blocked hour is called out in words, with an arrow.
    assert call_out == "<b>12:00 UTC</b>: forecast 39.0 °C is safe,<br>upper bound 41.0 °C is not"
    assert figure.layout.annotations[2].showarrow


def test_without_decisions_no_hour_is_called_risk_blocked():
    figure = figure_of(risk_rows(forecast=hot_afternoon()))
    assert not [name for name in names(figure) if name.startswith("Risk blocked")]
    assert trace(figure, "Band reaches limit (4 h)")
    assert any("10:00 UTC</b>: forecast 39.0 °C is safe" in text for text in texts(figure))


def test_an_infinite_band_is_marked_at_the_limit():
    assert set(trace(figure_of(risk_rows(margin=float("inf"))), "Band reaches limit").y) == {40.0}


def test_a_day_below_the_limit_has_no_marks():
    figure = figure_of(risk_rows())
    assert not figure.layout.shapes
    assert not figure.layout.annotations


def test_the_whole_day_bound_is_named_in_the_legend():
    path = trace(figure_of(risk_rows(), with_path=True), "95 % bound for all hours together")
    assert list(path.y) == [34.0] * 24


def test_actual_values_are_drawn_on_demand():
    assert "Actual" not in names(figure_of(risk_rows()))
    assert "Actual" in names(figure_of(risk_rows(), with_actual=True))


def test_without_a_bound_no_band_is_drawn():
    figure = figure_of(risk_rows(margin=float("inf"), limit=None))
    assert names(figure) == ["Forecast"]
    assert texts(figure) == ["<b>No band</b>"]


def test_no_band_is_drawn_across_hours_without_a_bound():
    figure = figure_of(risk_rows(margin=[2.0] * 10 + [float("inf")] * 4 + [2.0] * 10, limit=None))
    bands = [trace for trace in figure.data if trace.name == "95 % band"]
    assert [len(band.x) for band in bands] == [10, 10]
    assert [band.showlegend for band in bands] == [True, False]


@pytest.mark.parametrize("margin", [2.0, float("inf")])
def test_the_axis_is_finite_and_holds_the_limit(margin):
    low, high = figure_of(risk_rows(margin=margin)).layout.yaxis.range
    assert low < 30 < 40 < high < 50


def test_the_whole_day_bound_is_off_by_default():
    assert not [name for name in names(figure_of(risk_rows())) if "all hours together" in name]


def test_the_limit_and_the_band_have_the_names_of_the_chart():
    figure = figure_of(risk_rows(limit=31.8), limit_name="Thermal breaker", band_percent=80)
    assert {"Thermal breaker 31.8 °C", "80 % band"} <= set(names(figure))


def test_the_local_time_stands_below_utc_and_in_the_call_out():
    figure = figure_of(risk_rows(forecast=hot_afternoon()), clock=ARIZONA)
    # The first hour ahead of midnight is 01:00 UTC, which is 18:00 of the day before.
    assert figure.layout.xaxis.ticktext[0] == "01:00<br>18:00"
    assert "local time (America/Phoenix, MST)" in figure.layout.xaxis.title.text
    # The band reaches the limit first at lead 10.
    assert any("10:00 UTC</b> (03:00 MST): forecast" in text for text in texts(figure))


def test_a_region_without_a_time_zone_says_that_its_time_is_solar():
    region = load_fleet().regions[0].model_copy(update={"time_zone": None})
    figure = figure_of(risk_rows(), clock=LocalClock.of(region))
    assert "solar time; the fleet file has no time_zone" in figure.layout.xaxis.title.text


def test_without_a_finite_bound_the_call_out_says_so():
    figure = figure_of(risk_rows(margin=float("inf")))
    assert any("no upper bound can be given" in text for text in texts(figure))
