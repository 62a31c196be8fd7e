"""Timeline: one site in pictures, body surface, CDASI and erythema over the visits, and events."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from lesionscope.core.cdasi import Part
from lesionscope.core.measurement import BsaEstimate, Convention
from lesionscope.core.patient_event import PatientEvent
from lesionscope.core.people import Act, Reader, may
from lesionscope.exchange.report_content import TrendPoint
from lesionscope.exchange.timeline_figure import TimelineFigure, timeline_figure
from lesionscope.pages import frame, panel, session
from lesionscope.pages.timeline_site import (
    INK,
    SiteCourse,
    erythema_layers,
    erythema_table,
    show_site,
)
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
        "estimate": bsa,
        "bsa": bsa.percent if bsa else None,
        "low": bsa.interval.low if bsa else None,
        "high": bsa.interval.high if bsa else None,
        "bsa_words": panel.bsa_words(bsa),
        "activity": reading.score(Part.ACTIVITY).total if reading else None,
        "damage": reading.score(Part.DAMAGE).total if reading else None,
    }


Chart = alt.LayerChart | alt.FacetChart


def bsa_chart(table: pd.DataFrame, marks: pd.DataFrame) -> Chart:
    """Draw the body surface with its interval; hollow points are not signed."""
    base = alt.Chart(table.dropna(subset=["bsa"])).encode(x=day_axis(table))
    line = base.mark_line(strokeWidth=1.5).encode(y="bsa:Q")
    bars = base.mark_rule(strokeWidth=2, color="#7a8791").encode(
        y=alt.Y("low:Q", title="% (protocol)"), y2="high:Q"
    )
    points = base.mark_point(size=90, fill=INK, stroke=INK, strokeWidth=2).encode(
        y="bsa:Q",
        fillOpacity=alt.condition("datum.state === 'signed'", alt.value(1), alt.value(0)),
        tooltip=["label:N", "day:T", alt.Tooltip("bsa_words:N", title="BSA"), "state:N"],
    )
    return titled("Body surface", *event_rules(marks), line, bars, points)


def cdasi_chart(table: pd.DataFrame, marks: pd.DataFrame) -> Chart:
    """Draw the two signed totals, each on its own line: they are never added."""
    long = table.melt(["day", "label"], ["activity", "damage"], "score", "total").dropna()
    base = alt.Chart(long).encode(
        x=day_axis(table),
        y=alt.Y("total:Q", title="CDASI total", scale=alt.Scale(zero=True)),
        color=alt.Color("score:N", title=None, legend=alt.Legend(orient="top-right")),
    )
    points = base.mark_point(size=90, filled=True).encode(
        shape=alt.Shape("score:N", legend=None), tooltip=["label:N", "day:T", "score:N", "total:Q"]
    )
    line = base.mark_line(strokeWidth=1.5)
    return titled("CDASI", *event_rules(marks), line, points)


def titled(title: str, *layers: alt.Chart) -> Chart:
    """Lay marks over each other under a title."""
    return alt.layer(*layers, height=210, title=title)


def day_axis(table: pd.DataFrame) -> alt.X:
    """Return the axis of visit days, the same under every chart."""
    first, last = table["day"].min(), table["day"].max()
    reach = max((last - first) * 0.06, pd.Timedelta(days=3))
    return alt.X(
        "day:T",
        title=None,
        scale=alt.Scale(domain=[(first - reach).isoformat(), (last + reach).isoformat()]),
        axis=alt.Axis(format="%d %b %Y", labelOverlap=True, tickCount=4),
    )


def events_table(events: Sequence[PatientEvent]) -> pd.DataFrame:
    """Return the events of a patient as the charts mark them."""
    rows = [
        {"day": pd.Timestamp(event.day), "sign": str(number), "said": event.describe()}
        for number, event in enumerate(events, start=1)
    ]
    return pd.DataFrame(rows, columns=["day", "sign", "said"])


def event_rules(marks: pd.DataFrame) -> list[alt.Chart]:
    """Draw a dashed line for each event, its number above it."""
    if marks.empty:
        return []
    base = alt.Chart(marks).encode(x="day:T", tooltip=[alt.Tooltip("said:N", title="Event")])
    rule = base.mark_rule(strokeDash=[3, 3], color="#58656f", clip=True)
    sign = base.mark_text(dy=-6, baseline="bottom", color="#58656f").encode(
        text="sign:N", y=alt.value(0)
    )
    return [rule, sign]


def show_events(events: Sequence[PatientEvent]) -> None:
    """List the events that the charts mark."""
    if events:
        st.caption(
            "  \n".join(
                f"**{number}** {frame.day_name(event.day)} · {event.describe()}"
                for number, event in enumerate(events, start=1)
            )
        )


def trend_point(summary: VisitSummary, bsa: BsaEstimate | None) -> TrendPoint:
    """Return one visit as the figure draws it."""
    reading = summary.reading
    return TrendPoint(
        summary.visit.day,
        summary.visit.label,
        reading is not None,
        reading.score(Part.ACTIVITY).total if reading else None,
        reading.score(Part.DAMAGE).total if reading else None,
        bsa,
    )


def figure_pdf(reader: Reader, figure: TimelineFigure) -> bytes:
    """Draw the figure for a person to take away; the audit trail says so."""
    pdf = timeline_figure(figure)
    digest = hashlib.sha256(pdf).hexdigest()
    session.store().record_export(reader, f"timeline of {figure.pseudonym}", sha256=digest)
    return pdf


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


def show_charts(table: pd.DataFrame, marks: pd.DataFrame, course: SiteCourse | None) -> None:
    """Show body surface, CDASI and the erythema of the site over the same days."""
    left, middle, right = st.columns(3)
    with left:
        if table["bsa"].notna().any():
            st.altair_chart(bsa_chart(table, marks), width="stretch")
        else:
            st.caption("No visit with a measurable body surface yet.")
    with middle:
        if table[["activity", "damage"]].notna().any(axis=None):
            st.altair_chart(cdasi_chart(table, marks), width="stretch")
        else:
            st.caption("No signed and complete CDASI yet: an incomplete form has no total.")
    with right:
        if course is not None and course.erythema:
            layers = erythema_layers(erythema_table(course), day_axis(table))
            title = f"Erythema, {course.name}"
            st.altair_chart(titled(title, *event_rules(marks), *layers), width="stretch")
        else:
            st.caption(
                "No erythema of the site yet: two measured photos must be laid onto each other."
            )
    st.caption(
        "Filled points are signed, hollow ones are measured and not signed; in erythema, hollow is "
        "within measurement error. Erythema is told since the first photo of the site. "
        "Bars are 90 % intervals."
    )


reader = session.reader_here()
patient = session.patient_here(reader)
frame.heading("Timeline", patient)
summaries = session.store().timeline(reader, patient.id)
if not summaries:
    st.caption("No visit yet.")
    st.stop()
rows = [row_of(reader, summary) for summary in summaries]
table = pd.DataFrame(rows).drop(columns="estimate")
happened = session.store().patient_events(reader, patient.id)
course = show_site(reader, patient.id)
show_charts(table, events_table(happened), course)
show_events(happened)
if may(reader.role, Act.EXPORT):
    figure = TimelineFigure(
        patient.pseudonym,
        course.name if course else "",
        course.tiles if course else (),
        tuple(trend_point(s, row["estimate"]) for s, row in zip(summaries, rows, strict=True)),
        course.erythema if course else (),
        tuple((event.day, event.describe()) for event in happened),
    )
    st.download_button(
        "Figure (PDF)",
        partial(figure_pdf, reader, figure),
        file_name=f"{patient.pseudonym}_timeline.pdf",
        mime="application/pdf",
        key="timeline_figure",
        icon=":material/picture_as_pdf:",
        on_click="ignore",
    )
show_table(summaries, table)
