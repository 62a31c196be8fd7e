"""Exports: the whole study to take away, as tables and in the exchange formats of the field."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import streamlit as st

from lesionscope.core.exchange_format import ABOUT, ExchangeFormat
from lesionscope.core.people import Act, Reader
from lesionscope.core.study_data import StudyExtent
from lesionscope.pages import frame, session
from lesionscope.study_export import missing_for, zipped_export

TITLES = {
    ExchangeFormat.TABLES: "Tables for R, pandas and spreadsheets",
    ExchangeFormat.FHIR: "HL7 FHIR R4",
    ExchangeFormat.CDISC: "CDISC tables and ODM-XML",
    ExchangeFormat.DICOM: "DICOM",
    ExchangeFormat.PICTURES: "De-identified pictures",
    ExchangeFormat.REPORT: "Study report (PDF)",
}


def counted(number: int, noun: str) -> str:
    """Write a number of things."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def show_extent(extent: StudyExtent) -> None:
    """Say how much there is, the machine's and the signed apart."""
    machine, signed = st.columns(2, gap="large")
    with machine:
        st.markdown("**Measured by the machine, no scores**")
        st.markdown(
            f"{counted(extent.photos, 'photo')} of {counted(extent.patients, 'patient')} at "
            f"{counted(extent.visits, 'visit')}, {extent.measured} measured"
        )
    with signed:
        st.markdown("**Signed by people**")
        st.markdown(
            f"{counted(extent.readings, 'reading')}, {counted(extent.forms, 'form')}, "
            f"{counted(extent.countersignatures, 'countersignature')}"
        )
    if extent.released < extent.photos:
        st.info(
            f"{extent.released} of {extent.photos} photos are released. DICOM and pictures hold "
            "those alone: a person must have looked at a photo before its pixels leave.",
            icon=":material/visibility_off:",
        )


def choose() -> list[ExchangeFormat]:
    """Let the reader choose what the export holds."""
    chosen = []
    for kind in ExchangeFormat:
        missing = missing_for(kind)
        with st.container(gap=None):
            if st.checkbox(
                TITLES[kind],
                value=kind is ExchangeFormat.TABLES,
                key=f"export.{kind}",
                disabled=bool(missing),
            ):
                chosen.append(kind)
            st.caption(missing or f"{ABOUT[kind]}.")
    return chosen


def archive(reader: Reader, kinds: list[ExchangeFormat]) -> bytes:
    """Make the archive; its export is then in the audit trail."""
    return zipped_export(session.store(), reader, kinds=kinds)


reader = session.reader_here()
session.require(reader, Act.EXPORT)
frame.heading("Exports")
extent = session.store().study_extent(reader)
st.caption(
    "Patients are named by pseudonym; names of photo files stay here. Every export lists its files "
    "with their hashes, and is written to the audit trail."
)
show_extent(extent)
st.subheader("What the archive holds", anchor=False)
kinds = choose()
if kinds:
    st.download_button(
        "Download the archive (ZIP)",
        # Made on the click and not on every run of the page: an export is an act.
        partial(archive, reader, kinds),
        file_name=f"lesionscope-{extent.study}-{datetime.now(UTC):%Y-%m-%d}.zip",
        mime="application/zip",
        key="export.archive",
        icon=":material/archive:",
        type="primary",
        on_click="ignore",
    )
else:
    st.caption("Choose at least one thing to export.")
