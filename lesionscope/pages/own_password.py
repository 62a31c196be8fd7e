"""Choosing one's own password: when one likes, or because the owner set the present one."""

from __future__ import annotations

import streamlit as st

from lesionscope.core.people import Reader
from lesionscope.pages import session
from lesionscope.store.passwords import LONGEST, SHORTEST


def show_due(reader: Reader) -> None:
    """Show nothing but the change that is due, and the way out."""
    _, middle, _ = st.columns([1, 1.3, 1])
    with middle:
        st.title("Choose your password", anchor=False)
        session.show_notices()
        st.markdown(
            f"{reader.full_name}, the owner of this installation set your password. Choose one "
            "that only you know: it stands for your signature."
        )
        show_change(reader)
        st.button("Sign out", on_click=session.sign_out, key="sign_out", icon=":material/logout:")


def show_change(reader: Reader) -> None:
    """Show the form that changes the password of the reader."""
    with st.form("change_password", width=520):
        old = st.text_input(
            "Present password",
            type="password",
            key="password_old",
            autocomplete="current-password",
        )
        new = st.text_input(
            "New password",
            type="password",
            key="password_new",
            autocomplete="new-password",
            help=f"{SHORTEST} to {LONGEST} characters. Several words are easy to remember.",
        )
        again = st.text_input(
            "New password again",
            type="password",
            key="password_again",
            autocomplete="new-password",
        )
        if not st.form_submit_button("Change password", type="primary"):
            return
    if new != again:
        st.error("The two new passwords differ. Type the same one twice.")
        return
    try:
        session.store().change_password(reader, old or "", new or "")
    except session.REFUSALS as refusal:
        st.error(session.sentence(refusal))
        return
    session.say("Your password is changed. You were signed out everywhere else.", "check_circle")
    session.sign_in(reader)
