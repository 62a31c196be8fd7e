"""The fields of any instrument as widgets: each change is kept at once.

A field is answered with the mouse, or with its number on the keyboard
(`lesionscope.pages.components.form_keys`). A blank stays a blank.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

import streamlit as st

from lesionscope.core.dssi_area import AreaProposal
from lesionscope.core.field import NOT_ASSESSABLE, Answer, Field, FromPhoto, Levels, Numbers, Unset
from lesionscope.core.form import answer_words
from lesionscope.core.instrument import Instrument
from lesionscope.core.people import Reader
from lesionscope.pages import session
from lesionscope.pages.dssi_areas import Proposed
from lesionscope.pages.form_draft import FormDraft, form_draft_from
from lesionscope.store.store import Store

FEW = 11
"""As many whole numbers are shown side by side; more are typed."""


@dataclass(frozen=True)
class FormSheet:
    """A form on the table.

    Attributes
    ----------
    visit_id : int
        Which visit.
    instrument : Instrument
        Which form, on the settings of the study.
    draft : FormDraft
        The answers so far.
    proposed : Proposed
        What measurements propose.
    """

    visit_id: int
    instrument: Instrument
    draft: FormDraft
    proposed: Proposed

    def key(self, name: str) -> str:
        """Return the key of a widget; a correction starts with widgets of its own."""
        of = f"{self.visit_id}.{self.instrument.id}.{self.draft.supersedes or 0}"
        return f"{session.FORM_ANSWER}.{of}.{name}"


def load(store: Store, reader: Reader, visit_id: int, instrument: Instrument) -> FormDraft:
    """Return the reader's draft of a form."""
    kept = store.form_drafts(reader, visit_id).get(instrument.id)
    return form_draft_from(kept, instrument)


def change(
    store: Store, reader: Reader, sheet: FormSheet, to: Callable[[FormDraft], FormDraft]
) -> None:
    """Change the newest draft in one step, so that quick clicks lose nothing."""
    instrument = sheet.instrument
    with session.one_at_a_time():
        before = load(store, reader, sheet.visit_id, instrument)
        after = to(before)
        content = after.content(instrument)
        store.save_form_draft(reader, sheet.visit_id, instrument.id, content)
    for key in after.answers.keys() - before.answers.keys():
        session.follow(sheet.key(key), after.answers[key])


def answer(store: Store, reader: Reader, sheet: FormSheet, key: str) -> None:
    """Keep what the widget of a field shows; nothing makes the field blank."""
    given: Answer | None = st.session_state[sheet.key(key)]
    scale = sheet.instrument.field(key).scale
    if isinstance(scale, Numbers) and isinstance(given, float) and not scale.decimals:
        given = round(given)
    change(store, reader, sheet, lambda draft: draft.answer(sheet.instrument, key, given))


def answer_unclear(store: Store, reader: Reader, sheet: FormSheet, key: str) -> None:
    """Keep "not assessable" for a typed number, or make it blank again."""
    given = NOT_ASSESSABLE if st.session_state[sheet.key(f"{key}.unclear")] else None
    change(store, reader, sheet, lambda draft: draft.answer(sheet.instrument, key, given))
    st.session_state[sheet.key(key)] = None


def fill(store: Store, reader: Reader, sheet: FormSheet, value: Answer) -> None:
    """Keep one answer for every blank field of the form."""
    keys = [field.key for field in sheet.instrument.fields]
    change(store, reader, sheet, lambda draft: draft.fill(sheet.instrument, keys, value))


def confirm(store: Store, reader: Reader, sheet: FormSheet, levels: dict[str, int]) -> None:
    """Keep the proposed level of every blank field given."""

    def confirmed(draft: FormDraft) -> FormDraft:
        for key, level in levels.items():
            draft = draft.fill(sheet.instrument, (key,), level)
        return draft

    change(store, reader, sheet, confirmed)


def field_groups(instrument: Instrument) -> list[tuple[str, tuple[Field, ...]]]:
    """Return the fields under their headings, in the order of the form.

    A questionnaire whose headings alternate is shown by number, in two halves without headings:
    it is copied from paper in that order.
    """
    runs = [(name, tuple(fields)) for name, fields in groupby(instrument.fields, lambda f: f.group)]
    if len({name for name, _ in runs}) == len(runs) and len(runs) > 1:
        return runs
    half = (len(instrument.fields) + 1) // 2 if len(instrument.fields) > 6 else 0
    parts = (instrument.fields[:half], instrument.fields[half:]) if half else (instrument.fields,)
    heading = runs[0][0] if len(runs) == 1 else ""
    return [(heading if number == 0 else "", part) for number, part in enumerate(parts)]


