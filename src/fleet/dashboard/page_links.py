"""Links from one page to another. The address names the page: `?page=risk`."""

from collections.abc import Mapping

import streamlit as st

PAGE_KEY, DECISION_KEY = "page", "decision"


def open_decision(decision_id: str) -> None:
    """Open one decision on its page, and name it in the address."""
    st.session_state[PAGE_KEY] = "decisions"
    st.query_params[DECISION_KEY] = decision_id


def link_to_decision(decision_id: str, *, place: str) -> None:
    """Show a link to one decision.

    Args:
        place: tells apart the links of one page to the same decision.
    """
    st.button(
        f"Open decision {decision_id[:8]}",
        key=f"open-{place}-{decision_id}",
        type="tertiary",
        on_click=open_decision,
        args=(decision_id,),
    )


def _open_page(page: str, choices: Mapping[str, str]) -> None:
    st.session_state[PAGE_KEY] = page
    for key, value in choices.items():
        st.session_state[key] = value


def link_to_page(page: str, label: str, **choices: str) -> None:
    """Show a link to another page.

    Args:
        choices: key of a widget there -> the value that the link chooses.
    """
    st.button(
        label, key=f"to-{page}-{'-'.join(choices.values())}", type="tertiary", on_click=_open_page, args=(page, choices)
    )
