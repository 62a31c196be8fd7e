"""Sign in; on the first start, make the owner's account."""

from __future__ import annotations

import logging

import streamlit as st

from lesionscope import logs
from lesionscope.pages import session


def show() -> None:
    """Show the form that this installation needs: the owner's account, or sign-in."""
    _, middle, _ = st.columns([1, 1.3, 1])
    with middle:
        st.title("LesionScope")
        session.show_notices()
        if session.store().has_owner():
            _sign_in()
        else:
            _create_owner()


def _create_owner() -> None:
    st.markdown("**First start.** Make the account of the owner of this installation.")
    with st.form("create_owner"):
        name = st.text_input("Name to sign in with", key="owner_name", autocomplete="username")
        full_name = st.text_input(
            "Full name", key="owner_full_name", help="Stands under your signature."
        )
        password = st.text_input("Password", type="password", key="owner_password")
        again = st.text_input("Password again", type="password", key="owner_password_again")
        if not st.form_submit_button("Create account", type="primary"):
            return
    if password != again:
        st.error("The two passwords differ. Type the same one twice.")
        return
    try:
        owner = session.store().create_owner(
            (name or "").strip(), (full_name or "").strip(), password or ""
        )
    except ValueError as refusal:
        st.error(session.sentence(refusal))
        return
    session.sign_in(owner)


def _sign_in() -> None:
    st.caption("Measures cutaneous dermatomyositis in clinical photos. You score and sign.")
    with st.form("sign_in"):
        name = st.text_input("Name", key="sign_in_name", autocomplete="username")
        password = st.text_input("Password", type="password", key="sign_in_password")
        submitted = st.form_submit_button("Sign in", type="primary")
    if submitted:
        try:
            reader = session.store().authenticate((name or "").strip(), password or "")
        except ValueError as refusal:
            logs.event(session.log, logging.WARNING, "sign-in refused", kind=type(refusal).__name__)
            st.error(session.sentence(refusal))
        else:
            session.sign_in(reader)
    if session.oidc_configured():
        _sign_in_elsewhere()


def _sign_in_elsewhere() -> None:
    if not st.user.is_logged_in:
        st.button("Sign in with your institution", on_click=st.login, icon=":material/domain:")
        return
    name = str(st.user.get("preferred_username") or st.user.get("email") or "")
    try:
        reader = session.store().admit(name, vouched_by=str(st.user.get("iss") or "OpenID"))
    except ValueError as refusal:
        st.error(session.sentence(refusal))
        st.button("Use another account", on_click=st.logout)
        return
    session.sign_in(reader)
