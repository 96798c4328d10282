"""A curve drawn with ASCII characters, which every terminal and log can show."""

from collections.abc import Sequence

import numpy as np

from fleet.units import FloatArray

_COLUMNS, _ROWS = 72, 17
_CURVE, _LEVEL = "*", "-"
_ROWS_PER_TICK = 4


def draw_curve(values: FloatArray, levels: Sequence[tuple[str, float]], *, x_end: float, x_title: str) -> str:
    """Return a text that shows values against time, and named levels as dashed lines.

    Args:
        values: (sample,), finite, evenly spaced in time from 0 on. A column shows the highest of its samples.
        levels: name and value of each line. The vertical scale is wide enough to show all of them.
        x_end: time of the last sample.
        x_title: name and unit of the time.
    """
    low = min(float(min(values)), *(level for _, level in levels))
    high = max(float(max(values)), *(level for _, level in levels))
    row_height = max(high - low, 1e-9) / (_ROWS - 1)

    def row_of(value: float) -> int:
        return _ROWS - 1 - round((value - low) / row_height)

    canvas = [[" "] * _COLUMNS for _ in range(_ROWS)]
    labels = [""] * _ROWS
    for name, level in levels:
        row = row_of(level)
        canvas[row] = [_LEVEL, " "] * (_COLUMNS // 2)
        # Several levels can share a row.
        labels[row] = ", ".join(filter(None, (labels[row], f"{name} {level:.1f}")))
    samples_by_column = np.array_split(values, min(_COLUMNS, values.size))
    _draw(canvas, [row_of(float(samples.max())) for samples in samples_by_column])
    scale = [f"{high - row * row_height:7.1f} " if row % _ROWS_PER_TICK == 0 else " " * 8 for row in range(_ROWS)]
    lines = [f"{scale[row]}|{''.join(canvas[row])} {labels[row]}".rstrip() for row in range(_ROWS)]
    ends = f"0{x_title:^{_COLUMNS - 1 - len(f'{x_end:g}')}}{x_end:g}"
    return "\n".join([*lines, f"{'':8}+{'-' * _COLUMNS}", f"{'':9}{ends}"])


def _draw(canvas: list[list[str]], rows: Sequence[int]) -> None:
    """Draw one mark per column into the canvas. Where neighbouring marks differ by several rows, a line joins them."""
    for column, row in enumerate(rows):
        canvas[row][column] = _CURVE
        previous_row = rows[column - 1] if column else row
        for between in range(min(row, previous_row) + 1, max(row, previous_row)):
            canvas[between][column] = _CURVE
