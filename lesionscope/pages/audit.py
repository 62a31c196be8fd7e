"""Audit trail: every act on the record, and whether the record is whole."""

from __future__ import annotations

import json

import streamlit as st

from lesionscope.core.people import Act
from lesionscope.pages import frame, session

reader = session.reader_here()
session.require(reader, Act.READ_AUDIT)
frame.heading("Audit trail")
st.caption(
    "Every act appends an event that carries the hash of the one before. Verify walks that chain, "
    "the sha256 of every stored file and the content of every signed reading."
)
if st.button("Verify the record", type="primary", icon=":material/verified:"):
    with st.spinner("Verifying …"):
        broken = session.store().verify()
    if not broken:
        st.success("The record is whole.", icon=":material/verified:")
    for sentence in broken:
        st.error(sentence, icon=":material/gpp_bad:")
limit = st.segmented_control("Newest events", [50, 200, 1000], default=50, required=True)
events = session.store().events(reader, limit=limit or 50)
st.dataframe(
    [
        {
            "No.": event.id,
            "UTC": f"{event.at:%Y-%m-%d %H:%M:%S}",
            "Who": event.who,
            "Role": event.role,
            "Act": event.act,
            "On": f"{event.entity} {event.entity_id or ''}".strip(),
            "Detail": json.dumps(dict(event.detail), ensure_ascii=False),
            "Hash": event.hash[:12],
        }
        for event in events
    ],
    hide_index=True,
    width="stretch",
    height=520,
    column_config={"Detail": st.column_config.TextColumn(width="large")},
)
