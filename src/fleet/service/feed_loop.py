"""Asks the sources of the fleet file again and again, so that a service needs no timer beside it."""

import threading
from collections.abc import Callable

from fleet.domain.region import Fleet
from fleet.errors import FleetError
from fleet.service.logs import log
from fleet.storage.workspace import Workspace
from fleet.workflows.feed_ingest import FeedRequest, client_of, ingest_feeds
from fleet.workflows.feed_plan import groups_of

# An ingest that runs at the end may be lost: the next one asks again.
_LONGEST_END_S = 10.0


class FeedLoop:
    """A thread that does what `fleet ingest --all` does, each `every_s`. The planning loop sees the new values.

    Args:
        now_utc: returns the current time.
    Raises: ConfigError if the fleet has no sources.
    """

    def __init__(self, workspace: Workspace, fleet: Fleet, now_utc: Callable[[], str], *, every_s: float) -> None:
        groups_of(fleet)
        self._workspace, self._fleet, self._now_utc, self._every_s = workspace, fleet, now_utc, every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feeds", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread, if it answers soon."""
        self._stopping.set()
        self._thread.join(_LONGEST_END_S)

    def _run(self) -> None:
        while True:
            try:
                self.ask()
            except Exception:
                # The loop must go on, whatever fails.
                log.exception("asking the sources failed")
            if self._stopping.wait(self._every_s):
                return

    def ask(self) -> None:
        """Ask all sources once, and log what came and what failed."""
        request = FeedRequest(workspace=self._workspace, fleet=self._fleet, now_utc=self._now_utc())
        try:
            with client_of(self._workspace) as client:
                results = ingest_feeds(request, client)
        except FleetError as error:
            log.warning("sources were not asked", reason=" ".join(str(error).split()))
            return
        for result in results:
            if result.error:
                log.warning("a source failed", reason=" ".join(result.error.split()))
        new, revised = (sum(getattr(result, name) for result in results) for name in ("new", "revised"))
        log.info("asked the sources", sources=len(results), new=new, revised=revised)
