import sys
from pathlib import Path

from fleet.dashboard import serve


def test_the_server_listens_on_loopback_and_sends_no_usage_statistics():
    arguments = serve.command(8_123)
    assert arguments[:4] == [sys.executable, "-m", "streamlit", "run"]
    assert Path(arguments[4]).is_file()
    options = dict(zip(arguments[5::2], arguments[6::2], strict=True))
    assert options["--server.port"] == "8123"
    assert options["--server.address"] == "127.0.0.1"
    assert options["--browser.gatherUsageStats"] == "false"


def test_the_server_gets_the_workspace_and_its_exit_code_is_returned(tmp_path, monkeypatch):
    server = "import os, sys; sys.exit(len(os.listdir(os.environ['FLEET_HOME'])))"
    for name in "abc":
        (tmp_path / name).touch()
    monkeypatch.setattr(serve, "command", lambda port: [sys.executable, "-c", server])
    assert serve.serve(tmp_path, 8_123) == 3
