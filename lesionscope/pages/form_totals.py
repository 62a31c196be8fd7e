"""The totals of a form while it is filled and after, with their bands and what to look at again."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import streamlit as st

from lesionscope.core.catalogue import InstrumentSettings
from lesionscope.core.field import Answer
from lesionscope.core.form import SignedTotal, StoredForm, change_since, signed_totals
from lesionscope.core.instrument import Instrument, ScoreRule
from lesionscope.core.people import Reader, Visit
from lesionscope.pages import session
from lesionscope.pages.baseline import show_change
from lesionscope.pages.instrument_facts import mark
from lesionscope.store.store import Store
from lesionscope.study_desk import earlier_baseline

MANY = 4
"""More scores than these are shown as a first total and a table of its parts."""


def main_scores(instrument: Instrument) -> tuple[ScoreRule, ...]:
    """Return the scores shown first: all of a few, or the first of many, the others being parts."""
    return instrument.scores if len(instrument.scores) <= MANY else instrument.scores[:1]


def show_totals(
    instrument: Instrument, answers: Mapping[str, Answer], adopted: Collection[str] = ()
) -> None:
    """Show every score of a form, or how far it is from having one, and its open queries."""
    totals = signed_totals(instrument, answers, adopted)
    marks = {rule.id: mark(rule.certainty) for rule in instrument.scores}
    show_boxes(totals, marks)
    for words in instrument.open_queries(answers):
        st.caption(f":orange[:material/help:] **Look again**: {words}.")


def show_boxes(totals: Mapping[str, SignedTotal], marks: Mapping[str, str] | None = None) -> None:
    """Show scores side by side; they are never added.

    Parameters
    ----------
    totals : mapping of str to SignedTotal
        By the id of the score.
    marks : mapping of str to str, optional
        What stands beside the name of a score that was not read in a source.
    """
    shown = list(totals) if len(totals) <= MANY else list(totals)[:1]
    with st.grid(len(shown), min_column_width=150, gap="small"):
        for score in shown:
            _show_box(totals[score], (marks or {}).get(score, ""))
    rest = {total.label: total.words for score, total in totals.items() if score not in shown}
    if rest:
        with st.expander("Parts of the total", icon=":material/list:"):
            st.table(rest, border="horizontal")


def _show_box(total: SignedTotal, sure: str) -> None:
    with st.container(border=True, height="stretch", gap="xxsmall"):
        st.caption(f"{total.label} {sure}".strip())
        if total.value is None:
            st.markdown(total.words)
            return
        st.markdown(f"### {total.words}")
        if total.bands:
            st.caption(" · ".join(f"**{band}** ({name})" for name, band in total.bands.items()))


def show_form_changes(
    store: Store, reader: Reader, visit: Visit, form: StoredForm, instrument: Instrument
) -> None:
    """Say how the totals of a signed form stand against those of the baseline."""
    baseline = earlier_baseline(store, reader, visit)
    if baseline is None:
        return
    first = store.current_form(reader, baseline.id, form.instrument_id)
    if first is None:
        return
    settings: InstrumentSettings = store.instrument_settings(reader)
    for rule in main_scores(instrument):
        found = change_since(
            first,
            rule,
            form.asked,
            form.value(rule.id),
            error=settings.errors.get((instrument.id, rule.id)),
        )
        if found is not None:
            show_change(rule.label, found, baseline)


def show_signed_forms(forms: list[StoredForm]) -> None:
    """List the signed forms of a visit with their totals, and the way to fill others.

    Parameters
    ----------
    forms : list of StoredForm
        Every form of the visit, oldest first; of each instrument the last one stands.
    """
    current = {form.instrument_id: form for form in forms}
    for form in current.values():
        totals = list(form.totals.values())
        shown = totals if len(totals) <= MANY else totals[:1]
        words = " · ".join(f"**{total.label}**: {total_words(total)}" for total in shown)
        st.caption(f":material/list_alt: {words} · signed by {form.reader_name}")
    st.page_link(
        session.page_file("forms"), label="Forms of this visit", icon=":material/list_alt:"
    )


def total_words(total: SignedTotal) -> str:
    """Write a signed total with what published bands call it."""
    bands = ", ".join(f"{band} ({name})" for name, band in total.bands.items())
    return f"{total.words}, {bands}" if bands else total.words
