"""Blinded cases: a reader's own list, and one case at a time, scored and locked.

The address holds the case's opaque code and nothing else, so that reload and back lead to it.
"""

from __future__ import annotations

import streamlit as st

from lesionscope.core.campaign import Standing
from lesionscope.core.case import BlindCase, BlindLine, CaseState
from lesionscope.core.people import Act, Reader
from lesionscope.pages import case_sheet, frame, session
from lesionscope.pages.case_sheet import CASE_ADDRESS, go_to
from lesionscope.store.store import Store


def ask_unlock(store: Store, reader: Reader, code: str) -> None:
    """Ask for the unlock that the form describes."""
    store.ask_case_unlock(reader, code, st.session_state[f"unlock_reason.{code}"])
    session.say("Your request went to the study team. The case stays locked until they agree.")


def ask_site(store: Store, reader: Reader, code: str) -> None:
    """Send the question that the form holds."""
    store.ask_site(reader, code, st.session_state[f"question.{code}"])
    session.say("Your question went to the study team.", "check")


def show_list(lines: list[BlindLine]) -> None:
    """Show how far the reader is in each campaign, and the way to the next case."""
    if not lines:
        st.info("No case waits for you. New cases appear here.", icon=":material/inbox:")
        return
    for campaign in dict.fromkeys(line.campaign for line in lines):
        mine = [line for line in lines if line.campaign == campaign]
        locked = sum(line.state in (CaseState.LOCKED, CaseState.UNLOCK_ASKED) for line in mine)
        with st.container(border=True):
            st.markdown(f"**Campaign {campaign}**{case_sheet.due_words(mine[0].days_left)}")
            case_sheet.show_standing(mine[0])
            st.progress(locked / len(mine), f"{locked} of {len(mine)} cases locked")
            show_next(mine)


def show_next(mine: list[BlindLine]) -> None:
    """Offer the next case in the reader's order, and any other by its code."""
    due = [line for line in mine if case_sheet.is_due(line)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if due and st.button(
            f"Next case ({due[0].code})",
            type="primary",
            icon=":material/arrow_forward:",
            key=f"next.{mine[0].campaign}",
        ):
            go_to(due[0].code)
        by_code = {line.code: line for line in mine if case_sheet.may_look(line)}
        chosen = st.selectbox(
            "Any case",
            list(by_code),
            index=None,
            format_func=lambda code: (
                f"{by_code[code].place}. {code}, {case_sheet.state_words(by_code[code])}"
            ),
            placeholder="Open by its code",
            key=f"any.{mine[0].campaign}",
            width=360,
        )
    if chosen:
        st.session_state.pop(f"any.{mine[0].campaign}")
        go_to(chosen)


def following(reader: Reader, line: BlindLine) -> str | None:
    """Return the next case of the same campaign that waits for the reader."""
    mine = [
        one
        for one in session.store().my_cases(reader)
        if one.campaign == line.campaign and not one.settles and case_sheet.is_due(one)
    ]
    after = [one for one in mine if one.place > line.place]
    return (after or mine)[0].code if mine else None


def show_case(reader: Reader, case: BlindCase) -> None:
    """Show a case: its photos, and beside them its form."""
    line = case.line
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"Case {line.code}", width="content", anchor=False)
        st.caption(
            f"{line.place} of {line.of} · {case_sheet.state_words(line)} · {case.design}",
            width="content",
        )
        if st.button("All cases", icon=":material/list:", key="all_cases"):
            go_to(None)
    pictured, form = st.columns([1.25, 1], gap="medium")
    with pictured:
        case_sheet.show_photos(reader, case)
        show_questions(reader, case)
    with form:
        if case_sheet.is_due(line):
            show_reading(line.code)
        else:
            show_locked(reader, case)


