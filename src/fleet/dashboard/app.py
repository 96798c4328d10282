"""The pages of the dashboard, for the workspace that FLEET_HOME names (`.fleet` by default).

`guarded_app.py` runs this file in Streamlit.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import streamlit as st

from fleet.dashboard.data import ReplayData, open_replay
from fleet.dashboard.literal import markdown_text
from fleet.dashboard.serve import HOME_VARIABLE
from fleet.dashboard.terms import TERMS
from fleet.dashboard.views import outcome_view, promise_view, risk_view, water_view
from fleet.errors import FleetError
from fleet.storage.workspace import DEFAULT_HOME, Workspace

_STYLE = """<style>
[data-testid="stHeader"] {height: 2.5rem; min-height: 2.5rem;}
.block-container {padding-top: 2.6rem; padding-bottom: 1.5rem; max-width: 1360px;}
[data-testid="stVerticalBlock"] {gap: 0.9rem;}
[data-testid="stMetricValue"] {font-size: 1.6rem;}
[data-testid="stMetricLabel"] p {white-space: normal; overflow: visible; line-height: 1.25;}
@media (max-width: 1250px) {[data-testid="stMetricLabel"] {min-height: 2.5rem; align-items: end;}}
</style>"""

# Value of `view` in the address -> title of the page, and the function that shows the page.
_PAGES: Mapping[str, tuple[str, Callable[[ReplayData], None]]] = {
    "risk": ("Forecast & risk", risk_view.show),
    "water": ("Carbon vs water", water_view.show),
    "outcome": ("Scheduler outcome", outcome_view.show),
    "promise": ("Does the promise hold?", promise_view.show),
}


def main() -> None:
    """Show the chosen page. Without a readable replay, show one line that says what to do."""
    st.set_page_config(page_title="Global Fleet Orchestrator", layout="wide")
    st.html(_STYLE)
    try:
        replay = open_replay(Workspace(Path(os.environ.get(HOME_VARIABLE) or DEFAULT_HOME)))
    except FleetError as error:
        st.title("Global Fleet Orchestrator")
        st.warning(markdown_text(str(error), keep_code=True))
        st.stop()
    page = _choose_page()
    if page is not None:
        _PAGES[page][1](replay)
        _show_terms()


def _choose_page() -> str | None:
    """Return the key in _PAGES that the reader clicked, else the key in the address, such as `?view=water`."""
    if "view" not in st.session_state:
        requested = st.query_params.get("view", "")
        st.session_state["view"] = requested if requested in _PAGES else next(iter(_PAGES))
    title_column, page_column = st.columns([1, 2.6], vertical_alignment="center")
    title_column.markdown("#### Global Fleet Orchestrator")
    page: str | None = page_column.segmented_control(
        "Page",
        list(_PAGES),
        required=True,
        format_func=lambda key: _PAGES[key][0],
        key="view",
        label_visibility="collapsed",
    )
    if page is not None:
        st.query_params["view"] = page
    return page


def _show_terms() -> None:
    with st.expander("Terms: headroom, bound, breach, contested and others"):
        st.markdown("\n".join(f"* **{term}**: {definition}" for term, definition in TERMS.items()))


if __name__ == "__main__":
    main()
