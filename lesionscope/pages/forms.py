"""Forms: the instruments of the visit beside CDASI, filled, signed, and superseded."""

from __future__ import annotations

from itertools import pairwise

import streamlit as st

from lesionscope.core.catalogue import InstrumentSettings, instruments
from lesionscope.core.cdasi import CDASI
from lesionscope.core.field import NOT_ASSESSABLE, Unset
from lesionscope.core.form import StoredForm, act_of
from lesionscope.core.instrument import Instrument, Rater
from lesionscope.core.people import Act, Reader, Visit, may
from lesionscope.core.reading import AnswerOrigin
from lesionscope.core.signature import SignedKind
from lesionscope.pages import countersign, frame, session
from lesionscope.pages.baseline import planned_visit
from lesionscope.pages.components.form_keys import form_keys
from lesionscope.pages.dssi_areas import proposed_for
from lesionscope.pages.form_draft import FormDraft, form_draft_from, form_draft_of
from lesionscope.pages.form_fields import FormSheet, confirm, fill, has_choices, show_fields
from lesionscope.pages.form_totals import (
    main_scores,
    show_boxes,
    show_form_changes,
    show_totals,
)
from lesionscope.pages.instrument_facts import mark, show_glossary, show_rights, show_sources
from lesionscope.store.store import Store

Drafts = dict[str, FormDraft]
CERTAIN_ENOUGH = 2
"""Grades that the interval of a measured area may allow for it to be confirmed with others."""


def sign(store: Store, reader: Reader, sheet: FormSheet) -> None:
    """Sign the draft as it lies on the page, with the password typed in the form."""
    told = sheet.draft.origins(sheet.proposed.levels())
    resting = any(origin is not AnswerOrigin.ENTERED for origin in told.values())
    store.sign_form(
        reader,
        sheet.visit_id,
        st.session_state["form_password"],
        instrument_id=sheet.instrument.id,
        answers=sheet.draft.answers,
        origins=told,
        measurement_ids=sheet.proposed.measurement_ids if resting else (),
        supersedes=sheet.draft.supersedes,
        reason=st.session_state.get("form_reason", ""),
    )


def keep(
    store: Store, reader: Reader, visit_id: int, instrument: Instrument, draft: FormDraft
) -> None:
    """Put a whole draft in the place of the one before: to correct a form, or to give that up."""
    store.save_form_draft(reader, visit_id, instrument.id, draft.content(instrument))


def state_of(instrument: Instrument, signed: StoredForm | None, draft: FormDraft) -> str:
    """Write how far a form is; empty before its first answer."""
    if signed is not None and draft.supersedes != signed.id:
        return ":green[:material/signature: signed]"
    if signed is not None:
        return ":orange[correction not signed]"
    done, size = len(draft.answers), len(instrument.fields)
    return f"draft, {done} of {size}" if done else ""


def show_choice(
    known: dict[str, Instrument],
    signed: dict[str, StoredForm],
    drafts: Drafts,
    asked: tuple[str, ...],
) -> str:
    """Show the instruments of the visit, those that the protocol asks for first; return one."""
    order = sorted(known, key=lambda name: name not in asked)
    st.session_state.setdefault(session.FORM, order[0])
    if st.session_state[session.FORM] not in known:
        st.session_state[session.FORM] = order[0]
    chosen = st.radio(
        "Instrument",
        order,
        # The browser knows an option by its words, so these must not change with the answers.
        format_func=lambda name: (
            f"{':material/event_available: ' if name in asked else ''}{known[name].name}"
        ),
        captions=[
            state_of(known[name], signed.get(name), drafts.get(name, FormDraft())) for name in order
        ],
        key=session.FORM,
        persist_state="session",
    )
    if asked:
        st.caption(":material/event_available: the protocol asks for it at this visit")
    return str(chosen)


def show_signature(form: StoredForm) -> None:
    """Show the signature line of a form."""
    st.markdown(
        f":material/signature: **{form.reader_name}**, {form.meaning.value}, "
        f"{form.signed_at:%d %b %Y %H:%M} UTC"
    )
    resting = f"areas from {len(form.measurement_ids)} measurements · "
    st.caption(
        f"{resting if form.measurement_ids else ''}content sha256 {form.content_sha256[:16]}…"
    )


