"""Links from one page to another. The address names the page: `?page=risk`."""

import streamlit as st

PAGE_KEY, DECISION_KEY = "page", "decision"


def open_decision(decision_id: str) -> None:
    """Open one decision on its page, and name it in the address."""
    st.session_state[PAGE_KEY] = "decisions"
    st.query_params[DECISION_KEY] = decision_id


def link_to_decision(decision_id: str) -> None:
    """Show a link to one decision."""
    st.button(
        f"Open decision {decision_id[:8]}",
        key=f"open-{decision_id}",
        type="tertiary",
        on_click=open_decision,
        args=(decision_id,),
    )
