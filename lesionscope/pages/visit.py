"""The visit in one view: totals, body surface, photos; and the signature under them."""

from __future__ import annotations

from itertools import pairwise

import streamlit as st

from lesionscope.core.catalogue import InstrumentSettings
from lesionscope.core.cdasi import NOT_ASSESSABLE, Part, item_named, score, severity_bands
from lesionscope.core.measurement import BsaEstimate, Convention
from lesionscope.core.people import Act, Reader, may
from lesionscope.core.reading import AnswerOrigin, Meaning, Reading
from lesionscope.core.signature import SignedKind
from lesionscope.core.sites import FACTS
from lesionscope.pages import countersign, frame, panel, pictures, session
from lesionscope.pages.baseline import show_cdasi_changes
from lesionscope.pages.bodies import body_caption
from lesionscope.pages.draft import Draft, answer_name, draft_from, draft_of, group_label
from lesionscope.pages.form_totals import show_signed_forms
from lesionscope.pages.imported import show_imported
from lesionscope.pages.report_download import show_report_download
from lesionscope.pages.visit_bsa import (
    Measured,
    bsa_of_visit,
    measured_photos,
    overlaps,
    show_account,
)
from lesionscope.scoring.visit_total import VisitBsa
from lesionscope.store.store import Store


def sign(
    store: Store,
    reader: Reader,
    visit_id: int,
    draft: Draft,
    bsa: BsaEstimate | None,
    ids: list[int],
) -> None:
    """Sign the draft and what lies before the reader, with the password typed in the form."""
    store.sign(
        reader,
        visit_id,
        st.session_state["sign_password"],
        answers=draft.answers,
        origins=draft.origins,
        bsa=bsa,
        meaning=Meaning.AUTHORSHIP,
        measurement_ids=ids,
        suggestions_shown=draft.suggestions_shown,
        supersedes=draft.supersedes,
        reason=st.session_state.get("sign_reason", ""),
    )


def begin_correction(store: Store, reader: Reader, reading: Reading) -> None:
    """Start a draft from a signed reading; the reading stays as it is."""
    store.save_draft(reader, reading.visit_id, draft_of(reading).content())


def drop_correction(store: Store, reader: Reader, visit_id: int) -> None:
    """Give up a correction that is not signed."""
    store.save_draft(reader, visit_id, Draft().content())


def show_totals(
    answers: Draft | Reading, areas: dict[str, BsaEstimate | None], settings: InstrumentSettings
) -> None:
    """Show the two CDASI totals, which are never added, and the body surface by convention."""
    boxes = st.columns(len(Part) + len(areas))
    for part, box in zip(Part, boxes, strict=False):
        state = score(part, answers.answers)
        top = 100 if part is Part.ACTIVITY else 32
        whole = f"{state.total} of {top}"
        partly = f"{state.answered} of {state.required} fields"
        with box.container(border=True, height="stretch"):
            st.metric(f"CDASI {part.value}", whole if state.total is not None else partly)
            st.caption(total_words(part, state.total, len(state.not_assessable), settings))
    for (name, estimate), box in zip(areas.items(), boxes[len(Part) :], strict=True):
        with box.container(border=True, height="stretch"):
            st.metric(name, "–" if estimate is None else f"{panel.figure(estimate.percent)} %")
            st.caption("not measurable" if estimate is None else panel.interval_words(estimate))


def total_words(part: Part, total: int | None, unclear: int, settings: InstrumentSettings) -> str:
    """Say what a total means, or why there is none."""
    if total is None:
        return f"no total: {unclear} not assessable" if unclear else "answered, no total yet"
    if part is Part.DAMAGE:
        return "complete"
    named = severity_bands(total, adopted=settings.adopted, cutoff=settings.severity_cutoff)
    return " · ".join(f"{band} ({source})" for source, band in named.items())


def show_coverage(bsa: VisitBsa) -> None:
    """Say which photos do not count, and which locations nobody photographed."""
    left_out = [
        f"{part.photo} ({FACTS[part.site].label}, "
        + ("not measurable)" if part.bsa is None else "counted from another photo)")
        for part in bsa.left_out
    ]
    if left_out:
        st.caption(f"**Not counted in the BSA**: {', '.join(left_out)}.")
    if bsa.unseen:
        names = ", ".join(FACTS[site].label for site in bsa.unseen)
        st.caption(f"**Not photographed**, so not in the BSA: {names}.")


def show_photos(reader: Reader, measured: Measured) -> None:
    """Show the photos of the visit with their outlines."""
    with st.grid("auto", min_column_width=190):
        for photo, latest in measured:
            with st.container(gap="xxsmall"):
                picture = (
                    pictures.outlined(reader, photo, latest)
                    if latest
                    else pictures.thumbnail(reader, photo)
                )
                st.image(picture, width="stretch", alt=photo.name)
                bsa = latest and panel.with_interval(latest.document, "bsa_percent", "%")
                st.caption(f"**{FACTS[photo.site].label}** · {bsa or 'not measurable'}")


