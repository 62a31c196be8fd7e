"""Timeline: body surface and CDASI of a patient over the visits, as signed."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from lesionscope.core.cdasi import Part
from lesionscope.core.measurement import Convention
from lesionscope.core.people import Reader
from lesionscope.pages import frame, panel, session
from lesionscope.pages.visit_bsa import bsa_of_visit, measured_photos, overlaps
from lesionscope.store.entries import VisitSummary


def row_of(reader: Reader, summary: VisitSummary) -> dict[str, Any]:
    """Return one visit as the charts and the table show it."""
    visit, reading = summary.visit, summary.reading
    measured = measured_photos(session.store(), reader, visit.id)
    if reading:
        bsa = reading.bsa
    else:
        bsa = bsa_of_visit(measured, Convention.PROTOCOL, overlaps(reader, measured)).total
    return {
        "visit_id": visit.id,
        "day": pd.Timestamp(visit.day),
        "label": visit.label,
        "state": "signed" if reading else "not signed",
        "signed_by": reading.reader_name if reading else "",
        "photos": summary.photos,
        "bsa": bsa.percent if bsa else None,
        "low": bsa.interval.low if bsa else None,
        "high": bsa.interval.high if bsa else None,
        "bsa_words": panel.bsa_words(bsa),
        "activity": reading.score(Part.ACTIVITY).total if reading else None,
        "damage": reading.score(Part.DAMAGE).total if reading else None,
    }


def bsa_chart(table: pd.DataFrame) -> alt.LayerChart | alt.FacetChart:
    """Draw the body surface with its interval; hollow points are not signed."""
    base = alt.Chart(table.dropna(subset=["bsa"])).encode(x=day_axis())
    line = base.mark_line(strokeWidth=1.5).encode(y="bsa:Q")
    bars = base.mark_rule(strokeWidth=2, color="#7a8791").encode(
        y=alt.Y("low:Q", title="BSA, %"), y2="high:Q"
    )
    points = base.mark_point(size=90, filled=True, strokeWidth=2).encode(
        y="bsa:Q",
        fillOpacity=alt.condition("datum.state === 'signed'", alt.value(1), alt.value(0)),
        tooltip=["label:N", "day:T", alt.Tooltip("bsa_words:N", title="BSA"), "state:N"],
    )
    return alt.layer(line, bars, points, height=250, title="Body surface, protocol, 90 % interval")


def cdasi_chart(table: pd.DataFrame) -> alt.LayerChart | alt.FacetChart:
    """Draw the two signed totals, each on its own line: they are never added."""
    long = table.melt(["day", "label"], ["activity", "damage"], "score", "total").dropna()
    base = alt.Chart(long).encode(
        x=day_axis(),
        y=alt.Y("total:Q", title="CDASI total", scale=alt.Scale(zero=True)),
        color=alt.Color("score:N", title=None, legend=alt.Legend(orient="top-right")),
    )
    points = base.mark_point(size=90, filled=True).encode(
        shape=alt.Shape("score:N", legend=None), tooltip=["label:N", "day:T", "score:N", "total:Q"]
    )
    line = base.mark_line(strokeWidth=1.5)
    return alt.layer(line, points, height=250, title="CDASI, signed and complete")


def day_axis() -> alt.X:
    """Return the axis of visit days."""
    return alt.X(
        "day:T", title=None, axis=alt.Axis(format="%d %b %Y", labelOverlap=True, tickCount=5)
    )


def show_table(summaries: list[VisitSummary], table: pd.DataFrame) -> None:
    """Show the visits in figures; a chosen line opens its visit."""
    chosen = st.dataframe(
        table[["day", "label", "bsa_words", "activity", "damage", "photos", "state", "signed_by"]],
        hide_index=True,
        width="stretch",
        placeholder="–",
        on_select="rerun",
        selection_mode="single-row",
        key="timeline_row",
        column_config={
            "day": st.column_config.DateColumn("Date", format="D MMM YYYY"),
            "label": "Visit",
            "bsa_words": "BSA, protocol (90 % interval)",
            "activity": st.column_config.NumberColumn("Activity, 0–100"),
            "damage": st.column_config.NumberColumn("Damage, 0–32"),
            "photos": "Photos",
            "state": "State",
            "signed_by": "Signed by",
        },
    )
    rows = chosen["selection"]["rows"]
    if rows and st.button("Open the visit", type="primary", icon=":material/open_in_new:"):
        session.open_visit(summaries[rows[0]].visit)
        st.switch_page(session.page_file("visit"))


reader = session.reader_here()
patient = session.patient_here(reader)
frame.heading("Timeline", patient)
summaries = session.store().timeline(reader, patient.id)
if not summaries:
    st.caption("No visit yet.")
    st.stop()
table = pd.DataFrame([row_of(reader, summary) for summary in summaries])
left, right = st.columns(2)
with left:
    if table["bsa"].notna().any():
        st.altair_chart(bsa_chart(table), width="stretch")
    else:
        st.caption("No visit with a measurable body surface yet.")
with right:
    if table[["activity", "damage"]].notna().any(axis=None):
        st.altair_chart(cdasi_chart(table), width="stretch")
    else:
        st.caption("No signed and complete CDASI yet: an incomplete form has no total.")
st.caption("Filled points are signed; hollow ones are measured and not signed.")
show_table(summaries, table)
