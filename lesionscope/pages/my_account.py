"""My account: one's own password, where one is signed in, and what one's role may do."""

from __future__ import annotations

from datetime import datetime, timedelta

import streamlit as st

from lesionscope.core.people import RIGHTS, Act, Reader
from lesionscope.pages import frame, own_password, session
from lesionscope.pages.session_watch import minutes
from lesionscope.store.accounts import LOCKED_FOR, WRONG_TRIES
from lesionscope.store.sessions import IDLE, LONGEST


def time_words(at: datetime) -> str:
    """Write a time of the record."""
    return f"{frame.day_name(at.date())}, {at:%H:%M} UTC"


def sign_out_everywhere(reader: Reader) -> None:
    """Close every session of the reader, this one too."""
    session.store().close_all_sessions(reader)
    session.sign_out()
    session.say("You were signed out everywhere.", "check_circle")


reader = session.reader_here()
frame.heading("My account")
st.markdown(f"**{reader.full_name}**, {reader.role.value}. You sign in as `{reader.name}`.")
changed, open_now = st.columns(2, gap="large")
with changed:
    st.subheader("Change your password", anchor=False)
    own_password.show_change(reader)
    st.caption(
        f"After {WRONG_TRIES} wrong passwords a name is locked for {minutes(LOCKED_FOR)}. A "
        "forgotten password is set anew by the owner of this installation."
    )
with open_now:
    st.subheader("Where you are signed in", anchor=False)
    st.dataframe(
        [
            {"Signed in": time_words(opened), "Last used": time_words(used)}
            for opened, used in session.store().open_sessions(reader)
        ],
        hide_index=True,
        width="stretch",
    )
    st.caption(
        f"A session ends after {minutes(IDLE)} without use, and "
        f"{LONGEST // timedelta(hours=1)} hours after sign-in."
    )
    st.button(
        "Sign out everywhere",
        icon=":material/logout:",
        on_click=sign_out_everywhere,
        args=(reader,),
        help="Also here: you sign in again.",
    )
    st.subheader("What you may do", anchor=False)
    acts = [act.value for act in Act if act in RIGHTS[reader.role]]
    st.markdown(f"As {reader.role.value}: {', '.join(acts)}.")
