"""A real Prometheus server of its own, on loopback, with a history and one scraped exporter."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

from support.services import service_missing

_READY_S = 30


@contextmanager
def prometheus(folder: Path, *, exporter: str, history: Mapping[str, list[tuple[int, float]]]) -> Iterator[str]:
    """Run a server until the end of the block, and yield its address.

    Args:
        folder: an empty folder for its data.
        exporter: host and port of the exporter to scrape, each second.
        history: series, such as power_watts{hall="a"} -> (seconds since 1970, value), stored before the server starts.
    """
    program, tool = shutil.which("prometheus"), shutil.which("promtool")
    if program is None or tool is None:
        service_missing("prometheus is not installed")
    lines = [f"{series} {value} {second}" for series, values in history.items() for second, value in values]
    name = next(iter(history)).split("{")[0]
    (folder / "history.txt").write_text("\n".join([f"# TYPE {name} gauge", *lines, "# EOF", ""]))
    subprocess.run(
        [tool, "tsdb", "create-blocks-from", "openmetrics", "-q", folder / "history.txt", folder / "data"],
        check=True,
        capture_output=True,
    )
    config = {
        "global": {"scrape_interval": "1s"},
        "scrape_configs": [{"job_name": "pdu", "static_configs": [{"targets": [exporter]}]}],
    }
    # JSON is YAML.
    (folder / "prometheus.yml").write_text(json.dumps(config))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    server = subprocess.Popen(
        [
            program,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            "--storage.tsdb.retention.time=400d",
            f"--web.listen-address={address}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_scraped(f"http://{address}")
        yield f"http://{address}"
    finally:
        server.terminate()
        server.wait(timeout=_READY_S)


def _wait_until_scraped(url: str) -> None:
    query = quote('up{job="pdu"} == 1')
    end = time.monotonic() + _READY_S
    while time.monotonic() < end:
        try:
            with urlopen(f"{url}/api/v1/query?query={query}") as answer:  # noqa: S310 - a loopback address
                if json.load(answer)["data"]["result"]:
                    return
        except OSError:
            pass
        time.sleep(0.2)
    raise TimeoutError(f"{url} has not scraped its exporter after {_READY_S} s")
