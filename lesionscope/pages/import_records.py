"""Import: the plain record of a study that ran in a spreadsheet before, and out again."""

from __future__ import annotations

import hashlib

import streamlit as st

from lesionscope.core.catalogue import instruments
from lesionscope.core.people import Act, Reader, may
from lesionscope.core.plain_record import LineFault
from lesionscope.exchange.plain_record_csv import (
    MOST_BYTES,
    Instruments,
    PlainFile,
    read_plain_record,
    template,
    write_plain_record,
)
from lesionscope.pages import frame, session
from lesionscope.store.import_plan import ImportPlan
from lesionscope.store.store import Store

FILE = "import_file"
REASON = "import_reason"
ROUND = "import_round"
"""Counts the imports, so that the uploader is empty again after each."""
FEW = 8


def exported(reader: Reader) -> bytes:
    """Make the CSV of the plain record; its export is then in the trail."""
    store = session.store()
    table = write_plain_record(store.plain_record(reader))
    store.record_export(reader, "plain record", sha256=hashlib.sha256(table).hexdigest())
    return table


def show_faults(faults: list[LineFault]) -> None:
    """Name every bad line with its reason."""
    lines = len({fault.line for fault in faults})
    words = "1 line cannot come in" if lines == 1 else f"{lines} lines cannot come in"
    st.warning(
        f"{words}. Mend them in the file and send it again, or import the others now.",
        icon=":material/rule:",
    )
    st.dataframe(
        [
            {"Line": fault.line, "Column": fault.column, "What is wrong": fault.reason}
            for fault in faults
        ],
        hide_index=True,
        width="stretch",
        height="content" if len(faults) <= FEW else 320,
        column_config={"What is wrong": st.column_config.TextColumn(width="large")},
        key="import_faults",
    )


def show_plan(plan: ImportPlan) -> None:
    """Say what the good lines would add."""
    counts = {
        "Good lines": len(plan.visits),
        "New patients": plan.new_patients,
        "New visits": plan.new_visits,
        "New scores": plan.new_scores,
        "Changed scores": len(plan.changed),
        "Known already": plan.known_scores,
    }
    with st.grid("auto", min_column_width=120):
        for label, number in counts.items():
            st.metric(label, f"{number:,}")
    if plan.visits:
        with st.expander("See the good lines"):
            st.dataframe(
                [
                    {
                        "Line": one.line,
                        "Patient": one.patient,
                        "Visit": one.visit,
                        "Date": one.day,
                        **{".".join(item): str(value) for item, value in one.scores.items()},
                    }
                    for one in plan.visits
                ],
                hide_index=True,
                width="stretch",
            )
    for sentence in plan.changed[:FEW]:
        st.caption(f"Changed: {sentence}")


def bring_in(store: Store, by: Reader, plan: ImportPlan, name: str, data: bytes) -> None:
    """Import the lines that were confirmed."""
    done = store.import_plain_record(
        by,
        plan.visits,
        file=name,
        sha256=hashlib.sha256(data).hexdigest(),
        reason=st.session_state.get(REASON, ""),
    )
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1
    session.say(
        f"{len(done.visits)} lines of {name} are in the record: {done.new_patients} new patients, "
        f"{done.new_visits} new visits, {done.new_scores} new scores.",
        "check_circle",
    )


def show_confirmation(plan: ImportPlan, name: str, data: bytes) -> None:
    """Ask for the import of the good lines, and for a reason where a score changes."""
    if plan.adds_nothing:
        st.info("The record has all of the good lines already.", icon=":material/done_all:")
        return
    if plan.changed:
        st.text_input("Why are scores changed that came in before?", key=REASON, max_chars=500)
    st.button(
        f"Import {len(plan.visits)} good lines" if len(plan.visits) != 1 else "Import 1 good line",
        type="primary",
        icon=":material/download_done:",
        on_click=session.attempt,
        args=(bring_in, plan, name, data),
        key="import_confirm",
    )
    st.caption("All of them come in, in one act of the audit trail, or none.")


def show_import(reader: Reader, known: Instruments) -> None:
    """Take a file, look at every line, and wait for the confirmation."""
    st.subheader("Bring a study in", anchor=False)
    st.markdown(
        "One line a visit: `patient`, `visit`, `date` (such as 2026-03-04) and one column a score, "
        "such as `cdasi.activity` or `cdasi.malar.erythema`. An empty cell is a blank, never zero. "
        "Imported scores stay apart from what is signed here."
    )
    st.download_button(
        "Template (CSV)",
        template(known),
        file_name="plain_record_template.csv",
        mime="text/csv",
        icon=":material/table:",
        on_click="ignore",
        key="import_template",
    )
    sent = st.file_uploader(
        "Plain record (CSV)",
        type="csv",
        max_upload_size=MOST_BYTES // 1_000_000,
        key=f"{FILE}_{st.session_state.get(ROUND, 0)}",
    )
    if sent is None:
        return
    data = sent.getvalue()
    try:
        store = session.store()
        found: PlainFile = read_plain_record(data, store.instruments_so_far(reader))
        plan = store.plan_import(reader, found.visits)
    except ValueError as refusal:
        st.error(session.sentence(refusal), icon=":material/block:")
        return
    faults = sorted((*found.faults, *plan.faults), key=lambda fault: fault.line)
    show_plan(plan)
    if faults:
        show_faults(faults)
    if plan.visits:
        show_confirmation(plan, sent.name, data)


def show_export(reader: Reader) -> None:
    """Offer the plain record as a file."""
    st.subheader("Take the same table out", anchor=False)
    st.markdown(
        "Every patient and visit with the scores that count: those signed here, or else those "
        "imported. The file can be imported again."
    )
    st.download_button(
        "Plain record (CSV)",
        lambda: exported(reader),
        file_name="plain_record.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="plain_export",
    )


reader = session.reader_here()
session.require(reader, Act.IMPORT)
frame.heading("Import")
show_import(reader, instruments(session.store().instrument_settings(reader)))
if may(reader.role, Act.EXPORT):
    show_export(reader)
