"""A curve in letters: any terminal shows it, and so does a log."""

from collections.abc import Sequence

import numpy as np

from fleet.units import FloatArray

_COLUMNS, _ROWS = 72, 17
_CURVE, _LEVEL = "*", "-"


def curve(values: FloatArray, levels: Sequence[tuple[str, float]], *, x_end: float, x_title: str) -> str:
    """Values against evenly spaced time from zero, with named levels as dashed lines.

    Args:
        values: (sample,), finite; a column shows the highest of its samples.
        levels: words and value of each line, which the plot always holds.
        x_end: time of the last sample.
    """
    low, high = (f(float(f(values)), *(value for _, value in levels)) for f in (min, max))
    step = max(high - low, 1e-9) / (_ROWS - 1)

    def row_of(value: float) -> int:
        return _ROWS - 1 - round((value - low) / step)

    canvas = [[" "] * _COLUMNS for _ in range(_ROWS)]
    words = [""] * _ROWS
    for name, value in levels:
        row = row_of(value)
        canvas[row] = [_LEVEL, " "] * (_COLUMNS // 2)
        # Levels that share a row share its words.
        words[row] = ", ".join(filter(None, (words[row], f"{name} {value:.1f}")))
    columns = np.array_split(values, min(_COLUMNS, values.size))
    rows = [row_of(float(each.max())) for each in columns]
    for column, row in enumerate(rows):
        canvas[row][column] = _CURVE
        # A steep rise is a line, not a gap.
        before = rows[column - 1] if column else row
        for between in range(min(row, before) + 1, max(row, before)):
            canvas[between][column] = _CURVE
    scale = [f"{high - index * step:7.1f} " if index % 4 == 0 else " " * 8 for index in range(_ROWS)]
    lines = [f"{scale[index]}|{''.join(canvas[index])} {words[index]}".rstrip() for index in range(_ROWS)]
    ends = f"0{x_title:^{_COLUMNS - 1 - len(f'{x_end:g}')}}{x_end:g}"
    return "\n".join([*lines, f"{'':8}+{'-' * _COLUMNS}", f"{'':9}{ends}"])
