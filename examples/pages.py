"""Writes tables into pages. A script replaces the text between two markers and does not change the rest of the page."""

from collections.abc import Sequence
from pathlib import Path

from fleet.errors import ConfigError
from fleet.storage.files import write_whole


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table. The first column names the row; the other columns are aligned to the right."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "".join(f"| {' | '.join(row)} |\n" for row in (header, rule, *rows))


def replaced(text: str, name: str, block: str) -> str:
    """Return the text with the block between the markers of that name.

    Raises: ConfigError if the text does not hold exactly one pair of markers of that name.
    """
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ConfigError(f"the page lacks the markers {begin.strip()} and {end}, expected each once, in this order")
    return text[: text.index(begin)] + begin + "\n" + block.strip() + "\n\n" + text[text.index(end) :]


def write_into(page: Path, name: str, block: str) -> None:
    """Write the block between its markers on the page."""
    text = replaced(page.read_text(encoding="utf-8"), name, block)
    write_whole({page: lambda path: path.write_text(text, encoding="utf-8")})
