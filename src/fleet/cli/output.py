"""What every command shares: its options, tables for people, progress."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

_LEAST_WIDTH = 140

# A number cut short is worse than a wrapped line, and a job called a:train:b is no picture of a train.
console = Console(width=max(Console().width, _LEAST_WIDTH), emoji=False)
_messages = Console(stderr=True)


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, note: str = "") -> None:
    """The first column names the row. A Text keeps its own style."""
    # What is printed was often written by others: none of it is markup.
    table = Table(title=Text(title), title_justify="left", caption=Text(note) if note else None, caption_justify="left")
    for index, column in enumerate(columns):
        numbers = index > 0 and not any(_is_text(row[index]) for row in rows)
        table.add_column(column, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*[value if isinstance(value, Text) else Text(_cell(value)) for value in row])
    console.print(table)


def _is_text(value: object) -> bool:
    """Words are read from the left; numbers, also several in a cell, are compared from the right."""
    return isinstance(value, str | Text) and any(letter.isalpha() for letter in str(value))


def _cell(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    if isinstance(value, float):
        return f"{value:,.1f}" if abs(value) >= 1_000 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[float], None]]:
    """A bar on standard error; the callable takes the finished share."""
    with _bars() as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda share: bar.update(task, completed=share)
        bar.update(task, completed=1.0)


@contextmanager
def stage_bars() -> Iterator[Callable[[str, float], None]]:
    """A bar a stage on standard error; the callable takes a stage's name and its finished share."""
    with _bars() as bars:
        tasks: dict[str, TaskID] = {}

        def report(stage: str, share: float) -> None:
            if stage not in tasks:
                # A stage that begins ends the one before it, whose last share may have been short of one.
                for task in tasks.values():
                    bars.update(task, completed=1.0)
                tasks[stage] = bars.add_task(stage, total=1.0)
            bars.update(tasks[stage], completed=share)

        yield report
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
