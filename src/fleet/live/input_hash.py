"""A hash of everything that was known when a decision was made."""

import hashlib

import numpy as np

from fleet.domain import clock
from fleet.domain.clock import Hour
from fleet.domain.outlooks import Outlooks
from fleet.domain.region import Fleet
from fleet.domain.telemetry import Telemetry
from fleet.forecasting.base import Positions
from fleet.preparation.settings import Settings


def input_hashes(
    telemetry: Telemetry, outlooks: Outlooks | None, fleet: Fleet, settings: Settings, origins: Positions
) -> list[str]:
    """Compute the SHA-256, as hexadecimal text, of the fleet, the settings and all that was known at each origin.

    Args:
        origins: ascending positions in the telemetry.
    """
    columns = sorted(telemetry.values)
    first = clock.iso(telemetry.time_utc[0])
    # Aliases, time zones and sources change no decision, so they are left out. The stored values are hashed below.
    described = fleet.model_dump_json(exclude={"regions": {"__all__": {"aliases", "time_zone"}}, "sources": True})
    head = "\n".join((described, repr(settings), first, *telemetry.regions, *columns))
    digest = hashlib.sha256(head.encode())
    # The hours are hashed one by one, so that the hash of an origin does not depend on the other requested origins.
    by_hour = np.stack([telemetry.values[name].T for name in columns], axis=1)
    issues = _IssueHash(None if outlooks is None else outlooks.select(telemetry.regions))
    hashes, hashed_hours = [], 0
    for origin in origins:
        digest.update(np.ascontiguousarray(by_hour[hashed_hours : origin + 1]).tobytes())
        hashed_hours = int(origin) + 1
        at_origin = digest.copy()
        at_origin.update(issues.known_at(telemetry.time_utc[origin]))
        hashes.append(at_origin.hexdigest())
    return hashes


class _IssueHash:
    """A hash of the outlooks up to an origin: the hour and the values of each issue."""

    def __init__(self, outlooks: Outlooks | None) -> None:
        names = sorted(outlooks.values) if outlooks is not None else []
        self._outlooks = outlooks
        self._digest = hashlib.sha256("\n".join(names).encode())
        if outlooks is not None:
            self._by_issue = np.stack([outlooks.values[name].swapaxes(0, 1) for name in names], axis=1)
        self._hashed_issues = 0

    def known_at(self, origin_utc: Hour) -> bytes:
        if self._outlooks is not None:
            count = self._outlooks.issues_known_at(origin_utc)
            # The issues are hashed one by one, so that the hash does not depend on the other requested origins.
            for issue in range(self._hashed_issues, count):
                values = self._by_issue[issue]
                steps = int(np.isfinite(values).any(axis=(0, 1)).cumsum().argmax()) + 1
                self._digest.update(str(self._outlooks.issued_utc[issue]).encode())
                self._digest.update(np.ascontiguousarray(values[..., :steps]).tobytes())
            self._hashed_issues = count
        return self._digest.digest()
