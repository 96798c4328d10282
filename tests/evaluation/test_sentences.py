import dataclasses

import pytest
from support.builders import seasonal, telemetry_of

from fleet.evaluation.intervals import Rate
from fleet.evaluation.rolling_origin import Protocol, evaluate
from fleet.evaluation.sentences import infinite_sentence, kept, rate_text, region_sentence


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.90, 0.94, "the promise fell short"),
        (0.94, 0.96, "the promise held"),
        (0.96, 0.98, "the promise held with room to spare"),
    ],
)
def test_a_promise_is_broken_only_where_its_interval_says_so(low, high, said):
    assert kept(Rate(count=10, share=(low + high) / 2, interval_95=(low, high)), 0.95) == said


def test_nothing_scored_is_no_promise_kept():
    nan = float("nan")
    assert kept(Rate(count=0, share=nan, interval_95=(nan, nan)), 0.95) == "nothing could be scored"


def test_a_rate_is_told_with_its_interval_and_its_count():
    assert rate_text(Rate(count=1_234, share=0.931, interval_95=(0.9, 0.952))) == "93.1 % [90.0, 95.2] of 1,234"


def test_endless_bounds_are_no_promise_kept():
    observed = seasonal(24 * 60)
    quick = {"target": "load", "forecaster": "seasonal_naive", "horizon": 2}
    # Forty days before the test are fewer than the tracker's sixty, and more than half of a split's 39 hours.
    endless, some = (
        evaluate(telemetry_of(observed), Protocol(**quick, bands=bands)).regions[0].scores
        for bands in ("tracker", "rolling")
    )
    assert region_sentence("here", endless, 0.95) == "here: nothing was promised, as every bound is infinite."
    said = region_sentence("here", some, 0.95)
    assert said.startswith("here: the promise")
    assert f"{100 * some.coverage:.1f} %" in said
    assert "no end" not in said
    few = dataclasses.replace(some, infinite_share=0.125)
    assert "inside the 95 % band (12.5 % of bands have no end; of the others " in region_sentence("here", few, 0.95)


def test_why_a_bound_is_infinite_depends_on_the_method_and_the_confidence():
    tracker = infinite_sentence(0.25, Protocol(target="load"))
    # 60 days of hours are more than the 39 that half of 5 % needs.
    assert "25.0 % of bounds are infinite" in tracker
    assert "fewer than 1,440 scores of a lead are known (60 days of them)" in tracker
    split = infinite_sentence(0.25, Protocol(target="load", bands="split"))
    assert "fewer than 39 scores" in split
    # 2 / 0.0005 - 1.
    assert "fewer than 3,999" in infinite_sentence(0.25, Protocol(target="load", confidence=0.9995))
    # A day and a half between origins: 60 days hold 40 of them.
    assert "fewer than 40 scores" in infinite_sentence(0.25, Protocol(target="load", step=36))
