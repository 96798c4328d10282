"""The metrics of the service, for Prometheus. The number of label values is bounded: fleet, limits, routes, classes."""

from collections.abc import Callable, Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from fleet.service.commit_queue import Answer

_LATENCY_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_PLAN_S = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
_GROUP = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """Counters and histograms of one process. Gauges are read when they are asked for."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.decisions = self._counter("decisions", "Decisions of this process.", "verdict", "limit")
        self.queued = self._counter("queued_jobs", "Jobs that were queued without a decision.")
        self.failed_plans = self._counter("failed_plans", "Plans of an hour that failed.")
        self.groups = self._histogram("group_requests", "Requests in one commit.", _GROUP)
        self.plans = self._histogram("plan_seconds", "Time to plan an hour.", _PLAN_S)
        self.requests = self._histogram("request_seconds", "Time to answer.", _LATENCY_S, "method", "route", "status")

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"fleet_{name}", text, labels, registry=self._registry)

    def _histogram(self, name: str, text: str, buckets: Sequence[float], *labels: str) -> Histogram:
        return Histogram(f"fleet_{name}", text, labels, buckets=buckets, registry=self._registry)

    def count(self, answers: Sequence[Answer]) -> None:
        """Count the answers of one commit."""
        self.groups.observe(len(answers))
        for answer in answers:
            if isinstance(answer, Exception):
                continue
            for job in answer:
                if job.is_new and job.decision is not None:
                    self.decisions.labels(job.decision["verdict"], job.decision["binding"]["limit"]).inc()
                elif job.is_new:
                    self.queued.inc()

    def add_gauges(self, read: Callable[[], Iterable["Gauge"]]) -> None:
        """Read gauges at each scrape."""
        self._registry.register(_Gauges(read))

    def text(self) -> bytes:
        """Return all metrics in the text format."""
        return generate_latest(self._registry)


class Gauge:
    """One gauge with its values by labels."""

    def __init__(self, name: str, text: str, labels: Sequence[str] = ()) -> None:
        self.name, self.text, self.labels = name, text, labels
        self.values: list[tuple[Sequence[str], float]] = []

    def set(self, value: float, *labels: str) -> "Gauge":
        """Add a value."""
        self.values.append((labels, value))
        return self


class _Gauges:
    def __init__(self, read: Callable[[], Iterable[Gauge]]) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        for gauge in self._read():
            family = GaugeMetricFamily(gauge.name, gauge.text, labels=gauge.labels)
            for labels, value in gauge.values:
                family.add_metric(list(labels), value)
            yield family

    def describe(self) -> Iterable[Metric]:
        return []
