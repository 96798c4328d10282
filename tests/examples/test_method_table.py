"""The table of methods of docs/method.md shows the figures that the benchmark wrote."""

import importlib
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def measured(winkler: float, coverage: float) -> dict[str, float]:
    shares = {"worst_block": coverage - 0.06, "path_coverage": coverage, "infinite_share": 0.0}
    return {"winkler": winkler, "coverage": coverage, "path_over_hour": 1.5, **shares}


def test_each_series_is_compared_with_its_best_simple_method(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    page = importlib.import_module("method_table")
    one = {"split": measured(10.0, 0.93), "aci": measured(20.0, 0.95), "tracker": measured(5.0, 0.95)}
    other = {"split": measured(8.0, 0.95), "aci": measured(4.0, 0.95), "tracker": measured(8.0, 0.96)}
    lines = page.methods_table({"measures": {"one": one, "other": other}}).splitlines()
    # Best simple method: 10 and 4. Ratios of split: 10/10 and 8/4, geometric mean 1.414; of tracker: 5/10 and 8/4.
    assert lines[2].startswith("| `split` | 1.414 | 1 of 2 | 1 of 2 |")
    assert lines[4].startswith("| `tracker` | 1.000 | 1 of 2 | 2 of 2 |")
    text = (EXAMPLES.parent / "docs/method.md").read_text(encoding="utf-8")
    assert "new" in importlib.import_module("pages").replaced(text, page.MARK, "new")
