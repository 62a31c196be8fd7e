"""The end of a session, told in time: a page left open must not go on showing a patient.

Nothing on a page happens without a click, so a page that nobody uses would stand there after its
session is over. Twice a minute this part asks the record; to ask is no use of the session.
"""

from __future__ import annotations

import math
from datetime import timedelta

import streamlit as st

from lesionscope.pages import session
from lesionscope.store.sessions import IDLE, LONGEST

WARN_BEFORE = timedelta(minutes=5)
"""How long before its end a session is announced to end."""
LOOK_EVERY = timedelta(seconds=30)


def minutes(time: timedelta) -> str:
    """Write a time in minutes, never less than is left."""
    number = math.ceil(time / timedelta(minutes=1))
    return f"{number} minute{'s' if number != 1 else ''}"


def stay() -> None:
    """Use the session, which keeps it open."""
    session.store().reader_of_session(str(st.session_state.get(session.TOKEN) or ""))


@st.fragment(run_every=LOOK_EVERY)
def watch_session() -> None:
    """Announce the end of the session while it can be kept open, and clear the page at its end."""
    token = st.session_state.get(session.TOKEN)
    if not token:
        return
    left = session.store().session_left(str(token))
    if left is None:
        st.rerun()
    if left <= WARN_BEFORE:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(
                f":material/schedule: **You will be signed out in {minutes(left)}.** A session "
                f"ends after {minutes(IDLE)} without use, and {LONGEST // timedelta(hours=1)} "
                "hours after sign-in."
            )
            st.button("Stay signed in", type="primary", on_click=stay, key="stay_signed_in")
