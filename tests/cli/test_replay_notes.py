"""The sentences below the tables of a replay."""

import pytest

from fleet.cli.replay_notes import compared
from fleet.replay.paired_difference import Difference

NAN = float("nan")


def change(cost, cost_interval, rate, rate_interval):
    return Difference(
        cost_per_served_mwh=cost,
        cost_interval_95=cost_interval,
        contested_breach_rate=rate,
        contested_breach_interval_95=rate_interval,
    )


@pytest.mark.parametrize(
    ("difference", "sentence"),
    [
        (
            change(-4.4, (-5.0, -3.9), -0.007, (-0.011, 0.002)),
            "priced costs 4.4 USD/MWh less than greedy [3.9, 5.0], "
            "and its contested jobs breach 0.70 percentage points less [-0.20, 1.10]",
        ),
        (
            change(4.4, (-0.01, 5.0), 0.007, (0.002, 0.011)),
            "priced costs 4.4 USD/MWh more than greedy [0.0, 5.0], "
            "and its contested jobs breach 0.70 percentage points more [0.20, 1.10]",
        ),
        (
            change(-4.4, (-5.0, -3.9), NAN, (NAN, NAN)),
            "priced costs 4.4 USD/MWh less than greedy [3.9, 5.0]; one of them has no judged contested job",
        ),
        (
            change(NAN, (NAN, NAN), NAN, (NAN, NAN)),
            "priced cannot be compared with greedy: one of them served nothing at a known cost",
        ),
    ],
)
def test_an_interval_has_the_sign_of_its_sentence(difference, sentence):
    assert compared("greedy", difference) == sentence