def show_answers(form: StoredForm, other: StoredForm | None = None) -> None:
    """List the questions of a signed form with their answers.

    Parameters
    ----------
    form : StoredForm
        The form.
    other : StoredForm, optional
        The form that replaced it: its answers stand beside, where they differ.
    """
    rows = []
    for key, asked in form.asked.items():
        row = {"Group": asked.group, "Question": asked.label, "Answer": asked.words or "blank"}
        if form.measurement_ids:
            origin = form.origins.get(key)
            row["Origin"] = origin.value if origin else ""
        if other is not None:
            now = other.asked[key].words if key in other.asked else "not asked"
            row["Replaced by"] = "" if now == asked.words else now or "blank"
        rows.append(row)
    if other is not None:
        rows.sort(key=lambda row: not row["Replaced by"])
    st.dataframe(rows, hide_index=True, width="stretch")


def show_signed(
    store: Store, reader: Reader, visit: Visit, form: StoredForm, instrument: Instrument
) -> None:
    """Show a signed form: totals, change, answers, signature, and the way to correct it."""
    show_boxes(form.totals, {rule.id: mark(rule.certainty) for rule in instrument.scores})
    show_form_changes(store, reader, visit, form, instrument)
    show_signature(form)
    if form.supersedes is not None:
        st.caption(f"It replaces an earlier form because: {form.reason}")
    with st.expander("Answers", icon=":material/checklist:"):
        show_answers(form)
    locked = countersign.show(store, reader, SignedKind.FORM, form.id, form.reader_id)
    if may(reader.role, act_of(instrument)) and not locked:
        st.button(
            "Correct this form",
            icon=":material/edit:",
            on_click=session.attempt,
            args=(keep, visit.id, instrument, form_draft_of(form, instrument)),
        )


def show_earlier(store: Store, reader: Reader, forms: list[StoredForm]) -> None:
    """Show the forms that a later one replaced: they stay in the record."""
    for old, new in pairwise(forms):
        title = f"Superseded {old.instrument_name} of {old.signed_at:%d %b %Y %H:%M} UTC"
        with st.expander(title, icon=":material/history:"):
            show_signature(old)
            countersign.show_countersignatures(store, reader, SignedKind.FORM, old.id)
            st.caption(f"Replaced because: {new.reason}")
            st.markdown(" · ".join(f"{t.label} {t.words}" for t in old.totals.values()))
            show_answers(old, new)


def show_shortcuts(sheet: FormSheet) -> None:
    """Offer the acts on the whole form."""
    instrument, draft = sheet.instrument, sheet.draft
    blank = [field.key for field in instrument.fields if field.key not in draft.answers]
    # Where most of a region was not photographed, its grade is looked at one by one.
    open_areas = {
        key: area.level
        for key, area in sheet.proposed.areas.items()
        if key in blank and len(area.possible) <= CERTAIN_ENOUGH
    }
    with st.container(horizontal=True):
        if open_areas:
            st.button(
                f"Confirm {len(open_areas)} measured areas",
                type="primary",
                on_click=session.attempt,
                args=(confirm, sheet, open_areas),
                key="confirm_areas",
            )
        # A patient's blank is never filled in by somebody else.
        if instrument.rater is Rater.CLINICIAN and len(instrument.fields) > 1:
            for words, value in (("Rest 0", 0), ("Rest n/a", NOT_ASSESSABLE)):
                st.button(
                    words,
                    on_click=session.attempt,
                    args=(fill, sheet, value),
                    key=f"fill_form.{value}",
                    disabled=not blank,
                )


def show_fill(sheet: FormSheet, adopted: frozenset[str]) -> None:
    """Show the form to be filled, its totals, and the signature under it."""
    instrument, draft = sheet.instrument, sheet.draft
    show_totals(instrument, draft.answers, adopted)
    if draft.rescaled:
        st.warning(
            f"Left out, because the study has changed the scale: {_fields(len(draft.rescaled))}.",
            icon=":material/tune:",
        )
    if instrument.rater is Rater.PATIENT:
        st.caption(
            f"{instrument.fields[0].help} Copy the numbers from the paper; leave blank what the "
            "patient left blank."
        )
    else:
        st.caption("n/a: not assessable. It is not a zero, and it leaves the form without a total.")
    show_shortcuts(sheet)
    if has_choices(instrument):
        form_keys(unclear=instrument.rater is Rater.CLINICIAN)
    show_fields(sheet)
    if draft.answers:
        show_sign_form(sheet)
    if draft.supersedes is not None:
        st.button(
            "Discard the correction",
            on_click=session.attempt,
            args=(keep, sheet.visit_id, instrument, FormDraft()),
        )


