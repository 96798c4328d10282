import dataclasses

import pytest
from support.frames import contested_cell, evidence, length_cell, write_evidence, write_workspace

from fleet.dashboard.data import (
    NO,
    NOT_PROVEN,
    UNCLEAR,
    YES,
    contested_cells_of,
    guarantee_sentence,
    open_replay,
    promise_verdict,
    season_sentence,
)


@pytest.fixture
def replay(tmp_path):
    return open_replay(write_evidence(tmp_path))


def changed(replay, **figures):
    """The same replay with other figures of the default policy."""
    policies = {**replay.summary["policies"], "priced": {**replay.summary["policies"]["priced"], **figures}}
    return dataclasses.replace(replay, summary={**replay.summary, "policies": policies})


@pytest.mark.parametrize(
    ("rate", "interval", "word"),
    [
        (0.03, [0.02, 0.05], YES),
        (0.04, [0.02, 0.06], NOT_PROVEN),
        (0.06, [0.04, 0.08], UNCLEAR),
        (0.08, [0.06, 0.10], NO),
    ],
)
def test_the_word_follows_from_rate_and_interval_against_five_percent(replay, rate, interval, word):
    verdict = promise_verdict(changed(replay, contested_breach_rate=rate, contested_breach_interval_95=interval))
    assert verdict.word == word
    assert f"{100 * rate:.2f} %" in verdict.sentence
    assert verdict.tiles[0].misses_target == (word == NO)


def test_every_tile_has_its_count(replay):
    tiles = {tile.label: tile for tile in promise_verdict(replay).tiles}
    assert tiles["Contested jobs in breach"].value == "4.29 %"
    assert tiles["Contested jobs in breach"].note.startswith("15 of 350 jobs; 95 % interval 0.00 to 4.50 %")
    assert tiles["Contested energy in breach"].note.startswith("50 of 500 MWh")
    assert tiles["Contested energy in breach"].misses_target
    assert tiles["Guaranteed maximum breach rate"].value == "8.00 %"
    assert "1,200 approved jobs that ended" in tiles["Guaranteed maximum breach rate"].note
    # Two regions hold all of their 720 hours and one holds 90 % of as many.
    assert tiles["Coverage of the temperature bound"].value == "96.7 %"
    assert "of 2,160 forecast hours" in tiles["Coverage of the temperature bound"].note
    assert "90.0 % to 100.0 %" in tiles["Coverage of the temperature bound"].note
    # The first week has 168 origins, of which 36 miss both leads.
    assert tiles["Coverage in the worst week"].value == "78.6 %"
    assert tiles["Coverage in the worst week"].note == "of 336 forecast hours; Ireland, week from 2025-02-20"


def test_the_sentence_gives_the_rate_by_energy_where_it_is_above_the_target(replay):
    assert "Weighted by energy, 10.00 %" in promise_verdict(replay).sentence
    light = changed(replay, contested_breach_rate_mwh=0.02, contested_breach_interval_95_mwh=[0.01, 0.03])
    assert "Weighted" not in promise_verdict(light).sentence


def test_the_weakest_case_is_named_and_judged_by_its_interval(replay):
    weakest = promise_verdict(replay).weakest
    named = "Weakest case with 100 or more contested jobs: Ireland in Jun-Aug, where 9 of 150 met a breach (6.00 %, "
    assert weakest.startswith(f"{named}95 % interval 3.00 to")
    assert "The interval includes the allowed 5 %." in weakest
    above = contested_cell("wyoming", "Dec-Feb", 40, 200)
    assert "Wyoming in Dec-Feb" in promise_verdict(changed(replay, contested_cells=[above])).weakest
    assert "is above the allowed 5 %" in promise_verdict(changed(replay, contested_cells=[above])).weakest
    below = contested_cell("wyoming", "Dec-Feb", 2, 200)
    assert "is below the allowed 5 %" in promise_verdict(changed(replay, contested_cells=[below])).weakest
    assert promise_verdict(changed(replay, contested_cells=[])).weakest == ""


def test_the_headline_tells_the_length_of_jobs_that_is_above_the_allowed_rate_by_job_or_by_energy(replay):
    calm = promise_verdict(changed(replay, contested_cells=[]))
    assert "alone" not in calm.headline
    assert not calm.is_above_somewhere
    lengths = {"up to 24 h": length_cell(0.01, 0.05), "over 24 h": length_cell(0.04, 0.067)}
    verdict = promise_verdict(changed(replay, contested_cells=[], contested_lengths=lengths))
    assert verdict.is_above_somewhere
    headline = verdict.headline
    assert headline.endswith(
        " Of the 1,000 contested jobs of over 24 h alone, 4.00 % met a breach (95 % interval 2.00 to 8.00 %), with "
        "6.70 % of their energy (3.35 to 13.40 %)."
    )
    assert "up to 24 h" not in headline


def test_a_workspace_of_an_earlier_version_has_a_verdict_too(tmp_path):
    verdict = promise_verdict(open_replay(write_workspace(tmp_path)))
    assert verdict.word == YES
    assert [tile.label for tile in verdict.tiles] == ["Contested jobs in breach"]


def test_the_seasons_are_told_over_all_regions():
    cells = [
        contested_cell("arizona", "Jun-Aug", approved=100, breached=6),
        contested_cell("ireland", "Jun-Aug", approved=300, breached=2),
    ]
    outcome = {"contested_cells": cells}
    # 8 of 400 are 2 %.
    sentence = season_sentence(contested_cells_of(outcome))
    assert "Jun-Aug 2.00 %" in sentence
    assert "Dec-Feb none" in sentence


def test_without_the_policy_or_a_contested_job_there_is_no_verdict(replay):
    others = {"home_region": replay.summary["policies"]["home_region"]}
    assert promise_verdict(dataclasses.replace(replay, summary={"policies": others})) is None
    assert promise_verdict(changed(replay, contested_breach_rate=None)) is None


def test_thirty_jobs_without_a_breach_prove_nothing(replay):
    few = changed(replay, contested_breach_rate=0.0, contested_breach_interval_95=[0.0, 0.3085])
    verdict = promise_verdict(few)
    assert verdict.word == "Not proven"
    assert "0.00 to 30.85 %, reaches above 5 %, so the true rate may exceed 5 %." in verdict.sentence


def with_bound(*bounds):
    """Evidence whose controllers published these guaranteed maxima."""
    whole = evidence()
    return dataclasses.replace(whole, breaches=dataclasses.replace(whole.breaches, bound=list(bounds)))


def test_a_guaranteed_maximum_above_the_allowed_rate_is_explained():
    sentence = guarantee_sentence(with_bound(1.0, 0.12))
    assert "is above 5 % is no breach of the promise" in sentence
    # 2 of 200 jobs.
    assert "After 200 approved jobs it is 12.00 %; 1.00 % of them met a breach." in sentence
    assert "too few to lower it" in guarantee_sentence(with_bound(1.0, 1.0))


def test_a_guaranteed_maximum_within_the_allowed_rate_needs_no_explanation():
    assert guarantee_sentence(with_bound(0.2, 0.05)) == ""
    assert (
        guarantee_sentence(
            dataclasses.replace(evidence(), breaches=dataclasses.replace(evidence().breaches, bound=None))
        )
        == ""
    )
