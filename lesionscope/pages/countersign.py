"""Countersignatures and the lock: what other people add to a signed reading or form."""

from __future__ import annotations

import streamlit as st

from lesionscope.core.people import Act, Reader, may
from lesionscope.core.reading import Meaning
from lesionscope.core.signature import (
    COUNTER_MEANINGS,
    Countersignature,
    SignedKind,
    Unlock,
    UnlockState,
)
from lesionscope.pages import session
from lesionscope.store.store import Store

MEANING_HELP = {
    Meaning.REVIEW: "You looked at what was signed.",
    Meaning.APPROVAL: "You stand for it, and it is locked: it can be corrected only after an "
    "unlock.",
}
RIGHT_TO_ASK = {SignedKind.READING: Act.SIGN_READING, SignedKind.FORM: Act.ENTER_FORM}
"""Who may correct each kind, and so ask for its unlock."""


def countersign(store: Store, reader: Reader, kind: SignedKind, number: int) -> None:
    """Countersign with the meaning, words and password typed in the form."""
    meaning = st.session_state[f"counter_meaning.{kind}.{number}"]
    store.countersign(
        reader,
        kind,
        number,
        st.session_state[f"counter_password.{kind}.{number}"],
        meaning=meaning,
        words=st.session_state[f"counter_words.{kind}.{number}"],
    )
    session.say(f"Your {meaning.value} is signed.", "check_circle")


def request_unlock(store: Store, reader: Reader, kind: SignedKind, number: int) -> None:
    """Ask for an unlock with the reason typed in the form."""
    store.request_unlock(reader, kind, number, st.session_state[f"unlock_reason.{kind}.{number}"])
    session.say("Your request is kept. A second person must answer it.", "check_circle")


def grant(store: Store, reader: Reader, request: Unlock) -> None:
    """Unlock with the password typed in the form."""
    store.grant_unlock(reader, request.id, st.session_state[f"grant_password.{request.id}"])
    session.say(f"{request.kind.capitalize()} {request.entity_id} is unlocked.", "lock_open")


def refuse(store: Store, reader: Reader, request: Unlock) -> None:
    """Refuse an unlock with the reason typed in the form."""
    store.refuse_unlock(reader, request.id, st.session_state[f"refuse_reason.{request.id}"])
    session.say(f"The request of {request.asked_by} is refused.", "check_circle")


def show(store: Store, reader: Reader, kind: SignedKind, number: int, author_id: int) -> bool:
    """Show what others added to something signed, and what the reader may add.

    Returns
    -------
    bool
        Whether it is locked, so that it cannot be corrected.
    """
    given = show_countersignatures(store, reader, kind, number)
    is_locked = locked(store, reader, kind, number)
    mine = {one.meaning for one in given if one.signer_id == reader.id}
    left = [meaning for meaning in COUNTER_MEANINGS if meaning not in mine]
    if may(reader.role, Act.SIGN_READING) and reader.id != author_id and left:
        _show_countersigning(kind, number, left)
    return is_locked


def show_countersignatures(
    store: Store, reader: Reader, kind: SignedKind, number: int
) -> list[Countersignature]:
    """Show the countersignatures of something signed, and every unlock of it."""
    given = store.countersignatures(reader, kind, number)
    for one in given:
        words = f": “{one.words}”" if one.words else ""
        st.markdown(
            f":material/verified_user: **{one.signer_name}**, {one.meaning.value}, "
            f"{one.signed_at:%d %b %Y %H:%M} UTC{words}"
        )
    if given:
        st.caption(
            f"Each names the content above by its sha256, {given[0].signed_sha256[:16]}…, and has "
            "its own."
        )
    for unlock in store.unlocks(reader, kind, number):
        if unlock.state is not UnlockState.OPEN:
            _show_answer(unlock)
    return given


def _show_answer(unlock: Unlock) -> None:
    granted = unlock.state is UnlockState.GRANTED
    at = f"{unlock.answered_at:%d %b %Y %H:%M} UTC" if unlock.answered_at else ""
    why = "" if granted else f" Refused because: {unlock.answer}."
    st.caption(
        f":material/{'lock_open' if granted else 'lock'}: {unlock.asked_by} asked to unlock "
        f"({unlock.reason}); **{unlock.state.value}** by {unlock.answered_by}, {at}.{why}"
    )


def locked(store: Store, reader: Reader, kind: SignedKind, number: int) -> bool:
    """Say that something is locked, if it is, and let a second person unlock it."""
    approval = store.locked_by(reader, kind, number)
    if approval is None:
        return False
    st.markdown(
        f":material/lock: **Locked**: approved by {approval.signer_name}. It can be corrected "
        "after an unlock, which one person asks for and a second one grants."
    )
    asked = [u for u in store.unlocks(reader, kind, number) if u.state is UnlockState.OPEN]
    if asked:
        show_request(reader, asked[0])
    elif may(reader.role, RIGHT_TO_ASK[kind]):
        _show_asking(kind, number)
    return True


def _show_asking(kind: SignedKind, number: int) -> None:
    with (
        st.expander("Request an unlock", icon=":material/lock_open:"),
        st.form(f"unlock.{kind}.{number}", border=False, width=520),
    ):
        st.text_input("Reason for the unlock", key=f"unlock_reason.{kind}.{number}")
        st.form_submit_button(
            "Request unlock", on_click=session.attempt, args=(request_unlock, kind, number)
        )


def show_request(reader: Reader, request: Unlock) -> None:
    """Show an open request, and to a second person who may answer it the two answers."""
    st.markdown(
        f":material/pending: **{request.asked_by}** asked to unlock {request.kind.value} "
        f"{request.entity_id}, {request.asked_at:%d %b %Y %H:%M} UTC: “{request.reason}”"
    )
    if not may(reader.role, Act.GRANT_UNLOCK):
        st.caption("The owner or a data manager answers it.")
        return
    if reader.id == request.asked_by_id:
        st.caption("You asked for this yourself: a second person must answer it.")
        return
    granted, refused = st.columns(2)
    with granted, st.form(f"grant.{request.id}"):
        st.text_input(
            "Your password",
            type="password",
            key=f"grant_password.{request.id}",
            autocomplete="current-password",
        )
        st.form_submit_button(
            "Unlock", type="primary", on_click=session.attempt, args=(grant, request)
        )
    with refused, st.form(f"refuse.{request.id}"):
        st.text_input("Reason to refuse", key=f"refuse_reason.{request.id}")
        st.form_submit_button("Refuse", on_click=session.attempt, args=(refuse, request))


def _show_countersigning(kind: SignedKind, number: int, left: list[Meaning]) -> None:
    """Let a second person review or approve what another signed."""
    with (
        st.expander("Countersign", icon=":material/verified_user:"),
        st.form(f"countersign.{kind}.{number}", border=False, width=520),
    ):
        st.radio(
            "Meaning",
            left,
            format_func=lambda meaning: meaning.value,
            captions=[MEANING_HELP[meaning] for meaning in left],
            key=f"counter_meaning.{kind}.{number}",
        )
        st.text_input("Remark (may be empty)", key=f"counter_words.{kind}.{number}")
        st.text_input(
            "Your password",
            type="password",
            key=f"counter_password.{kind}.{number}",
            autocomplete="current-password",
        )
        st.form_submit_button(
            "Countersign",
            type="primary",
            icon=":material/verified_user:",
            on_click=session.attempt,
            args=(countersign, kind, number),
        )
