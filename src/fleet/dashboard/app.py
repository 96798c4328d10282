"""The command center: run by Streamlit, on the workspace that FLEET_HOME names."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import streamlit as st

from fleet.dashboard.data import Views, open_views
from fleet.dashboard.serve import HOME_VARIABLE
from fleet.dashboard.views import outcome_view as outcome
from fleet.dashboard.views import promise_view as promise
from fleet.dashboard.views import risk_view as risk
from fleet.dashboard.views import water_view as water
from fleet.errors import FleetError
from fleet.storage.workspace import DEFAULT_HOME, Workspace

_STYLE = """<style>
[data-testid="stHeader"] {height: 2.5rem; min-height: 2.5rem;}
.block-container {padding-top: 2.6rem; padding-bottom: 1.5rem; max-width: 1360px;}
[data-testid="stVerticalBlock"] {gap: 0.9rem;}
[data-testid="stMetricValue"] {font-size: 1.6rem;}
h3 {padding-bottom: 0;}
</style>"""


_PAGES: Mapping[str, tuple[str, Callable[[Views], None]]] = {
    "risk": ("Forecast & risk", risk.show),
    "water": ("Carbon vs water", water.show),
    "outcome": ("Scheduler outcome", outcome.show),
    "promise": ("Does the promise hold?", promise.show),
}


def main() -> None:
    """Show the chosen page, or one line on what is missing."""
    st.set_page_config(page_title="Global Fleet Orchestrator", layout="wide")
    st.html(_STYLE)
    try:
        views = open_views(Workspace(Path(os.environ.get(HOME_VARIABLE) or DEFAULT_HOME)))
    except FleetError as error:
        st.title("Global Fleet Orchestrator")
        st.warning(str(error))
        st.stop()
    _navigate(views)


def _navigate(views: Views) -> None:
    """Pages by click or by address: `?view=risk`, `?view=water`, `?view=outcome`, `?view=promise`."""
    if "view" not in st.session_state:
        asked = st.query_params.get("view", "")
        st.session_state["view"] = asked if asked in _PAGES else next(iter(_PAGES))
    title_column, page_column = st.columns([1, 2.6], vertical_alignment="center")
    title_column.markdown("#### Global Fleet Orchestrator")
    page = page_column.segmented_control(
        "Page",
        list(_PAGES),
        required=True,
        format_func=lambda key: _PAGES[key][0],
        key="view",
        label_visibility="collapsed",
    )
    if page is None:
        return
    st.query_params["view"] = page
    _PAGES[page][1](views)


if __name__ == "__main__":
    main()
