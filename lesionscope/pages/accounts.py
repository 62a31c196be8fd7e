"""Accounts: who may sign in, in which role, and how each account stands."""

from __future__ import annotations

import streamlit as st

from lesionscope.core.people import RIGHTS, Act, Reader, Role
from lesionscope.pages import frame, session
from lesionscope.store.standings import Standing
from lesionscope.store.store import Store


def add_account(store: Store, reader: Reader) -> None:
    """Add the account described in the form; its person changes the password first of all."""
    name = st.session_state["account_name"].strip()
    store.add_account(
        reader,
        name,
        st.session_state["account_full_name"].strip(),
        st.session_state["account_role"],
        st.session_state["account_password"],
        temporary=True,
    )
    session.say(
        f"Account {name} added. Its person chooses another password at the first sign-in.",
        "check_circle",
    )


def reset_password(store: Store, reader: Reader, person: Reader) -> None:
    """Set the password of a person who forgot it."""
    store.reset_password(reader, person.id, st.session_state["reset_password"])
    session.say(
        f"{person.full_name} has a new password and changes it at the next sign-in.",
        "check_circle",
    )


def change_state(store: Store, reader: Reader, standing: Standing) -> None:
    """Close an open account, or open a closed one."""
    person, reason = standing.reader, st.session_state["state_reason"]
    if standing.closed:
        store.reopen_account(reader, person.id, reason)
        session.say(f"The account of {person.full_name} is open again.", "check_circle")
    else:
        store.close_account(reader, person.id, reason)
        session.say(f"The account of {person.full_name} is closed.", "check_circle")


def sign_out_person(store: Store, reader: Reader, person: Reader) -> None:
    """Close every session of a person."""
    number = store.close_all_sessions(reader, person.id)
    session.say(f"{person.full_name} was signed out of {number} sessions.", "check_circle")


def state_words(standing: Standing) -> str:
    """Say how an account stands."""
    if standing.closed:
        return "closed"
    parts = []
    if standing.locked_until is not None:
        parts.append(f"locked until {standing.locked_until:%H:%M} UTC")
    if standing.must_change_password:
        parts.append("must change password")
    return ", ".join(parts) or "open"


def show_list(standings: list[Standing]) -> None:
    """Show every account and how it stands."""
    st.dataframe(
        [
            {
                "Name": one.reader.name,
                "Full name": one.reader.full_name,
                "Role": one.reader.role.value,
                "State": state_words(one),
                "Sessions": one.sessions,
                "Last sign-in, UTC": f"{one.last_sign_in:%Y-%m-%d %H:%M}"
                if one.last_sign_in
                else "never",
                "Reason": one.reason,
            }
            for one in standings
        ],
        hide_index=True,
        width="stretch",
    )


def show_person(reader: Reader, standings: list[Standing]) -> None:
    """Show what can be done to the account of another person."""
    others = {one.reader.id: one for one in standings if one.reader.id != reader.id}
    if not others:
        st.caption("There is no other account yet.")
        return
    chosen = st.selectbox(
        "Account",
        list(others),
        format_func=lambda number: others[number].reader.full_name,
        key="account_chosen",
        width=360,
    )
    standing = others[chosen]
    person = standing.reader
    forgotten, state = st.columns(2)
    with forgotten, st.form("reset", clear_on_submit=True):
        st.text_input(
            "New password",
            type="password",
            key="reset_password",
            autocomplete="new-password",
            help="Tell it to the person yourself. They choose another at the next sign-in.",
        )
        st.form_submit_button(
            "Reset password", on_click=session.attempt, args=(reset_password, person)
        )
    with state, st.form("state", clear_on_submit=True):
        st.text_input(
            "Reason to reopen" if standing.closed else "Reason to close", key="state_reason"
        )
        st.form_submit_button(
            "Reopen account" if standing.closed else "Close account",
            on_click=session.attempt,
            args=(change_state, standing),
            help="What the person signed stays. A closed account can be opened again.",
        )
    st.button(
        "Sign out everywhere",
        icon=":material/logout:",
        disabled=not standing.sessions,
        on_click=session.attempt,
        args=(sign_out_person, person),
    )


def show_add() -> None:
    """Show the form that adds an account."""
    with st.form("new_account"):
        st.text_input("Name to sign in with", key="account_name")
        st.text_input("Full name", key="account_full_name", help="Stands under signatures.")
        st.selectbox(
            "Role",
            [role for role in Role if role is not Role.OWNER],
            format_func=lambda role: role.value,
            key="account_role",
        )
        st.text_input(
            "First password",
            type="password",
            key="account_password",
            autocomplete="new-password",
            help="The person chooses another at the first sign-in.",
        )
        st.form_submit_button(
            "Add account", type="primary", on_click=session.attempt, args=(add_account,)
        )


def show_rights() -> None:
    """Show which role may do what."""
    st.dataframe(
        [
            {"Act": act.value} | {role.value: "✓" if act in RIGHTS[role] else "" for role in Role}
            for act in Act
        ],
        hide_index=True,
        width="stretch",
        height="content",
    )
    st.caption(
        "Every page, and every act in the record, asks for the right anew. Nobody countersigns "
        "what they signed, and nobody answers their own request to unlock."
    )


reader = session.reader_here()
session.require(reader, Act.MANAGE_ACCOUNTS)
frame.heading("Accounts")
standings = session.store().standings(reader)
show_list(standings)
person, added, rights = st.tabs(["Change an account", "Add an account", "Roles"])
with person:
    show_person(reader, standings)
with added:
    show_add()
with rights:
    show_rights()
