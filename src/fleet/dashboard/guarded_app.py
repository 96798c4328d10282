"""The server of the dashboard: Streamlit's application behind the request guard. `streamlit run` looks for `app`."""

import os
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path

import streamlit
from starlette.middleware import Middleware
from streamlit.starlette import App
from uvicorn import Server

from fleet.dashboard.request_guard import RequestGuard
from fleet.dashboard.serve import HOSTS_VARIABLE
from fleet.request_hosts import LOOPBACK_NAMES


@asynccontextmanager
async def _ends_well(_: App) -> AsyncIterator[None]:
    """Let SIGTERM and Ctrl-C end the server with code 0.

    uvicorn by itself also ends in order, but then raises the signal again. The exit code would look like a crash.
    """
    # The modules of the pages take seconds to import, so they are imported before the first reader comes.
    threading.Thread(target=import_module, args=("fleet.dashboard.app",), daemon=True).start()
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    if isinstance(server, Server):
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: setattr(server, "should_exit", True))
    yield


app = App(
    Path(__file__).with_name("app.py"),
    lifespan=_ends_well,
    middleware=[
        Middleware(
            RequestGuard,
            hosts=(*LOOPBACK_NAMES, *filter(None, os.environ.get(HOSTS_VARIABLE, "").split(","))),
            page=Path(streamlit.__file__).parent / "static" / "index.html",
        )
    ],
)
