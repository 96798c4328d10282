"""The last lines of a replay."""

import math

from fleet.cli.replay_story import savings_line, weakest_line
from fleet.replay.breakdown import Cell
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


def cell(season: str, breached: int, approved: int) -> Cell:
    share = breached / approved
    counts = {"approved": approved, "breached": breached, "breach_rate": share, "breach_interval_95": (0.0, 1.0)}
    return Cell(region="arizona", season=season, mwh=1.0, breached_mwh=0.0, **counts)


def test_the_line_on_the_weakest_place_says_how_many_jobs_a_place_needs_to_be_compared():
    # 1 of 44 is the higher rate, of too few jobs.
    cells = [cell("Mar-May", 1, 44), cell("Jun-Aug", 3, 198)]
    assert weakest_line(cells) == ["Weakest with 100 or more contested jobs: arizona, Jun-Aug: 3 of 198 breached."]
    assert weakest_line(cells[:1]) == []
