"""Keeps a choice in the address by its id. Streamlit's own binding would write the label that the reader sees."""

from collections.abc import Sequence

import streamlit as st


def take_from_address(key: str, options: Sequence[str], default: str) -> None:
    """Set the value of a widget from the address, before the widget is made for the first time.

    Args:
        key: key of the widget, and name of the parameter.
        options: the allowed ids; another one in the address is ignored.
    """
    if st.session_state.get(key) not in options:
        asked = st.query_params.get(key, default)
        st.session_state[key] = asked if asked in options else default


def keep_in_address(key: str, default: str) -> None:
    """Write the value of a widget into the address, if it is not the default."""
    value = st.session_state.get(key)
    if value is None or value == default:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != value:
        st.query_params[key] = value
