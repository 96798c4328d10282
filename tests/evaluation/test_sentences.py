import dataclasses

import pytest
from support.builders import seasonal, telemetry_of

from fleet.evaluation.intervals import Rate
from fleet.evaluation.protocol import Protocol
from fleet.evaluation.rolling_origin import evaluate
from fleet.evaluation.sentences import infinite_sentence, rate_text, region_sentence, verdict


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.90, 0.94, "the promise did not hold"),
        (0.94, 0.96, "the promise held"),
        (0.96, 0.98, "the promise held, with more coverage than promised"),
    ],
)
def test_the_verdict_depends_on_the_whole_interval(low, high, expected):
    assert verdict(Rate(count=10, share=(low + high) / 2, interval_95=(low, high)), 0.95) == expected


def test_without_a_scored_case_there_is_no_verdict():
    nan = float("nan")
    assert verdict(Rate(count=0, share=nan, interval_95=(nan, nan)), 0.95) == "nothing could be scored"


def test_a_rate_has_its_interval_and_its_count():
    assert rate_text(Rate(count=1_234, share=0.931, interval_95=(0.9, 0.952))) == "93.1 % [90.0, 95.2] of 1,234"


def test_infinite_bounds_are_not_a_kept_promise():
    observed = seasonal(24 * 60)
    quick = {"target": "load", "forecaster": "seasonal_naive", "horizon": 2}
    # The 40 days before the test are fewer than the 60 days of the tracker, but enough for the rolling method.
    infinite, finite = (
        evaluate(telemetry_of(observed), Protocol(**quick, bands=bands)).regions[0].scores
        for bands in ("tracker", "rolling")
    )
    assert region_sentence("here", infinite, 0.95) == "here: nothing was promised, because every bound is infinite."
    sentence = region_sentence("here", finite, 0.95)
    assert sentence.startswith("here: the promise")
    assert f"{100 * finite.coverage:.1f} %" in sentence
    assert "hours were inside the 95 % band. Weakest: " in sentence
    assert "infinite" not in sentence
    partly = dataclasses.replace(finite, infinite_share=0.125)
    assert "inside the 95 % band (12.5 % of the bands are infinite; the" in region_sentence("here", partly, 0.95)


def test_the_reason_for_infinite_bounds_depends_on_the_method_and_the_confidence():
    tracker = infinite_sentence(0.25, Protocol(target="load"))
    # The tracker needs 60 days, which are more than the 39 scores that a miscoverage of 2.5 % needs.
    assert "25.0 % of bounds are infinite" in tracker
    assert "fewer than 1,440 scores of a lead are known (60 days)" in tracker
    split = infinite_sentence(0.25, Protocol(target="load", bands="split"))
    assert "fewer than 39 scores" in split
    # 2 / 0.0005 - 1.
    assert "fewer than 3,999" in infinite_sentence(0.25, Protocol(target="load", confidence=0.9995))
    # With an origin every 36 h, 60 days have 40 origins.
    assert "fewer than 40 scores" in infinite_sentence(0.25, Protocol(target="load", step=36))
