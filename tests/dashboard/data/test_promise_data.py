import dataclasses

import pytest
from support.frames import contested_cell, write_evidence, write_workspace

from fleet.dashboard.data import LIKELY, NO, OPEN, YES, open_views, verdict


@pytest.fixture
def views(tmp_path):
    return open_views(write_evidence(tmp_path))


def changed(views, **own):
    """The same replay with other figures of the policy that decides against the bound."""
    policies = {**views.summary["policies"], "priced": {**views.summary["policies"]["priced"], **own}}
    return dataclasses.replace(views, summary={**views.summary, "policies": policies})


@pytest.mark.parametrize(
    ("rate", "interval", "word"),
    [
        (0.03, [0.02, 0.05], YES),
        (0.04, [0.02, 0.06], LIKELY),
        (0.06, [0.04, 0.08], OPEN),
        (0.08, [0.06, 0.10], NO),
    ],
)
def test_the_word_is_what_rate_and_interval_say_of_five_percent(views, rate, interval, word):
    found = verdict(changed(views, contested_breach_rate=rate, contested_breach_interval_95=interval))
    assert found.word == word
    assert f"{100 * rate:.2f} %" in found.sentence
    assert found.tiles[0].beyond == (word == NO)


def test_every_large_figure_has_its_count(views):
    tiles = {tile.label: tile for tile in verdict(views).tiles}
    assert tiles["Contested jobs in breach"].value == "1.00 %"
    assert tiles["Contested jobs in breach"].note.startswith("1 of 100; 0.00 to 3.00 %")
    assert tiles["Their energy in breach"].note.startswith("50 of 500 MWh")
    assert tiles["Their energy in breach"].beyond
    assert tiles["Cannot exceed"].value == "8.00 %"
    assert "1,200 ended jobs" in tiles["Cannot exceed"].note
    # Two regions hold all of their 720 hours and one 90 % of as many.
    assert tiles["Temperature below its bound"].value == "96.7 %"
    assert "of 2,160 hours" in tiles["Temperature below its bound"].note
    assert "90.0 % to 100.0 %" in tiles["Temperature below its bound"].note
    # The first week has 168 origins, of which 36 miss both leads.
    assert tiles["In its worst week"].value == "78.6 %"
    assert tiles["In its worst week"].note == "of 336 hours ahead, Ireland, from 2025-02-20"


def test_heavier_jobs_are_told_where_they_breach_more(views):
    assert "weighed by their energy, 10.00 %" in verdict(views).sentence
    light = changed(views, contested_breach_rate_mwh=0.02, contested_breach_interval_95_mwh=[0.01, 0.03])
    assert "weighed" not in verdict(light).sentence


def test_the_weakest_place_is_named_with_what_its_interval_says(views):
    assert "Ireland in Jun-Aug, where 9 of 150 contested jobs breached, 6.00 % [3.00, 12.00]" in verdict(views).weakest
    assert "within what chance allows" in verdict(views).weakest
    sure = contested_cell("wyoming", "Dec-Feb", 40, 200)
    assert "Wyoming in Dec-Feb" in verdict(changed(views, contested_cells=[sure])).weakest
    assert "above what is allowed" in verdict(changed(views, contested_cells=[sure])).weakest
    assert verdict(changed(views, contested_cells=[])).weakest == ""


def test_a_workspace_of_before_still_has_a_verdict(tmp_path):
    found = verdict(open_views(write_workspace(tmp_path)))
    assert found.word == YES
    assert [tile.label for tile in found.tiles] == ["Contested jobs in breach"]


def test_without_the_policy_or_any_contested_job_there_is_none(views):
    alone = {"home_region": views.summary["policies"]["home_region"]}
    assert verdict(dataclasses.replace(views, summary={"policies": alone})) is None
    assert verdict(changed(views, contested_breach_rate=None)) is None
