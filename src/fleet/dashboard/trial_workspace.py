"""The commands that make a workspace with live decisions from the twin, for people without values of their own."""

import numpy as np

from fleet.domain.clock import iso

# An approval needs 121 to 131 days of the twin.
_DAYS = 150
_ONE_HOUR = np.timedelta64(1, "h")
_COLUMNS = "id,power_mw,duration_h,earliest_utc,deadline_utc,home_region,regions"


def trial_commands(now_utc: str) -> str:
    """Return the commands, one per line. The telemetry ends with the last full hour.

    The first job fits anywhere. The second is too large for its only region, so it waits.

    Args:
        now_utc: the current time, as ISO text.
    """
    end = np.datetime64(now_utc.rstrip("Z")).astype("datetime64[h]")
    start = end.astype("datetime64[D]") - _DAYS
    window = f"{iso(end)},{iso(end + 24 * _ONE_HOUR)}"
    jobs = (f"trial-1,5,4,{window},arizona,", f"trial-2,90,4,{window},wyoming,wyoming")
    return "\n".join(
        (
            f"fleet twin --out trial --start {start} --hours {int((end - start) / _ONE_HOUR)}",
            "fleet ingest table --file trial/telemetry.parquet --home trial/home",
            f"printf '%s\\n' {_COLUMNS} {' '.join(jobs)} > trial/jobs.csv",
            "fleet decide --jobs trial/jobs.csv --fleet trial/fleet.yaml --home trial/home",
            "fleet serve --home trial/home",
        )
    )
