"""Local times without an offset: converts them to UTC, and refuses or leaves out those that are not clear."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
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
    answer begins with its newest time. If they occur once, it is not known which hour they mean, and they are left out.
    In spring an hour does not exist.

    Args:
        texts: times in the order of the answer, oldest or newest first.
        pattern: as for `datetime.strptime`.
        zone: name of the time zone, such as Europe/Dublin.
        name: name of the field, for messages.
    Raises: SourceError if a text has another form.
    """
    clock, seen, count = ZoneInfo(zone), Counter[str](), Counter(texts)
    utc: list[datetime | None] = []
    skipped = []
    ambiguous = 0
    times = [_local(text, pattern, query, name) for text in texts]
    is_newest_first = bool(times) and times[0] > times[-1]
    for text, local in zip(texts, times, strict=True):
        moments = [local.replace(tzinfo=clock, fold=fold).astimezone(UTC) for fold in (0, 1)]
        is_twice = moments[0] < moments[1]
        skipped.append(moments[0] > moments[1])
        if is_twice and count[text] == 1:
            ambiguous += 1
            utc.append(None)
        else:
            occurrence = min(seen[text], 1)
            utc.append(moments[1 - occurrence if is_newest_first else occurrence] if is_twice else moments[0])
        seen[text] += 1
    notes = []
    if ambiguous:
        notes.append(
            f"{ambiguous} values of the repeated hour at the end of summer time occur once; which hour they mean is "
            "not known, so they were left out"
        )
    return LocalTimes(utc=utc, skipped=skipped, notes=notes)


def _local(text: str, pattern: str, query: Query, name: str) -> datetime:
    try:
        return datetime.strptime(text, pattern)
    except (ValueError, TypeError):
        raise query.error(f"field {name} is {text!r}, expected local time such as 29-Oct-2022 01:15:00") from None
