"""The files for operators: they parse, name what exists, and give no more rights than needed."""

import configparser
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from support.service_homes import Clock, client_of, job_body, open_service, write_service_home
from support.services import service_missing
from typer.main import get_command

from fleet.cli import app, load_command

DEPLOY = Path(__file__).parents[2] / "deploy"


def instructions():
    """Return the instructions of the container file."""
    text = re.sub(r"\\\n\s*", " ", (DEPLOY / "Containerfile").read_text())
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line and not line.startswith("#")]


def options_of(command):
    """Return the options of a command."""
    return {name for parameter in load_command(command).params for name in (*parameter.opts, *parameter.secondary_opts)}


def test_the_container_runs_as_nobody_special_from_the_locked_packages():
    found = instructions()
    last_stage = found[max(index for index, (name, _) in enumerate(found) if name == "FROM") :]
    assert [value for name, value in last_stage if name == "USER"] == ["10001:10001"]
    installs = [value for name, value in found if name == "RUN" and "pip install" in value]
    assert len(installs) == 2
    assert "--require-hashes -r requirements.lock" in installs[0]
    assert "--no-deps" in installs[1]
    assert not [value for name, value in found if name == "ADD" or "latest" in value]
    (copied,) = [value for name, value in found if name == "COPY" and "requirements.lock" in value]
    for name in copied.split()[:-1]:
        assert (DEPLOY.parent / name).exists()


def test_the_container_and_the_unit_start_a_command_that_exists():
    (entry,) = [json.loads(value) for name, value in instructions() if name == "ENTRYPOINT"]
    (words,) = [json.loads(value) for name, value in instructions() if name == "CMD"]
    unit = shlex.split(service_section()["ExecStart"])
    assert entry == ["fleet"]
    for name, *rest in (words, unit[1:]):
        assert name in get_command(app).commands or load_command(name)
        assert {word for word in rest if word.startswith("--")} <= options_of(name)


def service_section():
    """Return the settings of the service in the unit."""
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read_string((DEPLOY / "fleet.service").read_text())
    return dict(unit["Service"])


def test_the_unit_restarts_the_service_and_gives_it_no_rights():
    section = service_section()
    assert (section["Restart"], section["User"], section["KillMode"]) == ("always", "fleet", "mixed")
    for name in ("NoNewPrivileges", "ProtectHome", "PrivateTmp"):
        assert section[name] == "yes"
    assert (section["ProtectSystem"], section["CapabilityBoundingSet"]) == ("strict", "")


def metrics_of_service(tmp_path):
    """Return the names of all metrics of a service that has decided something."""
    service = open_service(write_service_home(tmp_path / "home"), Clock())
    with client_of(service) as client:
        service.loop.tick()
        client.post("/v1/jobs", json=job_body())
        return {line.split("{")[0].split()[0] for line in client.get("/metrics").text.splitlines() if line[0] != "#"}


@pytest.mark.slow
def test_alerts_and_dashboard_name_metrics_that_exist(tmp_path, monkeypatch):
    monkeypatch.delenv("FLEET_DATABASE_URL", raising=False)
    exported = metrics_of_service(tmp_path)
    rules = yaml.safe_load((DEPLOY / "prometheus_alerts.yaml").read_text())["groups"][0]["rules"]
    panels = json.loads((DEPLOY / "grafana_dashboard.json").read_text())["panels"]
    queries = [rule["expr"] for rule in rules] + [target["expr"] for panel in panels for target in panel["targets"]]
    named = {name for query in queries for name in re.findall(r"fleet_[a-z_]+", query)}
    assert len(named) >= 10
    assert named <= exported


@pytest.mark.service
def test_promtool_accepts_the_alerts_and_their_tests():
    if shutil.which("promtool") is None:
        service_missing("promtool is missing")
    for words in (("check", "rules", "prometheus_alerts.yaml"), ("test", "rules", "prometheus_alerts_test.yaml")):
        result = subprocess.run(["promtool", *words], cwd=DEPLOY, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
