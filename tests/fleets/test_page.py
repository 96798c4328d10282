"""docs/fleet.md names every key of a fleet file with its unit and default."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from fleet.domain.region import (
    AirSide,
    ChillerPlant,
    Costs,
    Curtailment,
    EvaporativePlant,
    Fleet,
    OutsideAirPlant,
    Region,
)
from fleet.domain.twin_site import TwinSite
from fleet.domain.white_space import WhiteSpace
from fleet.fleets import parse_fleet
from fleet.twin import make_twin
from fleet.twin.climates import CLIMATES
from fleet.twin.grid import GRIDS

PAGE = (Path(__file__).parents[2] / "docs/fleet.md").read_text(encoding="utf-8")
TABLES: dict[str, type[BaseModel]] = {
    "The file": Fleet,
    "`costs`": Costs,
    "A region": Region,
    "`plant`, of every kind": AirSide,
    "`plant` of kind `evaporative`": EvaporativePlant,
    "`plant` of kind `chiller`": ChillerPlant,
    "`curtailment`": Curtailment,
    "`white_space`": WhiteSpace,
    "`twin`": TwinSite,
}
# The first suffix that matches counts, so longer suffixes come first.
UNITS = {
    "usd_per_mwh_per_h": "USD/MWh/h", "usd_per_mwh": "USD/MWh", "usd_per_t": "USD/t", "usd_per_m3": "USD/m³",
    "usd_per_gb": "USD/GB", "l_per_kwh": "L/kWh", "kj_per_k_per_rack": "kJ/K", "k_per_kw": "K/kW", "m3_per_rack": "m³",
    "per_min": "1/min", "hour_utc": "h", "deg": "°", "mw": "MW", "kw": "kW", "c": "°C", "k": "K", "m": "m", "h": "h",
}  # fmt: skip


def rows(title: str) -> list[list[str]]:
    """Return the cells of the table below a heading of the page, one list a row."""
    section = PAGE.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
    return [[cell.strip() for cell in line.split("|")[1:5]] for line in section.splitlines() if line.startswith("| `")]


def default(field: FieldInfo) -> str:
    """Return the default of a field as the page writes it."""
    value = field.default
    if field.is_required():
        return "required"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if value in (None, ()) or isinstance(value, BaseModel):
        return "as below" if isinstance(value, BaseModel) else "none"
    return f"`{value}`" if isinstance(value, str) else f"{value:g}"


def own_fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """Yield the fields of a model, without `kind` and without the fields that every plant has."""
    shared = set() if model is AirSide else set(AirSide.model_fields) | {"kind"}
    return ((name, field) for name, field in model.model_fields.items() if name not in shared)


@pytest.mark.parametrize("title", TABLES)
def test_the_page_lists_every_key_with_its_default(title: str) -> None:
    assert [(row[0], row[2]) for row in rows(title)] == [
        (f"`{name}`", default(field)) for name, field in own_fields(TABLES[title])
    ]


def test_the_unit_of_a_key_follows_from_the_suffix_of_its_name() -> None:
    for title in TABLES:
        for key, unit, *_ in rows(title):
            name = key.strip("`")
            units = [UNITS[suffix] for suffix in UNITS if name.endswith(f"_{suffix}")]
            assert unit == units[0] if units else unit in {"", "1"}, name


def test_the_outside_air_plant_has_no_key_of_its_own() -> None:
    assert list(own_fields(OutsideAirPlant)) == []


def test_the_page_names_all_climates_and_grids() -> None:
    for word, tables in (("Climates of the twin", CLIMATES), ("Grids", GRIDS)):
        listed = re.search(rf"{word}: ([^.]*)\.", PAGE)
        assert listed is not None
        assert re.findall(r"`(\w+)`", listed[1]) == sorted(tables)


def test_the_example_is_a_fleet_that_the_twin_can_make() -> None:
    text = PAGE.split("```yaml\n", 1)[1].split("```", 1)[0]
    fleet = parse_fleet(text, name="docs/fleet.md")
    assert fleet.regions[0].plant.kind == "chiller"
    assert make_twin(fleet, start=np.datetime64("2024-01-01T00", "h"), hours=48, seed=7).telemetry.regions == (
        "dallas",
    )
