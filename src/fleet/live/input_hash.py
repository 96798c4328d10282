"""A fingerprint of everything that was known when a decision was made."""

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
    """SHA-256 of the fleet, the settings and all that was known at each origin, outlooks included, as hex.

    Args:
        origins: ascending positions in the telemetry.
    """
    columns = sorted(telemetry.values)
    first = clock.iso(telemetry.time_utc[0])
    head = "\n".join((fleet.model_dump_json(), repr(settings), first, *telemetry.regions, *columns))
    digest = hashlib.sha256(head.encode())
    # Hour after hour, so that the origins that were asked for on the way leave no trace.
    by_hour = np.stack([telemetry.values[name].T for name in columns], axis=1)
    issue = _Issues(None if outlooks is None else outlooks.select(telemetry.regions))
    hashes, done = [], 0
    for origin in origins:
        digest.update(np.ascontiguousarray(by_hour[done : origin + 1]).tobytes())
        done = int(origin) + 1
        whole = digest.copy()
        whole.update(issue.known_at(telemetry.time_utc[origin]))
        hashes.append(whole.hexdigest())
    return hashes


class _Issues:
    """A digest of outlooks that grows with time: of each issue its hour, and what it says as far as it reaches."""

    def __init__(self, outlooks: Outlooks | None) -> None:
        names = sorted(outlooks.values) if outlooks is not None else []
        self._outlooks = outlooks
        self._digest = hashlib.sha256("\n".join(names).encode())
        if outlooks is not None:
            self._by_issue = np.stack([outlooks.values[name].swapaxes(0, 1) for name in names], axis=1)
        self._done = 0

    def known_at(self, origin_utc: Hour) -> bytes:
        if self._outlooks is not None:
            count = self._outlooks.issues_known_at(origin_utc)
            # Issue after issue, for the same reason.
            for issue in range(self._done, count):
                said = self._by_issue[issue]
                reach = int(np.isfinite(said).any(axis=(0, 1)).cumsum().argmax()) + 1
                self._digest.update(str(self._outlooks.issued_utc[issue]).encode())
                self._digest.update(np.ascontiguousarray(said[..., :reach]).tobytes())
            self._done = count
        return self._digest.digest()
