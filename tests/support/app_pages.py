"""The pages of the dashboard, run without a browser."""

from pathlib import Path

from streamlit.testing.v1 import AppTest
from support.sites import hour, job

import fleet.dashboard

APP = Path(fleet.dashboard.__file__).with_name("app.py")
NOW = "2024-05-20T01:40:00Z"
# Beta has 4 MW of headroom. The small job takes 3 MW of it, and the large one then lacks 4 MW.
LARGE = job("large", power_mw=5.0, deadline_utc=hour("2024-05-20T03"), regions=("beta",), home_region="beta")
SMALL = job("small", power_mw=3.0, deadline_utc=hour("2024-05-20T03"), regions=("beta",), home_region="beta")


def opened(name, **parameters):
    page = AppTest.from_file(str(APP), default_timeout=60)
    page.query_params["page"] = name
    for key, value in parameters.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception, page.exception
    return page


def metrics_of(page):
    return {metric.label: metric.value for metric in page.metric}


def texts_of(elements):
    return [element.value for element in elements]
