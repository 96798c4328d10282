"""The tables of docs/demo_year.md and docs/method.md show the figures that a replay wrote."""

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
        "denied": 100,
        "withdrawn": 20,
        "waited_h_mean": 6.25,
        "waited_h_p95": 21.0,
        "objective_usd": 3_000.0,
        "breached_jobs": 9,
        "breach_rate": 0.01,
        "breach_interval_95": [0.005, 0.02],
        "contested_approved": 100,
        "contested_breach_rate": 0.02,
        "contested_breach_interval_95": [0.0, 0.03],
        "contested_breach_rate_mwh": 0.04,
        "contested_breach_interval_95_mwh": [0.01, 0.05],
        "breach_bound": None,
        "energy_breach_bound": None,
        "safe_contested": 90,
        "safe_contested_approved": 80,
        "breakdown": {
            "window": {"within horizon": counts, "past horizon": counts},
            "contested by": {"temperature": counts},
        },
        "contested_lengths": {
            "over 24 h": {
                "approved": 1_200,
                "breach_rate": 0.03,
                "breach_interval_95": [0.01, 0.06],
                "breach_rate_mwh": 0.05,
                "breach_interval_95_mwh": [0.02, 0.08],
            }
        },
        "safe_jobs": 950,
        "safe_approved": 880,
        "served_mwh": 2_000.0,
        "served_share": 0.8,
        "carbon_known_mwh": 1_000.0,
        "water_known_mwh": 1_000.0,
        "carbon_t": 600.0,
        "water_m3": 300.0,
        "cost_per_served_mwh": 99.44,
        **change,
    }


def test_each_row_is_in_the_unit_that_its_label_names(demo_year: ModuleType) -> None:
    policies = {"greedy": outcome(), "oracle": outcome(breached_jobs=0, objective_usd=2_500.0, contested_lengths={})}
    text = demo_year.year_table({"policies": policies, "bound": {"objective": 2_000.0}})
    lines = text.splitlines()
    assert lines[0] == "|  | `greedy` | oracle |"
    for line in (
        "| jobs approved, of 1,000 | 900 | 900 |",
        "| jobs breached | 9 | 0 |",
        "| jobs breached, % [95 %] | 1.00 [0.50, 2.00] | 1.00 [0.50, 2.00] |",
        "| jobs over 24 h alone: contested jobs breached, % [95 %] | 3.00 [1.00, 6.00] of 1,200 | none |",
        # 600 t / 1,000 MWh of known cost.
        "| carbon, kg per served MWh | 600 | 600 |",
        "| water, L per served MWh | 300 | 300 |",
        "| safe jobs that ran, of 950 | 880 | 880 |",
        "| approved jobs that lost their place | 20 | 20 |",
        # 100 denied and 20 withdrawn.
        "| jobs not served | 120 | 120 |",
        "| wait, h: mean and 95 % quantile | 6.2 and 21 | 6.2 and 21 |",
        # 3,000 / 2,000 and 2,500 / 2,000.
        "| objective / lower bound | 1.50 | 1.25 |",
    ):
        assert line in lines


def test_each_variant_has_a_row(demo_year: ModuleType) -> None:
    ablation = {"path gate": outcome(served_mwh=1_500.0), "no controller": outcome()}
    lines = demo_year.ablation_table({"ablation": ablation}).splitlines()
    assert lines[0].startswith("|  | jobs approved | contested jobs that ran | contested jobs breached, % [95 %] |")
    long = "5.00 [2.00, 8.00] of 1,200"
    assert lines[2:] == [
        f"| path gate | 900 | 100 | 2.00 [0.00, 3.00] | 4.00 [1.00, 5.00] | {long} | 80.0 | 99.4 |",
        f"| no controller | 900 | 100 | 2.00 [0.00, 3.00] | 4.00 [1.00, 5.00] | {long} | 80.0 | 99.4 |",
    ]


def test_a_policy_without_a_controller_has_an_empty_cell_for_its_guaranteed_rate(demo_year: ModuleType) -> None:
    policies = {"priced": outcome(breach_bound=0.07, energy_breach_bound=0.2), "greedy": outcome()}
    text = demo_year.year_table({"policies": policies, "bound": {"objective": 2_000.0}})
    assert "| guaranteed maximum breach rate, % | 7.00 |  |" in text.splitlines()
    assert "| guaranteed maximum share of energy in breach, % | 20.00 |  |" in text.splitlines()


def test_the_method_page_has_the_markers_of_the_gates(demo_year: ModuleType) -> None:
    page = (EXAMPLES.parent / "docs/method.md").read_text(encoding="utf-8")
    pages = importlib.import_module("pages")
    assert "new" in pages.replaced(page, demo_year.GATES_MARK, "new")


def test_the_page_of_the_year_has_its_markers(demo_year: ModuleType) -> None:
    page = (EXAMPLES.parent / "docs/demo_year.md").read_text(encoding="utf-8")
    pages = importlib.import_module("pages")
    assert "new" in pages.replaced(page, demo_year.MARK, "new")
