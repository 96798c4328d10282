"""The settings of the service."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """How the service is run.

    Args:
        host, port: the address that is listened on. Without tokens only loopback is allowed.
        names: further allowed names of the host in requests, such as the name of a proxy.
        with_loop: plan the queue each hour; one of the processes on a database does it.
        most_body_bytes: a larger request body is refused.
        most_batch: most jobs in one request.
        most_streams: most readers of new decisions at the same time.
        answer_s: a request that waits longer for the database is told to ask again.
        ingest_s: how often the sources of the fleet file are asked; None never asks.
        tick_s: how often the loop looks for a new hour and new telemetry.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    names: tuple[str, ...] = field(default_factory=tuple)
    with_loop: bool = True
    most_body_bytes: int = 16 * 1024**2
    most_batch: int = 10_000
    most_streams: int = 100
    answer_s: float = 15.0
    ingest_s: float | None = None
    tick_s: float = 1.0
