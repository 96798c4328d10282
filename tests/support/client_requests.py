"""Requests of the client to a test server, with short limits."""

from support.faulty_server import status
from support.payloads import CARBON, query_of

from fleet.sources.client import Client, Limits, Request
from fleet.sources.electricity_maps import ElectricityMaps

SECRET = "s3cret-key"  # noqa: S105 - made up
OK = status(200, b'{"zone": "DE"}')
QUICK = Limits(connect_s=0.5, read_s=0.3, total_s=20.0, most_bytes=100_000)


def query():
    return query_of("electricity_maps", [CARBON], first="2024-01-01", end="2024-01-02", zone="DE")


def get(url, *, client=None, **more):
    """Return the body that a client gets, and the seconds that it was asked to sleep."""
    waits = []
    with client or Client(limits=QUICK, sleep=waits.append) as used:
        request = Request(url=f"{url}/v4/data", headers={"auth-token": SECRET}, secret=SECRET, **more)
        return used.get(request, source=ElectricityMaps, query=query()), waits
