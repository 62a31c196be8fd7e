"""Audit trail: every act on the record, filtered and exported, and whether the record is whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from lesionscope.core.people import Act, Reader, may
from lesionscope.pages import frame, session
from lesionscope.pages.audit_export import detail_text, exported
from lesionscope.store.audit import EventFilter
from lesionscope.store.entries import Event

FEW = 12
"""So many events are shown without a bar to scroll."""


def verify() -> None:
    """Prove the record and show what was found."""
    with st.spinner("Verifying …"):
        broken = session.store().verify()
    if not broken:
        st.success("The record is whole.", icon=":material/verified:")
    for sentence in broken:
        st.error(sentence, icon=":material/gpp_bad:")


def compare_head() -> None:
    """Compare the record with the head that was typed."""
    kept = st.session_state["kept_head"]
    try:
        fault = session.store().head_fault(kept)
    except ValueError as refusal:
        st.warning(session.sentence(refusal), icon=":material/block:")
        return
    if fault:
        st.error(session.sentence(ValueError(fault)), icon=":material/gpp_bad:")
    else:
        st.success(
            "The record goes through this head. With “The record is whole”, nothing up to it was "
            "changed.",
            icon=":material/verified:",
        )


def show_proof() -> None:
    """Offer to verify the record, and show the head of its chain to keep elsewhere."""
    head = session.store().head()
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button("Verify the record", type="primary", icon=":material/verified:")
        st.caption(
            "Walks the chain of hashes, every stored file and every signed document.",
            width="content",
        )
    if pressed:
        verify()
    with st.expander("Chain head: the line that pins down everything until now"):
        if head is not None:
            st.code(head.text, language=None, wrap_lines=True)
            st.caption(
                f"Of {head.at:%Y-%m-%d %H:%M} UTC. Print it, or mail it to somebody else, and keep "
                "it: who can write to the database file could forge the whole record anew, and "
                "only a head kept elsewhere shows that."
            )
        with st.form("compare_head", border=False):
            st.text_input("Kept head", key="kept_head", placeholder="number:64 hex digits")
            asked = st.form_submit_button("Compare with the record")
        if asked:
            compare_head()


def chosen(label: str, choices: Sequence[str], key: str) -> str:
    """Show one choice of the filter; empty asks for all."""
    found: str | None = st.selectbox(
        label, choices, index=None, placeholder="all", key=f"audit_{key}"
    )
    return found or ""


def show_filter(reader: Reader) -> EventFilter:
    """Show the filter and return what it asks for."""
    choices = session.store().event_choices(reader)
    with st.grid("auto", min_column_width=140):
        who = chosen("Who", choices.who, "who")
        act = chosen("Act", choices.acts, "act")
        entity = chosen("On", choices.entities, "entity")
        number = st.number_input("Number", min_value=1, step=1, value=None, key="audit_number")
        first: date | None = st.date_input("From (UTC)", value=None, key="audit_first")
        last: date | None = st.date_input("To (UTC)", value=None, key="audit_last")
    return EventFilter(who, act, entity, number, first, last)


def event_row(event: Event) -> dict[str, Any]:
    """Return an event as a line of the table."""
    return {
        "No.": event.id,
        "UTC": f"{event.at:%Y-%m-%d %H:%M:%S}",
        "Who": event.who,
        "Role": event.role,
        "Act": event.act,
        "On": f"{event.entity} {event.entity_id or ''}".strip(),
        "Detail": detail_text(event),
        "Hash": event.hash[:12],
    }


def show_whole(event: Event) -> None:
    """Show one event with everything that it says."""
    with st.container(border=True):
        who = f"{event.who} ({event.role})" if event.who else "nobody signed in"
        st.markdown(f"**Event {event.id}**: {event.act}, by {who}, {event.at.isoformat()}")
        st.json(dict(event.detail))
        st.caption(f"LesionScope {event.software} · sha256 {event.hash}")


def show_events(reader: Reader, only: EventFilter) -> None:
    """Show the newest events that are asked for, and offer all of them as CSV."""
    store = session.store()
    number = store.count_events(reader, only)
    with st.container(horizontal=True, vertical_alignment="center"):
        limit = st.segmented_control(
            "Newest events", [50, 200, 1000], default=50, required=True, key="audit_limit"
        )
        shown = min(number, limit or 50)
        found = f"{number:,} event{'s' if number != 1 else ''} found"
        st.caption(f"{found}, the newest {shown:,} shown.", width="content")
        if may(reader.role, Act.EXPORT):
            st.download_button(
                "Export all found (CSV)",
                partial(exported, reader, only),
                file_name="audit_trail.csv",
                mime="text/csv",
                icon=":material/download:",
                on_click="ignore",
                disabled=not number,
                key="audit_export",
            )
    events = store.events(reader, limit=limit or 50, only=only)
    ticked = st.dataframe(
        [event_row(event) for event in events],
        hide_index=True,
        width="stretch",
        height="content" if len(events) <= FEW else 440,
        column_config={"Detail": st.column_config.TextColumn(width="large")},
        on_select="rerun",
        selection_mode="single-row",
        key="audit_table",
    )
    rows = [row for row in ticked["selection"]["rows"] if row < len(events)]
    if rows:
        show_whole(events[rows[0]])
    elif events:
        st.caption("Tick a line to read all of its event.")


reader = session.reader_here()
session.require(reader, Act.READ_AUDIT)
frame.heading("Audit trail")
show_proof()
only = show_filter(reader)
if only.first is not None and only.last is not None and only.first > only.last:
    st.warning("The first day is after the last. Choose another.", icon=":material/date_range:")
else:
    show_events(reader, only)
