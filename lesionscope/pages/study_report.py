"""The study report to take away: made when it is asked for, and then written to the audit trail."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import streamlit as st

from lesionscope.core.people import Act, Reader, may
from lesionscope.exchange.target_sheet import Paper
from lesionscope.pages import session
from lesionscope.study_reporting import export_study_report

_PAPER_NAMES = {Paper.A4: "A4", Paper.LETTER: "Letter"}


def study_pdf(reader: Reader, paper: Paper) -> bytes:
    """Make the report of the study as it stands in the record now; its export is in the trail."""
    return export_study_report(session.store(), reader, paper)


def show_study_report(reader: Reader, study: str) -> None:
    """Offer the report of the study to those who may export it."""
    if not may(reader.role, Act.EXPORT):
        return
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        paper = st.segmented_control(
            "Paper",
            list(Paper),
            default=Paper.A4,
            required=True,
            format_func=_PAPER_NAMES.__getitem__,
            key="study_report_paper",
            label_visibility="collapsed",
            width="content",
        )
        st.download_button(
            "Study report (PDF)",
            # Made on the click and not on every run of the page: an export is an act.
            partial(study_pdf, reader, paper),
            file_name=f"{study}_{datetime.now(UTC):%Y-%m-%d}_study_report.pdf",
            mime="application/pdf",
            key="study_report",
            icon=":material/picture_as_pdf:",
            on_click="ignore",
        )
