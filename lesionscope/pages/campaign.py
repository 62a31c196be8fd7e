"""Read campaigns: set one up, follow it, answer what readers ask, unlock what they locked."""

from __future__ import annotations

import streamlit as st

from lesionscope.core.campaign import Standing
from lesionscope.core.case import CaseState
from lesionscope.core.people import Act, Reader, may
from lesionscope.core.sites import FACTS
from lesionscope.pages import frame, session
from lesionscope.pages.campaign_plan import show_setting_up
from lesionscope.pages.campaign_standing import show_standing
from lesionscope.store.case_binder import Binder
from lesionscope.store.case_unlocks import UnlockRequest
from lesionscope.store.queries import Query
from lesionscope.store.store import Store

CAMPAIGN = "campaign_id"
PARTS = ("Follow", "Queries", "Unlocks", "New campaign")


def answer_unlock(store: Store, reader: Reader, read_id: int, grant: bool) -> None:
    """Grant or refuse the unlock that the form is about."""
    store.answer_case_unlock(
        reader,
        read_id,
        st.session_state[f"unlock_password.{read_id}"],
        grant=grant,
        words=st.session_state[f"unlock_words.{read_id}"],
    )


def answer_query(store: Store, reader: Reader, query: Query) -> None:
    """Answer a query for the site."""
    store.answer_query(reader, query.id, st.session_state[f"query.{query.id}"])


def close_query(store: Store, reader: Reader, query: Query) -> None:
    """Close a query with words for the reader."""
    store.close_query(reader, query.id, st.session_state[f"query.{query.id}"])


def reopen_query(store: Store, reader: Reader, query: Query) -> None:
    """Open a query again."""
    store.reopen_query(reader, query.id, st.session_state[f"query.{query.id}"])


def chosen_campaign(reader: Reader) -> Binder | None:
    """Let a campaign be chosen; None before the first."""
    listed = session.store().campaigns(reader)
    if not listed:
        st.info("There is no campaign yet. Set up the first one.", icon=":material/campaign:")
        return None
    by_id = {one.id: one for one in listed}
    chosen = st.selectbox(
        "Campaign",
        list(by_id),
        format_func=lambda i: f"{by_id[i].code}: {by_id[i].plan.name}",
        key=CAMPAIGN,
        persist_state="session",
    )
    return session.store().campaign_binder(reader, int(chosen))


def show_following(reader: Reader) -> None:
    """Show how far each reader is, and what became of the cases."""
    binder = chosen_campaign(reader)
    if binder is None:
        return
    names = {one.id: one.full_name for one in session.store().possible_readers(reader)}
    plan = binder.campaign.plan
    st.caption(
        f"{plan.design.value.capitalize()} · {plan.unit.value} · seed {plan.seed} · started by "
        f"{binder.campaign.started_by} on {frame.day_name(binder.campaign.started_at.date())}"
        + (f" · due {frame.day_name(plan.due)}" if plan.due else "")
    )
    show_standing(binder)
    for reader_id in (*plan.readers, plan.third_reader):
        settles = reader_id == plan.third_reader
        mine = binder.list_of(reader_id, settles=settles)
        locked = sum(slot.id in binder.reads for slot in mine)
        started = sum(binder.state(slot) is CaseState.STARTED for slot in mine)
        words = f"**{names.get(reader_id, 'account closed')}**: {locked} of {len(mine)} "
        words += "discordant cases settled" if settles else f"locked, {started} started"
        st.progress(locked / len(mine) if mine else 0.0, words)
    show_cases(reader, binder)


def show_cases(reader: Reader, binder: Binder) -> None:
    """Show the cases with what they were made from; scores stay out until both reads are locked."""
    origins = session.store().campaign_origins(reader, binder.campaign.id)
    rows = [
        {
            "Case": case.number,
            "Patient": origins[case.id].pseudonym,
            "Visit": origins[case.id].visit.label,
            "Sites": ", ".join(FACTS[site].label for site in case.sites),
            "Reads": f"{len(binder.first_reads(case.id))} of 2",
            "State": case_state(binder, case.id),
            "Why": "; ".join(found.words for found in binder.differ(case.id)),
        }
        for case in sorted(binder.cases.values(), key=lambda case: case.number)
    ]
    st.dataframe(rows, hide_index=True, height=min(420, 38 + 35 * len(rows)))