def show_sign_form(sheet: FormSheet) -> None:
    """Say what a signature would cover, and ask for the password again."""
    draft, instrument = sheet.draft, sheet.instrument
    st.subheader("Sign" if draft.supersedes is None else "Sign the correction", anchor=False)
    blanks = len(instrument.fields) - len(draft.answers)
    if blanks:
        st.caption(f":orange[:material/warning:] Blank: {_fields(blanks)}.")
    found = instrument.totals(draft.answers)
    totals = " · ".join(f"{r.label}: {found[r.id].describe()}" for r in main_scores(instrument))
    with st.form("sign_form", width=520):
        st.markdown(
            f"You sign **{len(draft.answers)} answers** as shown on this page. **{totals}**. "
            "You sign as its author; others review or approve it. A signed form is not changed; "
            "it can only be superseded, with a reason."
        )
        if draft.supersedes is not None:
            st.text_input("Reason for the correction", key="form_reason")
        st.text_input("Your password", type="password", key="form_password")
        st.form_submit_button(
            "Sign",
            type="primary",
            icon=":material/signature:",
            on_click=session.attempt,
            args=(sign, sheet),
        )


def _fields(count: int) -> str:
    return "1 field" if count == 1 else f"{count} fields"


def show_form(
    store: Store, reader: Reader, visit: Visit, instrument: Instrument, draft: FormDraft
) -> None:
    """Show one instrument of the visit: signed, or to be filled, or why neither."""
    settings: InstrumentSettings = store.instrument_settings(reader)
    history = [f for f in store.forms(reader, visit.id) if f.instrument_id == instrument.id]
    current = history[-1] if history else None
    st.subheader(instrument.name, anchor=False)
    if current is not None and draft.supersedes != current.id:
        show_signed(store, reader, visit, current, instrument)
    elif not may(reader.role, act_of(instrument)):
        st.info(
            f"Nobody has signed this form. Your role, {reader.role.value}, may not "
            f"{act_of(instrument).value}.",
            icon=":material/lock:",
        )
    elif all(isinstance(field.scale, Unset) for field in instrument.fields):
        st.info(
            "The study has not set the scale of this instrument yet, so nothing can be entered: "
            "a 3 of five levels is no 3 of 10 cm. The data manager sets it in the protocol.",
            icon=":material/tune:",
        )
    else:
        proposed = proposed_for(store, reader, visit.id, instrument.id)
        show_fill(FormSheet(visit.id, instrument, draft, proposed), settings.adopted)
    show_earlier(store, reader, history)
    with st.expander("Glossary", icon=":material/menu_book:"):
        show_glossary(instrument.fields)
    with st.expander("Sources, and how sure each fact is", icon=":material/fact_check:"):
        show_sources(instrument, settings.adopted)
    show_rights([instrument])


def drafts_of(store: Store, reader: Reader, visit_id: int, known: dict[str, Instrument]) -> Drafts:
    """Return the reader's drafts of a visit, by instrument."""
    if not may(reader.role, Act.ENTER_FORM):
        return {}
    kept = store.form_drafts(reader, visit_id)
    return {name: form_draft_from(kept[name], known[name]) for name in kept if name in known}


reader = session.reader_here()
session.require(reader, Act.READ_RECORD)
patient, visit = session.visit_here(reader)
frame.heading("Forms", patient, visit)
store = session.store()
known = instruments(store.instrument_settings(reader))
known.pop(CDASI.id)
current = {form.instrument_id: form for form in store.forms(reader, visit.id)}
drafts = drafts_of(store, reader, visit.id, known)
planned = planned_visit(store, reader, visit)
left, right = st.columns([1, 3.4], gap="medium")
with left:
    name = show_choice(known, current, drafts, planned.instruments if planned else ())
with right:
    show_form(store, reader, visit, known[name], drafts.get(name, FormDraft()))
for former in {form.instrument_id for form in current.values()} - known.keys():
    with right, st.expander(f"{current[former].instrument_name}, no form of the study any more"):
        show_boxes(current[former].totals)
        show_signature(current[former])
        show_answers(current[former])
