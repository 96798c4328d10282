"""Output of the commands: the console, tables and progress bars."""

import math
import os
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

_MIN_WIDTH = 140
# Columns of a table that no narrow terminal leaves out.
_ALWAYS_SHOWN = 2
# Unicode categories: control, format (such as bidirectional marks), surrogate, line separator, paragraph separator.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_MOST_LETTERS, _FIRST_LETTERS, _LAST_LETTERS = 480, 320, 150

# On a narrow terminal, the terminal wraps lines of at least this width. Rich would cut numbers off instead. Emoji codes
# are off: with them, Rich would print a picture for a part of the job name a:train:b.
console = Console(width=max(Console().width, _MIN_WIDTH), emoji=False)
_messages = Console(stderr=True)


def table_width() -> int:
    """Return the width that a table should keep to: that of the terminal. A file or a pipe sets no width."""
    return Console().width if console.is_terminal or "COLUMNS" in os.environ else _MIN_WIDTH


def printable(text: str) -> str:
    r"""Return a text whose control and bidirectional characters are escaped, such as \x1b and \u202e.

    Names that users chose may hold codes that clear the screen or reverse a line. The stored names stay as they are.
    """
    if text.isprintable():
        return text
    return "".join(_escaped(letter) if unicodedata.category(letter) in _UNSAFE else letter for letter in text)


def counted(count: int, one: str, many: str) -> str:
    """Return a count with its word, such as "1 decision" and "2,000 decisions"."""
    return f"{count:,} {one if count == 1 else many}"


def print_line(sentence: str) -> None:
    """Print one sentence. Markup in the sentence is printed as text, and the terminal wraps the line."""
    console.print(Text(printable(sentence)), soft_wrap=True)


def error_line(error: object) -> str:
    """Return the message of an error as one line. A long line loses its middle, because its end says what to do."""
    line = printable(" ".join(str(error).split()))
    return line if len(line) <= _MOST_LETTERS else f"{line[:_FIRST_LETTERS]} ... {line[-_LAST_LETTERS:]}"


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    note: str = "",
    spare: Sequence[str] = (),
    below: tuple[str, str] | None = None,
) -> None:
    """Print a table. Numbers are aligned to the right, texts to the left.

    Args:
        title: printed above the table.
        columns: headings. A heading may have several lines.
        rows: cells. The first column names the row. A `rich.text.Text` keeps its style.
        note: printed below the table.
        spare: headings of the columns that are left out first. On a narrow terminal, columns are left out while the
            table is too wide: these, and then the others from the right. A line below the table names them.
        below: headings of the column that names a row for a person, and of a column of sentences. If the sentences are
            left out of the table, they are printed below it, one line for each row that has one.
    """
    kept = list(range(len(columns)))
    table = _table(title, columns, rows, note, kept)
    width = table_width()
    for heading in [*spare, *reversed([name for name in columns[_ALWAYS_SHOWN:] if name not in spare])]:
        if width >= _MIN_WIDTH or console.measure(table).maximum <= width:
            break
        kept.remove(columns.index(heading))
        table = _table(title, columns, rows, note, kept)
    console.print(table)
    left_out = [index for index in range(len(columns)) if index not in kept]
    if below is not None and columns.index(below[1]) in left_out:
        name, sentence = map(columns.index, below)
        left_out.remove(sentence)
        for row in rows:
            if row[sentence] not in (None, ""):
                print_line(f"{row[name]}: {row[sentence]}")
    if left_out:
        print_line(f"Not shown in this width: {', '.join(' '.join(columns[index].split()) for index in left_out)}.")


def _table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], note: str, kept: Sequence[int]
) -> Table:
    """Return a table with some of its columns, by their position."""
    # Titles and cells may hold names that users chose. `Text` prints them as they are; markup would not.
    table = Table(
        title=Text(printable(title)),
        title_justify="left",
        caption=Text(printable(note)) if note else None,
        caption_justify="left",
    )
    for index in kept:
        column = columns[index]
        is_number = index > 0 and not any(_is_text(row[index]) for row in rows)
        heading = "\n".join(map(printable, column.split("\n")))
        table.add_column(Text(heading), justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*[_shown(row[index]) for index in kept])
    return table


def _shown(value: object) -> Text:
    """Return a cell as text without control characters. A styled text keeps its style."""
    if not isinstance(value, Text):
        return Text(printable(_cell(value)))
    return value if value.plain.isprintable() else Text(printable(value.plain), style=value.style)


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")


def _is_text(value: object) -> bool:
    """Tell whether the value holds a letter. A cell such as "1 / 2" counts as a number."""
    return isinstance(value, str | Text) and any(letter.isalpha() for letter in str(value))


def _cell(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    if isinstance(value, float):
        return f"{value:,.1f}" if abs(value) >= 1_000 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[float], None]]:
    """Show one bar on standard error. Yields a function that takes the finished share."""
    with _bars() as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda share: bar.update(task, completed=share)
        bar.update(task, completed=1.0)


@contextmanager
def stage_bars() -> Iterator[Callable[[str, float], None]]:
    """Show one bar per stage on standard error. Yields a function that takes a stage's name and its finished share."""
    with _bars() as bars:
        tasks: dict[str, TaskID] = {}

        def report(stage: str, share: float) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=1.0)
            bars.update(tasks[stage], completed=share)

        yield report
        # The last share that a stage reported may be below one.
        for task in tasks.values():
            bars.update(task, completed=1.0)


def _bars() -> Progress:
    return Progress(
        TextColumn("{task.description:<28}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=_messages,
        disable=not _messages.is_terminal,
    )