def show_fields(sheet: FormSheet) -> None:
    """Show every field of the form."""
    groups = field_groups(sheet.instrument)
    headed = any(name for name, _ in groups)
    with st.grid("auto" if len(groups) > 1 else 1, min_column_width=330, gap="medium"):
        for name, fields in groups:
            with st.container(gap="small"):
                if headed:
                    st.markdown(f"**{name}**" if name else "&nbsp;")
                for field in fields:
                    show_field(sheet, field)


def show_field(sheet: FormSheet, field: Field) -> None:
    """Show one field and what a measurement proposes for it."""
    if isinstance(field.scale, Unset):
        st.info(f"{field.label}: {field.scale.describe()}.", icon=":material/tune:")
    elif isinstance(field.scale, Numbers) and not _few(field.scale):
        _show_number(sheet, field, field.scale)
    else:
        _show_choices(sheet, field, field.scale)
    if field.key in sheet.proposed.areas:
        _show_proposal(sheet, field, sheet.proposed.areas[field.key])
    elif field.from_photo is not FromPhoto.NEVER:
        st.caption("No measured photo shows this region, so no area is proposed.")


def _few(scale: Numbers) -> bool:
    return not scale.decimals and scale.high - scale.low < FEW


def has_choices(instrument: Instrument) -> bool:
    """Return whether any field is answered by choosing, rather than by typing a number."""
    scales = [field.scale for field in instrument.fields]
    return any(isinstance(s, Levels) or (isinstance(s, Numbers) and _few(s)) for s in scales)


def _show_choices(sheet: FormSheet, field: Field, scale: Levels | Numbers) -> None:
    choices: list[Answer] = list(range(round(scale.low), round(scale.high) + 1))
    if not field.assessable_only:
        choices.append(NOT_ASSESSABLE)
    key = sheet.key(field.key)
    session.begin_with(key, sheet.draft.answers.get(field.key))
    st.segmented_control(
        field.label,
        choices,
        format_func=lambda choice: (
            "n/a" if choice == NOT_ASSESSABLE else answer_words(field, choice)
        ),
        key=key,
        help=_help(sheet.instrument, field),
        on_change=session.attempt,
        args=(answer, sheet, field.key),
        wrap=True,
    )


def _help(instrument: Instrument, field: Field) -> str | None:
    """Return the glossary of a field; what every field says stands on the page once."""
    alike = all(other.help == field.help for other in instrument.fields)
    return None if alike and len(instrument.fields) > 1 else field.help or None


def _show_number(sheet: FormSheet, field: Field, scale: Numbers) -> None:
    given = sheet.draft.answers.get(field.key)
    unclear = given == NOT_ASSESSABLE
    whole = not scale.decimals
    kind = int if whole else float
    key = sheet.key(field.key)
    session.begin_with(key, None if given is None or isinstance(given, str) else kind(given))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(
            f"{field.label}, {scale.low:g} to {scale.high:g} {scale.unit}".strip(),
            min_value=kind(scale.low),
            max_value=kind(scale.high),
            value=None,
            step=kind(1) if whole else 10.0**-scale.decimals,
            format="%d" if whole else f"%.{scale.decimals}f",
            key=key,
            help=_help(sheet.instrument, field),
            on_change=session.attempt,
            args=(answer, sheet, field.key),
            placeholder="not assessable" if unclear else "blank",
            disabled=unclear,
            width=260,
        )
        if not field.assessable_only:
            session.begin_with(sheet.key(f"{field.key}.unclear"), unclear)
            st.checkbox(
                "n/a",
                key=sheet.key(f"{field.key}.unclear"),
                on_change=session.attempt,
                args=(answer_unclear, sheet, field.key),
            )


def _show_proposal(sheet: FormSheet, field: Field, area: AreaProposal) -> None:
    given = sheet.draft.answers.get(field.key)
    origin = sheet.draft.origins(sheet.proposed.levels()).get(field.key)
    tail = f" · {origin.value}" if origin else ""
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.caption(f"Measured, proposed {area.describe()}{tail}", width="stretch")
        if given is None:
            st.button(
                f"Confirm {area.level}",
                key=sheet.key(f"{field.key}.confirm"),
                on_click=session.attempt,
                args=(confirm, sheet, {field.key: area.level}),
            )
