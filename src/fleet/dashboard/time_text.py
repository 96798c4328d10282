"""Times on the pages and in the report: one format, such as "16 Sep 2025 07:00 UTC"."""

import re
from datetime import UTC, datetime

from fleet.domain.clock import Hour, moment

# ISO texts of UTC, as the ledger and its sentences hold them: to the minute or to the second.
_ISO = re.compile(r"\b(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d)?Z")
COLUMN_FORMAT = "D MMM YYYY HH:mm"


def hour_text(hour: Hour) -> str:
    """Return an hour of UTC.

    >>> import numpy as np
    >>> hour_text(np.datetime64("2025-09-16T07", "h"))
    '16 Sep 2025 07:00 UTC'
    """
    return moment_text(moment(hour))


def moment_text(time_utc: datetime) -> str:
    """Return a time of UTC, to the minute."""
    return f"{time_utc:%d %b %Y %H:%M} UTC"


def readable(sentence: str) -> str:
    """Return a sentence with its ISO times in the format of the pages.

    >>> readable("Deferred to 2025-09-16T07:00Z, recorded 2025-09-15T23:59:58Z.")
    'Deferred to 16 Sep 2025 07:00 UTC, recorded 15 Sep 2025 23:59 UTC.'
    """
    return _ISO.sub(
        lambda found: moment_text(datetime.fromisoformat(f"{found[1]}T{found[2]}").replace(tzinfo=UTC)), sentence
    )


def cell_time(hour: Hour | None) -> datetime | None:
    """Return an hour for a cell of a table, which sorts it by time. The heading says that it is UTC."""
    return None if hour is None else moment(hour).replace(tzinfo=None)
