"""docs/sources.md names every source with its key, and its example is a fleet file."""

import re
from pathlib import Path

import pytest
from support.sites import region

from fleet.domain.region import Fleet
from fleet.fleets import dump_fleet, parse_fleet
from fleet.sources import SOURCES
from fleet.sources.eia import KG_PER_MWH

PAGE = (Path(__file__).parents[2] / "docs/sources.md").read_text(encoding="utf-8")
ROWS = {line.split("`")[1]: line for line in PAGE.splitlines() if re.match(r"\| `\w+` \| (telemetry|outlooks)", line)}


def test_the_page_lists_every_source():
    assert set(ROWS) == set(SOURCES)


@pytest.mark.parametrize("name", SOURCES)
def test_the_row_of_a_source_says_what_it_gives_and_needs(name):
    source, cells = SOURCES[name], [cell.strip() for cell in ROWS[name].strip("|").split("|")]
    assert cells[1].startswith(source.gives)
    if not source.key_env:
        assert cells[4] in {"none", "same"}
    elif cells[4] != "same":
        assert source.key_env in cells[4]
        assert ("optional" in cells[4]) != source.needs_key


def test_the_example_is_a_section_of_a_fleet_file():
    text = PAGE.split("```yaml\n", 1)[1].split("```", 1)[0]
    fleet = parse_fleet(dump_fleet(Fleet(name="f", regions=(region("ireland"),))) + text, name="docs/sources.md")
    assert [feed.source for feed in fleet.sources["ireland"]["carbon_g_per_kwh"]] == ["electricity_maps", "eirgrid"]


def test_the_page_states_the_factors_of_the_fuels():
    for fuel, factor in KG_PER_MWH.items():
        if factor:
            assert f"{fuel} {factor:.0f}" in PAGE.replace("\n", " ")
