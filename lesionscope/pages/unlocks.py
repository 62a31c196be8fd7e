"""Unlocks: the requests that wait for a second person."""

from __future__ import annotations

import streamlit as st

from lesionscope.core.people import Act, Reader
from lesionscope.core.signature import Unlock
from lesionscope.pages import countersign, frame, session
from lesionscope.store.store import Store


def show_one(store: Store, reader: Reader, request: Unlock) -> None:
    """Show one request, whose it is about, and the answers."""
    visit = store.visit(reader, request.visit_id)
    patient = store.patient(reader, visit.patient_id)
    with st.container(border=True):
        st.markdown(f"**Patient {patient.pseudonym}** · {frame.visit_name(visit)}")
        countersign.show_request(reader, request)
        if st.button("Open the visit", key=f"open.{request.id}", icon=":material/signature:"):
            session.open_visit(visit)
            st.switch_page(session.page_file("visit"))


reader = session.reader_here()
session.require(reader, Act.GRANT_UNLOCK)
frame.heading("Unlocks")
store = session.store()
waiting = store.open_unlocks(reader)
st.caption(
    "What was approved is locked. One person asks for an unlock with a reason, a second one grants "
    "or refuses it; both stay in the audit trail."
)
if not waiting:
    st.info("No request waits for an answer.", icon=":material/check_circle:")
for request in waiting:
    show_one(store, reader, request)
