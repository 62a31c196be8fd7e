"""Discordant cases: the third reader sees both reads without a name and settles."""

from __future__ import annotations

import streamlit as st

from lesionscope.core.case import BlindCase, BlindLine
from lesionscope.core.people import Act, Reader
from lesionscope.pages import case_sheet, frame, session
from lesionscope.pages.case_sheet import CASE_ADDRESS, go_to
from lesionscope.store.store import Store

CHOICES = ("Read 1 stands", "Read 2 stands", "Neither: score anew")


def show_list(lines: list[BlindLine]) -> None:
    """Show the discordant cases of each campaign."""
    if not lines:
        st.info("No discordant case waits for you.", icon=":material/inbox:")
        return
    told: set[str] = set()
    for line in lines:
        if line.campaign not in told:
            case_sheet.show_standing(line)
            told.add(line.campaign)
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            words = f"{case_sheet.state_words(line)}{case_sheet.due_words(line.days_left)}"
            st.markdown(f"**Case {line.code}** · campaign {line.campaign} · {words}")
            if case_sheet.may_look(line) and st.button(
                "Settle" if case_sheet.is_due(line) else "Look",
                key=f"settle.{line.code}",
                type="primary" if case_sheet.is_due(line) else "secondary",
            ):
                go_to(line.code)


def show_case(reader: Reader, case: BlindCase) -> None:
    """Show a discordant case: its photos, both reads, and the way to settle it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"Case {case.line.code}", width="content", anchor=False)
        st.caption(f"{case_sheet.state_words(case.line)} · {case.design}", width="content")
        if st.button("All cases", icon=":material/list:", key="all_cases"):
            go_to(None)
    pictured, beside = st.columns([1.25, 1], gap="medium")
    with pictured:
        case_sheet.show_photos(reader, case)
    with beside:
        columns = {f"Read {n}": one for n, one in enumerate(case.others, start=1)}
        if case.read is not None:
            columns["Settled"] = case.read
        rows = case_sheet.compared(case, columns)
        for row in rows:
            row["Differs"] = "yes" if row["Read 1"] != row["Read 2"] else ""
        st.dataframe(rows, hide_index=True)
        st.caption("Which reader made which read is drawn anew for every case and not shown.")
        if case_sheet.is_due(case.line):
            show_settling(case.line.code)


@st.fragment
def show_settling(code: str) -> None:
    """Show the choice, the form where neither read stands, and the signature."""
    reader = session.reader_here()
    case = case_sheet.case_as_it_is_now(reader, code)
    if not case_sheet.is_due(case.line):  # it was settled since, here or in another tab
        st.toast(f"Case {code} is settled.", icon=":material/gavel:")
        go_to(None)
    session.show_notices()
    choice = st.radio("What stands", CHOICES, index=None, key=f"choice.{code}")
    if choice == CHOICES[2]:
        case_sheet.show_form(case, locked=False)
        st.caption(case_sheet.blank_words(case))
    with st.form(f"sign.{code}"):
        st.text_area("Reason", key=f"why.{code}", height=70)
        st.text_input(
            "Your password",
            type="password",
            key=f"password.{code}",
            autocomplete="current-password",
        )
        st.form_submit_button(
            "Sign and settle",
            type="primary",
            icon=":material/gavel:",
            on_click=session.attempt,
            args=(settle, code),
        )


def settle(store: Store, reader: Reader, code: str) -> None:
    """Settle a case as its form stands."""
    choice = st.session_state.get(f"choice.{code}")
    if choice is None:
        raise ValueError("choose what stands")
    anew = choice == CHOICES[2]
    store.settle_case(
        reader,
        code,
        st.session_state.get(f"password.{code}") or "",
        choice=None if anew else CHOICES.index(choice) + 1,
        scores=case_sheet.scores_of(case_sheet.case_to_sign(store, reader, code)) if anew else None,
        reason=st.session_state.get(f"why.{code}") or "",
    )


reader = session.reader_here()
session.require(reader, Act.SETTLE_CASES)
frame.heading("Discordant cases")
code = st.query_params.get(CASE_ADDRESS)
if code is None:
    show_list([line for line in session.store().my_cases(reader) if line.settles])
else:
    try:
        case = session.store().blind_case(reader, code)
        if not case.line.settles:
            raise ValueError("this case is yours to read: open it from the blinded cases")
        show_case(reader, case)
    except session.REFUSALS as refusal:
        st.error(session.sentence(refusal), icon=":material/block:")
        if st.button("All cases", icon=":material/list:", key="back_to_cases"):
            go_to(None)
