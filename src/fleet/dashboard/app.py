"""The pages of the command center, for the workspace that FLEET_HOME names (`.fleet` by default).

`guarded_app.py` runs this file in Streamlit.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import streamlit as st

from fleet.dashboard.address import keep_in_address, take_from_address
from fleet.dashboard.literal import markdown_text
from fleet.dashboard.page_links import PAGE_KEY
from fleet.dashboard.page_style import STYLE
from fleet.dashboard.serve import HOME_VARIABLE
from fleet.dashboard.shown import Shown
from fleet.dashboard.terms import TERMS
from fleet.dashboard.time_choice import TimeUse, choose_time
from fleet.dashboard.views import (
    decisions_view,
    evidence_view,
    now_view,
    outcome_view,
    risk_view,
    water_view,
)
from fleet.errors import FleetError
from fleet.storage.workspace import DEFAULT_HOME

_HOME = "now"
_NAME = "Global Fleet Orchestrator"
# Name in the address -> title of the page, the function that shows it, and what it uses of the chosen time.
_PAGES: Mapping[str, tuple[str, Callable[[Shown], None], TimeUse]] = {
    "now": ("Now", now_view.show, "hour"),
    "risk": ("Forecast & risk", risk_view.show, "hour"),
    "water": ("Carbon vs water", water_view.show, "day"),
    "outcome": ("Scheduler outcome", outcome_view.show, "nothing"),
    "decisions": ("Decisions", decisions_view.show, "hour"),
    "evidence": ("Evidence", evidence_view.show, "nothing"),
}


def main() -> None:
    """Show the page that the address names."""
    st.set_page_config(page_title=_NAME, layout="wide")
    st.html(f"<style>{STYLE}</style>")
    with st.container(horizontal=True, vertical_alignment="center", key="navigation"):
        st.markdown(f"**{_NAME}**", width="content")
        take_from_address(PAGE_KEY, list(_PAGES), _HOME)
        page = st.segmented_control(
            "Page",
            list(_PAGES),
            required=True,
            format_func=lambda path: _PAGES[path][0],
            key=PAGE_KEY,
            label_visibility="collapsed",
        )
    keep_in_address(PAGE_KEY, _HOME)
    _, show, use = _PAGES[page or _HOME]
    _show(show, use)


def _show(show: Callable[[Shown], None], use: TimeUse) -> None:
    """Show a page below the choice of time. A workspace that cannot be read gives one line that says what to do."""
    try:
        shown = choose_time(str(Path(os.environ.get(HOME_VARIABLE) or DEFAULT_HOME)), use)
        show(shown)
    except FleetError as error:
        st.warning(markdown_text(str(error), keep_code=True))
        return
    with st.expander("Terms: headroom, bound, breach, contested and others"):
        st.markdown("\n".join(f"* **{term}**: {definition}" for term, definition in TERMS.items()))


if __name__ == "__main__":
    main()
