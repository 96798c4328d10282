"""A real Prometheus scrapes the service and evaluates the alerts."""

import json
import shutil
import subprocess
import time
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from support.service_clients import free_port, server
from support.service_homes import write_service_home
from support.services import service_missing

from fleet.ledger import sqlite_url

RULES = Path(__file__).parents[2] / "deploy" / "prometheus_alerts.yaml"

pytestmark = pytest.mark.service


def ask(port, path):
    with urlopen(f"http://127.0.0.1:{port}/api/v1/{path}", timeout=10) as answer:
        return json.loads(answer.read())["data"]


def test_prometheus_scrapes_the_service_and_evaluates_the_alerts(tmp_path):
    if shutil.which("prometheus") is None:
        service_missing("prometheus is missing")
    home = write_service_home(tmp_path / "home")
    with server(home, sqlite_url(tmp_path / "ledger.sqlite")) as process:
        port, config = free_port(), tmp_path / "prometheus.yaml"
        targets = f"[{{targets: ['127.0.0.1:{process.port}']}}]"
        config.write_text(
            f"global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: ['{RULES}']\n"
            f"scrape_configs: [{{job_name: fleet, static_configs: {targets}}}]\n"
        )
        words = ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={tmp_path}/tsdb"]
        words += [f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]
        with subprocess.Popen(words) as prometheus:
            try:
                checks = scraped(port)
                assert checks == dict.fromkeys(checks, 1.0) != {}
                groups = ask(port, "rules")["groups"]
                assert [rule["health"] for rule in groups[0]["rules"]] == ["ok"] * len(groups[0]["rules"])
                headroom = ask(port, "query?query=" + quote("min(fleet_headroom_mw)"))["result"]
                assert float(headroom[0]["value"][1]) == 4.0
            finally:
                prometheus.kill()


def scraped(port):
    """Wait until Prometheus has scraped a service that is ready, and evaluated once; return the checks."""
    until, checks = time.monotonic() + 180, {}
    while time.monotonic() < until:
        try:
            found = ask(port, "query?query=fleet_ready")["result"]
            evaluated = ask(port, "rules")["groups"][0]["rules"]
        except OSError:
            found, evaluated = [], []
        if all(rule["health"] == "ok" for rule in evaluated):
            checks = {one["metric"]["check"]: float(one["value"][1]) for one in found}
        if checks and all(checks.values()):
            break
        time.sleep(0.3)
    return checks
