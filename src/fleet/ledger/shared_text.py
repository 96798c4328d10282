"""Writes cells of rows as text, each object once."""

from collections.abc import Callable
from typing import Any


class SharedText:
    """Writes cells as text. Equal jobs share their cells, so the text of a cell is kept for the rows that follow.

    Args:
        write: returns the text of a cell.
    """

    def __init__(self, write: Callable[[Any], Any]) -> None:
        self._write = write
        self._kept: dict[int, tuple[Any, Any]] = {}

    def __call__(self, cell: Any) -> Any:
        """Return the text of a cell. The cell must not change afterwards."""
        kept = self._kept.get(id(cell))
        if kept is None:
            # The cell is kept, too. Otherwise a later cell could get its id.
            kept = self._kept[id(cell)] = cell, self._write(cell)
        return kept[1]
