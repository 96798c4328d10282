"""The name of a time zone in a fleet file."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator


def checked_time_zone(name: str) -> str:
    """Return the name. Raises: ValueError if it is not the IANA name of a time zone."""
    try:
        # A name without "/" is an abbreviation, such as EST, or depends on the machine, such as localtime.
        if "/" not in name and name != "UTC":
            raise ZoneInfoNotFoundError(name)
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"found {name!r}, expected the IANA name of a time zone, such as Europe/Dublin") from None
    return name


TimeZoneName = Annotated[str, AfterValidator(checked_time_zone)]