def case_state(binder: Binder, case_id: int) -> str:
    """Say what became of a case."""
    if binder.settlement(case_id) is not None:
        return "settled"
    closed = binder.campaign.standing is Standing.CLOSED
    if binder.differ(case_id):
        return "discordant, never settled" if closed else "discordant"
    if len(binder.first_reads(case_id)) == 2:
        return "agreed"
    return "not read by both" if closed else "being read"


def show_queries(reader: Reader) -> None:
    """Show what readers asked, and the way to answer, close and reopen."""
    listed = session.store().queries(reader)
    if not listed:
        st.caption("No reader has asked anything.")
    for query in listed:
        with st.container(border=True):
            st.markdown(f"**Patient {query.pseudonym}**, case {query.code} · {query.state}")
            for step in query.steps:
                st.markdown(f"- {step.step.value}, {step.by}: {step.words}")
            show_query_acts(reader, query)


def show_query_acts(reader: Reader, query: Query) -> None:
    """Offer what the role may do with a query in its state."""
    acts = []
    if query.state == "open" and may(reader.role, Act.ADD_PATIENT):
        acts.append(("Answer for the site", answer_query))
    if may(reader.role, Act.RUN_CAMPAIGN):
        if query.state != "closed":
            acts.append(("Close", close_query))
        if query.state != "open":
            acts.append(("Reopen", reopen_query))
    if not acts:
        return
    st.text_input(
        "Words",
        key=f"query.{query.id}",
        help="Closing and reopening words reach the blinded reader: no patient, visit or date.",
    )
    with st.container(horizontal=True):
        for label, act in acts:
            st.button(
                label,
                key=f"{label}.{query.id}",
                on_click=session.attempt,
                args=(act, query),
            )


def show_unlocks(reader: Reader) -> None:
    """Show who wants to sign a locked case anew."""
    listed = session.store().case_unlock_requests(reader)
    if not listed:
        st.caption("Nobody asks for an unlock.")
    for request in listed:
        show_unlock(request)


def show_unlock(request: UnlockRequest) -> None:
    """Show one request with the way to grant or refuse it."""
    with st.form(f"unlock.{request.read_id}"):
        st.markdown(
            f"**{request.reader}** asks to unlock case {request.code} "
            f"({frame.day_name(request.asked_at.date())}): {request.reason}"
        )
        left, right = st.columns(2)
        left.text_input("Remark", key=f"unlock_words.{request.read_id}")
        right.text_input(
            "Your password",
            type="password",
            key=f"unlock_password.{request.read_id}",
            autocomplete="current-password",
        )
        with st.container(horizontal=True):
            for label, grant in (("Unlock", True), ("Refuse", False)):
                st.form_submit_button(
                    label,
                    key=f"{label}.{request.read_id}",
                    on_click=session.attempt,
                    args=(answer_unlock, request.read_id, grant),
                )


SHOWN = {
    "Follow": show_following,
    "Queries": show_queries,
    "Unlocks": show_unlocks,
    "New campaign": show_setting_up,
}
NEEDS = {"Follow": Act.RUN_CAMPAIGN, "Unlocks": Act.GRANT_UNLOCK, "New campaign": Act.RUN_CAMPAIGN}

reader = session.reader_here()
session.require(reader, Act.READ_RECORD)
frame.heading("Read campaigns")
parts = [part for part in PARTS if may(reader.role, NEEDS.get(part, Act.READ_RECORD))]
part = st.segmented_control(
    "Part",
    parts,
    default=parts[0],
    required=True,
    key=session.CAMPAIGN_PART,
    persist_state="session",
    label_visibility="collapsed",
)
SHOWN[part or parts[0]](reader)
