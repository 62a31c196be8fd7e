"""Score: the CDASI form of the visit, location by location, beside the photos that show it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st

from lesionscope.core.cdasi import CDASI, NOT_ASSESSABLE, Answer, FormItem, Part, score
from lesionscope.core.people import Act, Reader
from lesionscope.core.sites import FACTS
from lesionscope.pages import frame, pictures, session
from lesionscope.pages.baseline import show_cdasi_changes
from lesionscope.pages.components.form_keys import form_keys
from lesionscope.pages.draft import (
    GROUPS,
    Draft,
    Suggested,
    answer_name,
    draft_from,
    group_label,
)
from lesionscope.pages.instrument_facts import show_glossary, show_rights, show_sources
from lesionscope.pages.looked import show_looked
from lesionscope.pages.suggested import reasons_for_none, suggestions_of
from lesionscope.pages.visit_bsa import Measured, measured_photos
from lesionscope.scoring.field_suggestions import place_of
from lesionscope.store.store import Store

Suggestions = dict[str, Suggested]


@dataclass(frozen=True)
class Sheet:
    """The form on the table: what is answered, and what the machine says of each field.

    Attributes
    ----------
    visit_id : int
        Which visit.
    draft : Draft
        The answers so far.
    suggested : dict of str to Suggested
        By field.
    why_none : dict of str to str
        By field, why a photo could not grade it.
    shown : bool
        Whether suggestions are shown.
    """

    visit_id: int
    draft: Draft
    suggested: Suggestions
    why_none: dict[str, str]
    shown: bool


def load(store: Store, reader: Reader, visit_id: int) -> Draft:
    """Return the reader's draft of the visit."""
    return draft_from(store.draft(reader, visit_id))


def change(store: Store, reader: Reader, visit_id: int, to: Callable[[Draft], Draft]) -> None:
    """Change the newest draft in one step, so that quick clicks lose nothing."""
    with session.one_at_a_time():
        before = load(store, reader, visit_id)
        after = to(before)
        store.save_draft(reader, visit_id, after.content())
    for key in after.answers.keys() - before.answers.keys():
        session.follow(f"{session.ANSWER}.{visit_id}.{key}", after.answers[key])


def answer(store: Store, reader: Reader, visit_id: int, key: str, suggested: Suggestions) -> None:
    """Keep the level chosen for one field; choosing it again makes the field blank."""
    chosen: Answer | None = st.session_state[f"{session.ANSWER}.{visit_id}.{key}"]
    change(store, reader, visit_id, lambda draft: draft.answer(key, chosen, suggested.get(key)))


def fill(
    store: Store, reader: Reader, sheet: Sheet, groups: tuple[str, ...], value: Answer
) -> None:
    """Keep one answer for every blank field of some locations."""
    keys = [item.key for group in groups for item in GROUPS[group]]

    def filled(draft: Draft) -> Draft:
        blank = [key for key in keys if key not in draft.answers]
        return draft.fill(blank, value, sheet.suggested)

    change(store, reader, sheet.visit_id, filled)
    if len(groups) == 1:
        go_on(groups[0])


def fill_ticked(store: Store, reader: Reader, sheet: Sheet) -> None:
    """Set every field of the locations ticked as clear to 0."""
    fill(store, reader, sheet, tuple(st.session_state[f"clear.{sheet.visit_id}"]), 0)


def confirm(store: Store, reader: Reader, visit_id: int, suggested: Suggestions) -> None:
    """Keep the suggested level of every blank field given."""
    change(store, reader, visit_id, lambda draft: draft.confirm(suggested))


def go_on(group: str) -> None:
    """Open the location after this one."""
    order = list(GROUPS)
    st.session_state[session.LOCATION] = order[min(order.index(group) + 1, len(order) - 1)]


def show_progress(draft: Draft) -> None:
    """Show how far the form is, or its two totals; they are never added."""
    for part, place in zip(Part, st.columns(2), strict=True):
        state = score(part, draft.answers)
        words = f"**{part.value.capitalize()}**: {state.describe()}"
        place.progress(state.answered / state.required, words)