def show_answers(answers: Draft | Reading) -> None:
    """List every answer with how it came about."""
    rows = [
        {
            "Location": group_label(item.site.value if item.site else "nails_and_hair"),
            "Field": item.label,
            "Answer": answer_name(item, answer),
            "Origin": AnswerOrigin(answers.origins[key]).value,
        }
        for key, answer in answers.answers.items()
        for item in [item_named(key)]
        if answer != 0
    ]
    zeros = sum(answer == 0 for answer in answers.answers.values())
    unclear = sum(answer == NOT_ASSESSABLE for answer in answers.answers.values())
    st.caption(f"{zeros} fields scored 0, {unclear} not assessable; the others:")
    if rows:
        st.dataframe(rows, hide_index=True, width="stretch")


def show_signature(reading: Reading) -> None:
    """Show the signature line of a reading."""
    shown = "seen" if reading.suggestions_shown else "not seen"
    st.markdown(
        f":material/signature: **{reading.reader_name}**, {reading.meaning.value}, "
        f"{reading.signed_at:%d %b %Y %H:%M} UTC"
    )
    st.caption(
        f"Suggestions {shown} · {len(reading.measurement_ids)} measurements · "
        f"content sha256 {reading.content_sha256[:16]}…"
    )


def show_earlier(store: Store, reader: Reader, readings: list[Reading]) -> None:
    """Show the readings that a later one replaced: they stay in the record."""
    for old, new in pairwise(readings):
        with st.expander(f"Superseded reading of {old.signed_at:%d %b %Y %H:%M} UTC"):
            show_signature(old)
            countersign.show_countersignatures(store, reader, SignedKind.READING, old.id)
            st.caption(f"Replaced because: {new.reason}")
            totals = " · ".join(f"{p.value} {old.score(p).describe()}" for p in Part)
            st.markdown(f"CDASI {totals} · BSA {panel.bsa_words(old.bsa)}")
            show_answers(old)


def show_sign_form(visit_id: int, draft: Draft, bsa: VisitBsa, measured: Measured) -> None:
    """Show what a signature would cover, and ask for the password again."""
    ids = [latest.id for _, latest in measured if latest is not None]
    states = [score(part, draft.answers) for part in Part]
    st.subheader("Sign" if draft.supersedes is None else "Sign the correction")
    for state in states:
        if state.total is None:
            st.caption(f":orange[:material/warning:] CDASI {state.part.value}: {state.describe()}.")
    with st.form("sign", width=520):
        st.markdown(
            f"You sign **{len(draft.answers)} scores**, **BSA {panel.bsa_words(bsa.total)}** "
            f"and **{len(ids)} measurements** as shown on this page. "
            "You sign as its author; others review or approve it. A signed reading is not changed; "
            "it can only be superseded, with a reason."
        )
        if draft.supersedes is not None:
            st.text_input("Reason for the correction", key="sign_reason")
        st.text_input("Your password", type="password", key="sign_password")
        st.form_submit_button(
            "Sign",
            type="primary",
            icon=":material/signature:",
            on_click=session.attempt,
            args=(sign, visit_id, draft, bsa.total, ids),
        )
    if draft.supersedes is not None:
        st.button(
            "Discard the correction", on_click=session.attempt, args=(drop_correction, visit_id)
        )


reader = session.reader_here()
patient, visit = session.visit_here(reader)
frame.heading("Visit and signature", patient, visit)
store = session.store()
measured = measured_photos(store, reader, visit.id)
again = overlaps(reader, measured)
protocol = bsa_of_visit(measured, Convention.PROTOCOL, again)
adjusted = bsa_of_visit(measured, Convention.ADJUSTED, again)
settings = store.instrument_settings(reader)
signed = store.current_reading(reader, visit.id)
may_sign = may(reader.role, Act.SIGN_READING)
draft = draft_from(store.draft(reader, visit.id)) if may_sign else Draft()
correcting = signed is not None and draft.supersedes == signed.id
if signed is not None and not correcting:
    show_totals(signed, {"BSA signed, handprint = 1 %": signed.bsa}, settings)
    show_cdasi_changes(store, reader, visit, signed.answers)
    show_signature(signed)
    locked = countersign.show(store, reader, SignedKind.READING, signed.id, signed.reader_id)
    if may_sign and not locked:
        st.button(
            "Correct this reading",
            icon=":material/edit:",
            on_click=session.attempt,
            args=(begin_correction, signed),
        )
else:
    show_totals(
        draft,
        {"BSA, handprint = 1 %": protocol.total, "BSA, handprint = 0.87 %": adjusted.total},
        settings,
    )
    show_cdasi_changes(store, reader, visit, draft.answers)
    show_account(protocol)
    show_coverage(protocol)
    st.caption(body_caption(store.body_history(reader, patient.id), visit))
    if not may_sign:
        st.caption("Nobody has signed this visit.")
show_signed_forms(store.forms(reader, visit.id))
show_imported(store, reader, visit.id)
show_report_download(reader, patient, visit)
show_photos(reader, measured)
shown = signed if signed is not None and not correcting else draft
if shown.answers:
    with st.expander("Scores", icon=":material/checklist:"):
        show_answers(shown)
if may_sign and (signed is None or correcting):
    if draft.answers or protocol.total is not None:
        show_sign_form(visit.id, draft, protocol, measured)
    else:
        st.page_link(
            session.page_file("score"), label="Score this visit", icon=":material/checklist:"
        )
show_earlier(store, reader, store.readings(reader, visit.id))
