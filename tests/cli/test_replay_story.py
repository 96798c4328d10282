"""The last lines of a replay."""

import math

from fleet.cli.replay_story import savings_line
from fleet.replay.savings import Saved


def saved(**changes) -> Saved:
    amounts = {"carbon_t": -24_784.0, "water_m3": 214_166.0, "cost_usd": math.nan}
    shares = {"carbon_share": -0.135, "water_share": math.nan, "cost_share": math.nan}
    energy = {"carbon_mwh": 1.0, "water_mwh": 1.0, "cost_mwh": 0.0}
    return Saved(**(amounts | shares | energy | changes))


def test_an_amount_fell_or_rose_and_an_unknown_one_is_left_out():
    assert savings_line(saved()) == (
        "Against running the same energy at home at once: carbon rose by 24,784 t (13.5 %), water fell by 214,166 m3."
    )


def test_without_a_known_amount_the_line_says_so():
    assert savings_line(saved(carbon_t=math.nan, water_m3=math.nan)).endswith("at once: not known.")