def location_state(group: str, draft: Draft) -> str:
    """Write how far a location is; empty before its first answer."""
    done, size = draft.answered(group), len(GROUPS[group])
    if done == size:
        return ":green[:material/check_circle: complete]"
    return f"{done} of {size}" if done else ""


def show_locations(draft: Draft, photographed: set[str]) -> str:
    """Show the list of locations and return the open one."""
    first = next((group for group in GROUPS if group in photographed), next(iter(GROUPS)))
    st.session_state.setdefault(session.LOCATION, first)
    group = st.radio(
        "Location",
        list(GROUPS),
        # The browser knows an option by its words, so these must not change with the answers.
        format_func=lambda group: (
            f"{':material/photo_camera: ' if group in photographed else ''}{group_label(group)}"
        ),
        captions=[location_state(group, draft) for group in GROUPS],
        key=session.LOCATION,
        persist_state="session",
        label_visibility="collapsed",
    )
    return str(group)


def show_unaffected(sheet: Sheet) -> None:
    """Offer to set locations that were examined and found clear to 0, several in one act."""
    blank = [
        group for group in GROUPS if not sheet.draft.answered(group) and not above_0(sheet, group)
    ]
    if not blank:
        return
    with (
        st.popover("Locations without disease", width="stretch"),
        st.form(f"unaffected.{sheet.visit_id}", border=False),
    ):
        st.pills(
            "Choose what you examined and found clear, activity and damage.",
            blank,
            selection_mode="multi",
            format_func=group_label,
            key=f"clear.{sheet.visit_id}",
        )
        st.form_submit_button(
            "Set all fields of these to 0", on_click=session.attempt, args=(fill_ticked, sheet)
        )


def above_0(sheet: Sheet, group: str) -> bool:
    """Return whether disease is suggested or answered for a location."""
    keys = [item.key for item in GROUPS[group]]
    suggested = any(sheet.suggested[key].level > 0 for key in keys if key in sheet.suggested)
    return suggested or any(sheet.draft.answers.get(key, 0) != 0 for key in keys)


def show_photos(reader: Reader, measured: Measured) -> None:
    """Show the photos of a location with their outlines."""
    if not measured:
        st.caption("No photo is assigned to this location.")
        return
    side = pictures.DETAIL // 2
    outline = st.toggle("Outline", value=True, key=session.SHOW_OUTLINE, persist_state="session")
    for photo, latest in measured:
        picture = (
            pictures.outlined(reader, photo, latest, side=side)
            if latest and outline
            else pictures.thumbnail(reader, photo, side)
        )
        st.image(picture, width="stretch", alt=f"{FACTS[photo.site].label}, {photo.name}")


def show_field(sheet: Sheet, item: FormItem) -> None:
    """Show one field: its levels, what the machine says of it, and how it was answered."""
    key = f"{session.ANSWER}.{sheet.visit_id}.{item.key}"
    session.begin_with(key, sheet.draft.answers.get(item.key))
    st.segmented_control(
        item.label,
        [*range(len(item.levels)), NOT_ASSESSABLE],
        format_func=lambda level: "n/a" if level == NOT_ASSESSABLE else answer_name(item, level),
        key=key,
        help=item.help or None,
        on_change=session.attempt,
        args=(answer, sheet.visit_id, item.key, sheet.suggested),
        wrap=True,
    )
    if sheet.shown and item.key in sheet.suggested:
        show_suggestion(sheet, item, sheet.suggested[item.key])
    elif sheet.shown and item.key in sheet.why_none:
        st.caption(sheet.why_none[item.key].capitalize())
    elif "never suggested" in item.help:
        st.caption(item.help)


