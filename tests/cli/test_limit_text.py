"""What is said of an observed grid limit."""

import pytest

from fleet.cli.limit_text import limit_sentence, print_limits
from fleet.domain.clock import parse_hour
from fleet.preparation.observed_limit import ObservedLimit


def seen(observed_mw: float, age_h: int) -> ObservedLimit:
    return ObservedLimit(
        region="alpha",
        observed_mw=observed_mw,
        observed_utc=parse_hour("2024-05-20T00:00Z"),
        age_h=age_h,
        contract_mw=20.0,
    )


def test_a_limit_below_the_contract_is_named_with_its_hour():
    assert limit_sentence(seen(7.5, 0)) == (
        "alpha: the grid limit was last observed as 7.5 MW at 2024-05-20T00:00Z, below the 20 MW of the fleet file; "
        "it holds until a newer value is ingested."
    )


@pytest.mark.parametrize(("observed_mw", "holds"), [(7.5, "it holds until"), (25.0, "not below the 20 MW")])
def test_a_silent_limit_is_named_with_its_age(observed_mw, holds):
    sentence = limit_sentence(seen(observed_mw, 30))
    assert holds in sentence
    assert sentence.endswith("No value for 30 h: the utility may have changed the limit since. Ingest grid_limit_mw.")


def test_a_fresh_limit_that_is_not_below_the_contract_is_not_named(capsys):
    print_limits([seen(20.0, 0), seen(25.0, 23)])
    assert capsys.readouterr().out == ""
