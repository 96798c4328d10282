"""Runs the API with uvicorn until a signal ends it."""

import gc
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from fleet.service.app import create_app
from fleet.service.guarded_protocol import GuardedProtocol
from fleet.service.logs import configure_logs, log
from fleet.service.service_state import Service

_GRACE_S = 10
# New objects between two runs of the garbage collector.
_NEW_OBJECTS = 100_000


class _Server(uvicorn.Server):
    """Tells the service of the end first, so that streams of events end."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle the signals that end the server. uvicorn would raise them again, which looks like a crash."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._service.stopping.set()
        super().handle_exit(sig, frame)


def run_api(service: Service) -> None:
    """Serve until SIGINT or SIGTERM. Requests that were accepted are answered first."""
    configure_logs()
    _collect_rarely()
    settings = service.settings
    config = uvicorn.Config(
        create_app(service),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
        http=GuardedProtocol,
        ws="none",
    )
    log.info("listens", host=settings.host, port=settings.port)
    _Server(config, service).run()
    log.info("stopped")


def _collect_rarely() -> None:
    """Run Python's garbage collector less often. A batch makes many objects, which form no cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 20, 20)


def run_loop(service: Service) -> None:
    """Plan the hours without an API, until SIGINT or SIGTERM."""
    configure_logs()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: service.stopping.set())
    service.start()
    service.stopping.wait()
    service.stop()
    log.info("stopped")
