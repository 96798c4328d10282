"""Local times without an offset: converts them to UTC, and refuses or leaves out those that are not clear."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from fleet.sources.base import Query


@dataclass(frozen=True, kw_only=True)
class LocalTimes:
    """Times of a local clock in UTC.

    utc: (row,) None where it cannot be told which of two hours the row means.
    skipped: (row,) True where the local time does not exist.
    notes: what was left out, a sentence each.
    """

    utc: Sequence[datetime | None]
    skipped: Sequence[bool]
    notes: Sequence[str]


def to_utc(texts: Sequence[str], pattern: str, zone: str, query: Query, *, name: str) -> LocalTimes:
    """Convert local times to UTC.

    In autumn an hour occurs twice. If its times occur twice, the first is the earlier one, or the later one if the
    answer begins with its newest time. If they occur once, or if the order of the answer does not tell which is which,
    it is not known which hour they mean, and they are left out. In spring an hour does not exist.

    Args:
        texts: times in the order of the answer, oldest or newest first.
        pattern: as for `datetime.strptime`.
        zone: name of the time zone, such as Europe/Dublin.
        name: name of the field, for messages.
    Raises: SourceError if a text has another form.
    """
    clock, times = ZoneInfo(zone), [_local(text, pattern, query, name) for text in texts]
    moments = [tuple(local.replace(tzinfo=clock, fold=fold).astimezone(UTC) for fold in (0, 1)) for local in times]
    repeated = [first < second for first, second in moments]
    utc = [
        None if is_repeated and not is_told else time
        for (time, is_told), is_repeated in zip(_by_order(texts, moments), repeated, strict=True)
    ]
    ambiguous = sum(time is None for time in utc)
    notes = []
    if ambiguous:
        notes.append(
            f"{ambiguous} values of the repeated hour at the end of summer time cannot be told apart; which of the two "
            "hours they mean is not known, so they were left out"
        )
    return LocalTimes(utc=utc, skipped=[first > second for first, second in moments], notes=notes)


def _by_order(texts: Sequence[str], moments: Sequence[tuple[datetime, ...]]) -> list[tuple[datetime, bool]]:
    """Return a time for each row, and whether the order of the rows tells it if its hour is repeated.

    A time of that hour must occur exactly twice, all other times once, and the rows must be sorted by their time.
    """
    count, seen = Counter(texts), Counter[str]()
    is_newest_first = bool(moments) and moments[0][0] > moments[-1][0]
    times = []
    for text, pair in zip(texts, moments, strict=True):
        occurrence = min(seen[text], 1)
        times.append(pair[1 - occurrence if is_newest_first else occurrence])
        seen[text] += 1
    oldest_first = times[::-1] if is_newest_first else times
    is_sorted = all(before < after for before, after in pairwise(oldest_first))
    return [(time, is_sorted and count[text] == 2) for text, time in zip(texts, times, strict=True)]


def _local(text: str, pattern: str, query: Query, name: str) -> datetime:
    try:
        return datetime.strptime(text, pattern)
    except (ValueError, TypeError):
        raise query.error(f"field {name} is {text!r}, expected local time such as 29-Oct-2022 01:15:00") from None
