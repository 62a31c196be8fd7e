"""The visit report to take away: made when it is asked for, and then written to the audit trail."""

from __future__ import annotations

from functools import partial

import streamlit as st

from lesionscope.core.measurement import Convention
from lesionscope.core.people import Act, Patient, Reader, Visit, may
from lesionscope.exchange.visit_report import Paper
from lesionscope.pages import session
from lesionscope.pages.visit_bsa import bsa_of_visit, overlaps
from lesionscope.reporting import (
    export_report,
    gathered_report,
    report_name,
    reported_measurements,
)

_PAPER_NAMES = {Paper.A4: "A4", Paper.LETTER: "Letter"}


def report_pdf(reader: Reader, visit: Visit, paper: Paper) -> bytes:
    """Make the report of a visit as it stands in the record now; its export is in the trail."""
    store = session.store()
    measured = reported_measurements(store, reader, visit.id)
    again = overlaps(reader, measured)
    areas = {one: bsa_of_visit(measured, one, again) for one in Convention}
    report = gathered_report(store, reader, visit, measured=measured, areas=areas)
    return export_report(store, reader, report, paper)


def show_report_download(reader: Reader, patient: Patient, visit: Visit) -> None:
    """Offer the report of a visit to those who may export it."""
    if not may(reader.role, Act.EXPORT):
        return
    draft = session.store().current_reading(reader, visit.id) is None
    with st.container(horizontal=True, vertical_alignment="center"):
        paper = st.segmented_control(
            "Paper",
            list(Paper),
            default=Paper.A4,
            required=True,
            format_func=lambda one: _PAPER_NAMES[one],
            key=f"report_paper.{visit.id}",
            label_visibility="collapsed",
        )
        st.download_button(
            "Draft report (PDF)" if draft else "Visit report (PDF)",
            # Made on the click and not on every run of the page: an export is an act.
            partial(report_pdf, reader, visit, paper),
            file_name=report_name(patient, visit, draft=draft),
            mime="application/pdf",
            key=f"report.{visit.id}",
            icon=":material/picture_as_pdf:",
            on_click="ignore",
        )
