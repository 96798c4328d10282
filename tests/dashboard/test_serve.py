import sys
from pathlib import Path

from fleet.dashboard import serve


def test_the_server_listens_on_loopback_and_reports_nothing():
    words = serve.command(8_123)
    assert words[:4] == [sys.executable, "-m", "streamlit", "run"]
    assert Path(words[4]).is_file()
    options = dict(zip(words[5::2], words[6::2], strict=True))
    assert options["--server.port"] == "8123"
    assert options["--server.address"] == "127.0.0.1"
    assert options["--browser.gatherUsageStats"] == "false"


def test_the_workspace_and_the_exit_code_are_passed_on(tmp_path, monkeypatch):
    child = "import os, sys; sys.exit(len(os.listdir(os.environ['FLEET_HOME'])))"
    for name in "abc":
        (tmp_path / name).touch()
    monkeypatch.setattr(serve, "command", lambda port: [sys.executable, "-c", child])
    assert serve.serve(tmp_path, 8_123) == 3
