"""Tables that a command writes into a page: what stands between its two marks is replaced, the rest stays."""

from collections.abc import Sequence
from pathlib import Path

from fleet.errors import ConfigError
from fleet.storage.files import write_whole


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column names the row, the others are aligned to the right."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "".join(f"| {' | '.join(row)} |\n" for row in (header, rule, *rows))


def replaced(text: str, name: str, block: str) -> str:
    """The text with this block between its marks.

    Raises: ConfigError if the text has not exactly one pair of marks of that name.
    """
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ConfigError(f"the page has not the marks {begin.strip()} and {end}, expected each once, in this order")
    return text[: text.index(begin)] + begin + "\n" + block.strip() + "\n\n" + text[text.index(end) :]


def write_into(page: Path, name: str, block: str) -> None:
    """Put the block between its marks on the page."""
    text = replaced(page.read_text(encoding="utf-8"), name, block)
    write_whole({page: lambda part: part.write_text(text, encoding="utf-8")})
