"""Accounts: who may sign in, and in which role."""

from __future__ import annotations

import streamlit as st

from lesionscope.core.people import RIGHTS, Act, Reader, Role
from lesionscope.pages import frame, session
from lesionscope.store.store import Store


def add_account(store: Store, reader: Reader) -> None:
    """Add the account described in the form."""
    name = st.session_state["account_name"].strip()
    store.add_account(
        reader,
        name,
        st.session_state["account_full_name"].strip(),
        st.session_state["account_role"],
        st.session_state["account_password"],
    )
    session.say(f"Account {name} added.", "check_circle")


reader = session.reader_here()
session.require(reader, Act.MANAGE_ACCOUNTS)
frame.heading("Accounts")
listed, added = st.columns([1.4, 1], gap="large")
with listed:
    st.dataframe(
        [
            {
                "Name": account.name,
                "Full name": account.full_name,
                "Role": account.role.value,
                "May": ", ".join(act.value for act in Act if act in RIGHTS[account.role]),
            }
            for account in session.store().readers(reader)
        ],
        hide_index=True,
        width="stretch",
    )
with added, st.form("new_account"):
    st.text_input("Name to sign in with", key="account_name")
    st.text_input("Full name", key="account_full_name", help="Stands under signatures.")
    st.selectbox(
        "Role",
        [role for role in Role if role is not Role.OWNER],
        format_func=lambda role: role.value,
        key="account_role",
    )
    st.text_input("First password", type="password", key="account_password")
    st.form_submit_button(
        "Add account", type="primary", on_click=session.attempt, args=(add_account,)
    )
