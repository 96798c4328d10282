"""README's table of the demo's year says what the replay wrote."""

import importlib
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def demo_year(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module("demo_year")


def outcome(**change: object) -> dict[str, object]:
    counts = {"approved": 900, "breached": 9}
    return {
        "jobs": 1_000,
        "approved": 900,
        "breached_jobs": 9,
        "breach_rate": 0.01,
        "breach_interval_95": [0.005, 0.02],
        "contested_approved": 100,
        "contested_breach_rate": 0.02,
        "contested_breach_interval_95": [0.0, 0.03],
        "breakdown": {
            "window": {"within horizon": counts, "past horizon": counts},
            "contested by": {"temperature": counts},
        },
        "safe_jobs": 950,
        "safe_approved": 880,
        "served_mwh": 2_000.0,
        "known_mwh": 1_000.0,
        "carbon_t": 600.0,
        "water_m3": 300.0,
        "cost_per_served_mwh": 99.44,
        **change,
    }


def test_a_row_is_in_the_unit_that_it_names(demo_year: ModuleType) -> None:
    text = demo_year.year_table({"policies": {"greedy": outcome(), "oracle": outcome(breached_jobs=0)}})
    lines = text.splitlines()
    assert lines[0] == "|  | `greedy` | oracle |"
    for line in (
        "| approved of 1,000 | 900 | 900 |",
        "| breached | 9 | 0 |",
        "| breached, % [95 %] | 1.00 [0.50, 2.00] | 1.00 [0.50, 2.00] |",
        # 600 t over the 1,000 MWh whose carbon is known.
        "| carbon, kg per served MWh | 600 | 600 |",
        "| water, L per served MWh | 300 | 300 |",
        "| safe jobs approved of 950 | 880 | 880 |",
    ):
        assert line in lines


def test_readme_has_its_marks(demo_year: ModuleType) -> None:
    readme = (EXAMPLES.parent / "README.md").read_text(encoding="utf-8")
    pages = importlib.import_module("pages")
    assert "new" in pages.replaced(readme, demo_year.MARK, "new")