@st.fragment
def show_reading(code: str) -> None:
    """Show the form of an open case and its signature; the photos are not sent again for it."""
    reader = session.reader_here()
    case = case_sheet.case_as_it_is_now(reader, code)
    if not case_sheet.is_due(case.line):  # it was locked since, here or in another tab
        leave(reader, case)
    session.show_notices()
    case_sheet.show_form(case, locked=False)
    anew = case.line.state is CaseState.UNLOCKED
    with st.form(f"lock.{code}", border=True):
        if anew:
            st.text_input("Why it is signed anew", key=f"reason.{code}")
        st.caption(case_sheet.blank_words(case))
        st.text_input(
            "Your password",
            type="password",
            key=f"password.{code}",
            autocomplete="current-password",
        )
        st.form_submit_button(
            "Sign and lock",
            type="primary",
            icon=":material/lock:",
            on_click=session.attempt,
            args=(lock, code),
        )


def lock(store: Store, reader: Reader, code: str) -> None:
    """Lock a case as its form stands."""
    case = case_sheet.case_to_sign(store, reader, code)
    store.lock_case(
        reader,
        code,
        st.session_state.get(f"password.{code}") or "",
        scores=case_sheet.scores_of(case),
        note=str(case_sheet.entered(case).get("note") or ""),
        reason=st.session_state.get(f"reason.{code}") or "",
    )


def leave(reader: Reader, case: BlindCase) -> None:
    """Go on from a locked case: to what the machine says of it where that is shown, or further."""
    st.toast(f"Case {case.line.code} is locked.", icon=":material/lock:")
    go_to(case.line.code if case.suggestion is not None else following(reader, case.line))


def show_locked(reader: Reader, case: BlindCase) -> None:
    """Show the reader's own locked scores, the machine's where allowed, and what is next."""
    columns = {"You": case.read or {}}
    if case.suggestion is not None:
        columns["Machine"] = case.suggestion
    st.dataframe(case_sheet.compared(case, columns), hide_index=True)
    if case.suggestion is not None:
        st.caption("The machine's suggestion was withheld until you had locked your scores.")
    after = following(reader, case.line)
    if after and st.button("Next case", type="primary", icon=":material/arrow_forward:"):
        go_to(after)
    if case.line.state is CaseState.LOCKED and case.line.standing is not Standing.CLOSED:
        with st.expander("Ask for this case to be unlocked"), st.form(f"unlock.{case.line.code}"):
            st.text_input("Reason", key=f"unlock_reason.{case.line.code}")
            st.form_submit_button(
                "Ask", on_click=session.attempt, args=(ask_unlock, case.line.code)
            )


def show_questions(reader: Reader, case: BlindCase) -> None:
    """Show what was asked about the case, what came back, and a way to ask."""
    code = case.line.code
    asked = session.store().my_queries(reader, code)
    title = "Ask the study team about these photos"
    with st.expander(f"{title} ({len(asked)})" if asked else title):
        for query in asked:
            for step in query.steps:
                st.markdown(f"**{step.step.value}**: {step.words}")
        if case.line.standing is Standing.CLOSED:
            st.caption("The campaign was closed early: nothing more is asked.")
            return
        with st.form(f"ask.{code}", border=False, clear_on_submit=True):
            st.text_input("Question", key=f"question.{code}")
            st.form_submit_button("Send", on_click=session.attempt, args=(ask_site, code))


reader = session.reader_here()
session.require(reader, Act.READ_CASES)
frame.heading("Blinded cases")
code = st.query_params.get(CASE_ADDRESS)
if code is None:
    show_list([line for line in session.store().my_cases(reader) if not line.settles])
else:
    try:
        case = session.store().blind_case(reader, code)
        if case.line.settles:
            raise ValueError("this case is yours to settle: open it from the discordant cases")
        show_case(reader, case)
    except session.REFUSALS as refusal:
        st.error(session.sentence(refusal), icon=":material/block:")
        if st.button("All cases", icon=":material/list:", key="back_to_cases"):
            go_to(None)