def show_suggestion(sheet: Sheet, item: FormItem, suggestion: Suggested) -> None:
    """Show a suggestion with its reason, and the button that makes it an answer."""
    origin = sheet.draft.origins.get(item.key)
    tail = f" · {origin.value}" if origin else ""
    level = answer_name(item, suggestion.level)
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.caption(f"Suggested **{level}**: {suggestion.reason}{tail}", width="stretch")
        if st.button(
            "Where",
            icon=":material/frame_inspect:",
            help="Where the network looked",
            key=f"looked.{sheet.visit_id}.{item.key}",
            type="tertiary",
        ):
            show_looked(suggestion.photo_id, *place_of(item.key))
        if origin is None:
            st.button(
                f"Confirm {suggestion.level}",
                key=f"confirm.{sheet.visit_id}.{item.key}",
                on_click=session.attempt,
                args=(confirm, sheet.visit_id, {item.key: suggestion}),
            )


def show_shortcuts(sheet: Sheet, group: str) -> None:
    """Offer the acts on a whole location."""
    blank = {
        item.key: sheet.suggested[item.key]
        for item in GROUPS[group]
        if item.key in sheet.suggested and item.key not in sheet.draft.answers
    }
    with st.container(horizontal=True):
        if blank and sheet.shown:
            st.button(
                f"Confirm all {len(blank)}",
                type="primary",
                on_click=session.attempt,
                args=(confirm, sheet.visit_id, blank),
                key="confirm_location",
            )
        complete = sheet.draft.answered(group) == len(GROUPS[group])
        diseased = any(sheet.draft.answers.get(item.key, 0) != 0 for item in GROUPS[group])
        for words, value, pointless in (
            ("No disease: all 0", 0, complete or diseased),
            ("Rest n/a", NOT_ASSESSABLE, complete),
        ):
            st.button(
                words,
                on_click=session.attempt,
                args=(fill, sheet, (group,), value),
                key=f"fill_location.{value}",
                disabled=pointless,
            )
        st.button(
            "Next", icon=":material/arrow_forward:", on_click=go_on, args=(group,), key="next"
        )


reader = session.reader_here()
session.require(reader, Act.SIGN_READING)
patient, visit = session.visit_here(reader)
frame.heading("Score", patient, visit)
store = session.store()
draft = load(store, reader, visit.id)
signed = store.current_reading(reader, visit.id)
if signed is not None and draft.supersedes != signed.id:
    st.info(f"This visit is signed by {signed.reader_name}.", icon=":material/lock:")
    st.page_link(
        session.page_file("visit"), label="Visit and signature", icon=":material/signature:"
    )
    st.stop()
measured = measured_photos(store, reader, visit.id)
suggested = suggestions_of(measured)
left, right = st.columns([1, 2.9], gap="medium")
with left:
    shown = st.toggle(
        "Show suggestions",
        value=True,
        key=session.SHOW_SUGGESTIONS,
        persist_state="session",
        help="Whether they were shown is signed with the scores.",
    )
    if shown and suggested and not draft.suggestions_shown:
        change(store, reader, visit.id, lambda draft: replace(draft, suggestions_shown=True))
        draft = load(store, reader, visit.id)
    sheet = Sheet(visit.id, draft, suggested, reasons_for_none(measured), shown)
    show_unaffected(sheet)
    group = show_locations(draft, {photo.site.value for photo, _ in measured})
with right:
    show_progress(draft)
    show_cdasi_changes(store, reader, visit, draft.answers)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(group_label(group), width="content", anchor=False)
        st.caption("n/a: not assessable. It is not a zero, and it leaves the form without a total.")
    pictured, form = st.columns([1, 1.5], gap="medium")
    with pictured:
        show_photos(reader, [pair for pair in measured if pair[0].site.value == group])
        with st.expander("Glossary", icon=":material/menu_book:"):
            show_glossary(GROUPS[group])
    with form:
        show_shortcuts(sheet, group)
        form_keys()
        for item in GROUPS[group]:
            show_field(sheet, item)
with st.expander("Sources of the CDASI, and how sure each fact is", icon=":material/fact_check:"):
    show_sources(CDASI, store.instrument_settings(reader).adopted)
show_rights([CDASI])
