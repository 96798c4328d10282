"""A command writes its own block of a page and leaves the rest unchanged."""

import importlib
from pathlib import Path
from types import ModuleType

import pytest

from fleet.errors import ConfigError

EXAMPLES = Path(__file__).parents[2] / "examples"
PAGE = "before\n<!-- a -->\nold\n<!-- end of a -->\nafter <!-- b -->\n"


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module("pages")


def test_a_block_replaces_only_the_text_between_its_markers(pages: ModuleType) -> None:
    after = pages.replaced(PAGE, "a", "new\n")
    assert after == "before\n<!-- a -->\n\nnew\n\n<!-- end of a -->\nafter <!-- b -->\n"
    assert pages.replaced(after, "a", "new\n") == after


@pytest.mark.parametrize("page", ["nothing", PAGE + PAGE, PAGE.replace("end of a", "end of c")])
def test_a_page_without_its_markers_is_refused_and_unchanged(pages: ModuleType, page: str, tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text(page)
    with pytest.raises(ConfigError, match="expected each once"):
        pages.write_into(file, "a", "new")
    assert file.read_text() == page


def test_a_table_has_one_line_per_row_and_aligns_numbers_to_the_right(pages: ModuleType) -> None:
    assert pages.table(("x", "y"), [("a", "1")]) == "| x | y |\n| --- | ---: |\n| a | 1 |\n"


def test_every_marker_of_the_page_of_the_twin_is_written_by_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    page = (EXAMPLES.parent / "docs/twin.md").read_text(encoding="utf-8")
    likeness = importlib.import_module("twin_likeness")
    marks = [likeness.MARK, likeness.OUTLOOKS_MARK, "table of plants", "table of grids", "table of jobs"]
    for mark in marks:
        assert importlib.import_module("pages").replaced(page, mark, "x") != page
    assert page.count("<!--") == 2 * len(marks)
