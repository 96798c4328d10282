"""The server of the dashboard: Streamlit's own application behind the guard of its requests.

`streamlit run` finds `app` in this file.
"""

import os
from pathlib import Path

import streamlit
from starlette.middleware import Middleware
from streamlit.starlette import App

from fleet.dashboard.request_guard import LOOPBACK_NAMES, RequestGuard
from fleet.dashboard.serve import HOSTS_VARIABLE

app = App(
    Path(__file__).with_name("app.py"),
    middleware=[
        Middleware(
            RequestGuard,
            hosts=(*LOOPBACK_NAMES, *filter(None, os.environ.get(HOSTS_VARIABLE, "").split(","))),
            page=Path(streamlit.__file__).parent / "static" / "index.html",
        )
    ],
)
