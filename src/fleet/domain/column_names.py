"""Checks the column names of a table. The message on an unknown name gives the known name that it resembles."""

import re
from collections.abc import Collection, Sequence
from difflib import get_close_matches

from fleet.errors import DataError

# A name with another of these units is a quantity in another unit, not a misspelling: temperature_f, it_load_kw.
_UNITS = frozenset(
    {"c", "f", "k", "w", "kw", "mw", "gw", "wh", "kwh", "mwh", "gwh", "g", "kg", "t", "lb", "s", "h", "m", "km"}
    | {"pa", "hpa", "kpa", "usd", "eur", "gbp"}
)
_LONG_NAME = 8
_SHORTEST_WORD = 3
_ALIKE = 0.75
_MOST_NAMED = 3


def refuse_unknown_columns(found: Sequence[str], known: Collection[str], *, table: str) -> None:
    """Refuse a table with an unknown column. Otherwise, a constraint with a misspelt name would be ignored.

    Args:
        found: the column names of the table.
        known: the column names that a table may have.
        table: name of the table, for messages.
    Raises: DataError with the known column that the unknown one resembles, or with all known columns.
    """
    unknown = [name for name in found if name not in known]
    for name in unknown:
        meant = _resembled(name, known)
        if meant:
            raise DataError(f"{table}: column {name[:80]} is unknown; did you mean {meant}?")
    if unknown:
        named = ", ".join(name[:80] for name in unknown[:_MOST_NAMED]) + (" ..." if len(unknown) > _MOST_NAMED else "")
        subject, pronoun = (f"column {named} is", "it") if len(unknown) == 1 else (f"columns {named} are", "them")
        raise DataError(f"{table}: {subject} unknown; expected only {', '.join(known)}; rename or remove {pronoun}")


def refuse_misspelt_columns(found: Sequence[str], known: Collection[str], *, table: str) -> None:
    """Refuse a table with a misspelt name of a known column. Other unknown columns pass.

    Args: as for `refuse_unknown_columns`.
    Raises: DataError with the known column.
    """
    for name in found:
        meant = None if name in known else _misspelt(name, known)
        if meant:
            raise DataError(f"{table}: column {name[:80]} is unknown; did you mean {meant}?")


def _resembled(name: str, known: Collection[str]) -> str | None:
    """Return the known name that a person may have meant, or None."""
    misspelt = _misspelt(name, known)
    if misspelt:
        return misspelt
    plain = _plain(name)
    words = set(plain.split("_"))
    contained = [other for other in known if set(other.split("_")) <= words]
    if contained:
        return max(contained, key=len)
    shortened = [other for other in known if _is_shortened(plain, other)]
    if shortened:
        return shortened[0]
    return next(iter(get_close_matches(plain, known, n=1, cutoff=_ALIKE)), None)


def _is_shortened(plain: str, other: str) -> bool:
    """Return True for `temp_c` and `temperature_c`: the same words and units, some words cut after three letters."""
    words, other_words = plain.split("_"), other.split("_")
    if len(words) != len(other_words):
        return False
    pairs = zip(words, other_words, strict=True)
    return all(a == b or (len(a) >= _SHORTEST_WORD and b.startswith(a)) for a, b in pairs)


def _misspelt(name: str, known: Collection[str]) -> str | None:
    """Return the known name that differs from a name by case, punctuation or one or two letters, or None."""
    plain = _plain(name)
    for other in known:
        if _is_misspelt(plain, other):
            return other
    return None


def _is_misspelt(plain: str, other: str) -> bool:
    if plain == other or plain.replace("_", "") == other.replace("_", ""):
        return True
    if re.search(r"\d", plain) and re.sub(r"[\d_]+", "", plain) == other.replace("_", ""):
        # A number distinguishes a second series of the same quantity.
        return False
    words, other_words = plain.split("_"), other.split("_")
    if len(words) == len(other_words):
        pairs = [pair for pair in zip(words, other_words, strict=True) if pair[0] != pair[1]]
        if all(word in _UNITS and other_word in _UNITS for word, other_word in pairs):
            return False
    return _edits(plain, other) <= (2 if len(other) >= _LONG_NAME else 1)


def _plain(name: str) -> str:
    return re.sub(r"[^0-9a-z]+", "_", name.casefold()).strip("_")[:80]


def _edits(left: str, right: str) -> int:
    """Return how many letters must be added, removed, replaced or swapped with their neighbour."""
    rows = [list(range(len(right) + 1))]
    for i, letter in enumerate(left, start=1):
        row = [i]
        for j, other in enumerate(right, start=1):
            cost = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == right[j - 2] and left[i - 2] == other:
                cost = min(cost, rows[-2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]
