"""How a campaign stands, in words, and the way to pause it, resume it and close it early."""

from __future__ import annotations

import streamlit as st

from lesionscope.core.campaign import Standing
from lesionscope.core.people import Reader
from lesionscope.pages import frame, session
from lesionscope.store.case_binder import Binder
from lesionscope.store.store import Store

_DONE = {
    Standing.PAUSED: "The campaign is paused. The readers are told why; what they entered is kept.",
    Standing.RUNNING: "The campaign goes on. The readers find their cases where they left them.",
    Standing.CLOSED: "The campaign is closed. What is locked stands; the rest is never due.",
}


def standing_words(binder: Binder) -> str:
    """Say how a campaign stands; empty while it is read.

    Parameters
    ----------
    binder : Binder
        The campaign.

    Returns
    -------
    str
        One or two sentences, with how many cases were read where it was closed early.
    """
    campaign = binder.campaign
    if campaign.standing is Standing.RUNNING:
        return ""
    last = campaign.changes[-1]
    read = f"{binder.complete()} of {len(binder.cases)} cases read by both readers"
    who = f"by {last.by} on {frame.day_name(last.at.date())}"
    return f"{last.standing.value.capitalize()}, {read}; {who}: {last.words.rstrip('.')}."


def change(store: Store, reader: Reader, campaign_id: int, changes: int, wanted: Standing) -> None:
    """Take the step that the form describes."""
    words = str(st.session_state.get(_words_key(campaign_id, changes)) or "")
    if wanted is Standing.PAUSED:
        store.pause_campaign(reader, campaign_id, words)
    elif wanted is Standing.RUNNING:
        store.resume_campaign(reader, campaign_id, words)
    elif st.session_state.get(f"standing_final.{campaign_id}.{changes}"):
        store.close_campaign(reader, campaign_id, words)
    else:
        raise ValueError("tick that closing is final, then close the campaign early")
    session.say(_DONE[wanted])


def show_standing(binder: Binder) -> None:
    """Show how the campaign stands, and what may be done about it."""
    campaign = binder.campaign
    if said := standing_words(binder):
        paused = campaign.standing is Standing.PAUSED
        st.warning(said, icon=f":material/{'pause_circle' if paused else 'cancel'}:")
    left = binder.left()
    if campaign.standing is Standing.CLOSED or not left:
        return
    paused = campaign.standing is Standing.PAUSED
    # Open still after a refusal, with the words that were refused.
    written = st.session_state.get(_words_key(campaign.id, len(campaign.changes)))
    label = "Resume or close early" if paused else "Pause or close early"
    with st.expander(label, expanded=bool(written)):
        _show_steps(campaign.id, len(campaign.changes), paused=paused, left=left)


def _words_key(campaign_id: int, changes: int) -> str:
    return f"standing_words.{campaign_id}.{changes}"


def _show_steps(campaign_id: int, changes: int, *, paused: bool, left: int) -> None:
    # Named by the steps before it: after each step an empty form.
    with st.form(f"standing.{campaign_id}.{changes}", border=False):
        st.text_input(
            "Reason, as the readers will read it",
            key=_words_key(campaign_id, changes),
            help="Blinded readers see these words: no patient, visit, day or reader.",
        )
        st.checkbox(
            f"Closing is final: {left} read{'s' if left > 1 else ''} or settlements that are "
            "missing will never be made",
            key=f"standing_final.{campaign_id}.{changes}",
        )
        step = (
            ("Resume", "play_arrow", Standing.RUNNING)
            if paused
            else ("Pause", "pause", Standing.PAUSED)
        )
        with st.container(horizontal=True):
            for label, icon, wanted in (step, ("Close early", "cancel", Standing.CLOSED)):
                st.form_submit_button(
                    label,
                    icon=f":material/{icon}:",
                    key=f"{label}.{campaign_id}.{changes}",
                    on_click=session.attempt,
                    args=(change, campaign_id, changes, wanted),
                )
