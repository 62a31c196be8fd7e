"""Timeline: one site in pictures, body surface, CDASI and erythema over the visits, and events."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from lesionscope.core.cdasi import Part
from lesionscope.core.measurement import BsaEstimate, Convention
from lesionscope.core.patient_event import PatientEvent
from lesionscope.core.people import Act, Reader, may
from lesionscope.exchange.report_content import TrendPoint
from lesionscope.exchange.timeline_figure import TimelineFigure, timeline_figure
from lesionscope.pages import frame, panel, session, vega
from lesionscope.pages.timeline_site import (
    SiteCourse,
    erythema_layers,
    erythema_rows,
    show_site,
)
from lesionscope.pages.vega import Spec
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
        "day": vega.moment(visit.day),
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


def bsa_chart(rows: Sequence[Spec], axis: Spec, marks: Sequence[Spec]) -> Spec:
    """Draw the body surface with its interval; hollow points are not signed."""
    shown = ("day", "label", "state", "bsa", "low", "high", "bsa_words")
    data = {
        "values": [{name: row[name] for name in shown} for row in rows if row["bsa"] is not None]
    }
    low = vega.quantity("low", "% (protocol)")
    words = {**vega.name("bsa_words"), "title": "BSA"}
    return vega.layered(
        "Body surface",
        *event_rules(marks),
        {"data": data, "mark": vega.LINE, "encoding": {"x": axis, "y": vega.quantity("bsa")}},
        {
            "data": data,
            "mark": vega.BARS,
            "encoding": {"x": axis, "y": low, "y2": {"field": "high"}},
        },
        {
            "data": data,
            "mark": vega.POINTS,
            "encoding": {
                "x": axis,
                "y": vega.quantity("bsa"),
                "fillOpacity": vega.filled_where("datum.state === 'signed'"),
                "tooltip": [vega.name("label"), vega.day(), words, vega.name("state")],
            },
        },
    )


def cdasi_chart(rows: Sequence[Spec], axis: Spec, marks: Sequence[Spec]) -> Spec:
    """Draw the two signed totals, each on its own line: they are never added."""
    totals = [
        {"day": row["day"], "label": row["label"], "score": score, "total": row[score]}
        for score in ("activity", "damage")
        for row in rows
        if row[score] is not None
    ]
    data = {"values": totals}
    colour = {**vega.name("score"), "title": None, "legend": {"orient": "top-right"}}
    total = {**vega.quantity("total", "CDASI total"), "scale": {"zero": True}}
    place = {"x": axis, "y": total, "color": colour}
    said = [vega.name("label"), vega.day(), vega.name("score"), vega.quantity("total")]
    shape = {**vega.name("score"), "legend": None}
    return vega.layered(
        "CDASI",
        *event_rules(marks),
        {"data": data, "mark": vega.LINE, "encoding": place},
        {
            "data": data,
            "mark": {"type": "point", "size": 90, "filled": True},
            "encoding": {**place, "shape": shape, "tooltip": said},
        },
    )


def day_axis(days: Sequence[date]) -> Spec:
    """Return the axis of visit days, the same under every chart."""
    first, last = min(days), max(days)
    reach = max((last - first) * 0.06, timedelta(days=3))
    ends = (datetime.combine(first, time()) - reach, datetime.combine(last, time()) + reach)
    return {
        **vega.day(),
        "title": None,
        "scale": {"domain": [end.isoformat() for end in ends]},
        "axis": {"format": "%d %b %Y", "labelOverlap": True, "tickCount": 4},
    }


def event_rows(events: Sequence[PatientEvent]) -> list[Spec]:
    """Return the events of a patient as the charts mark them."""
    return [
        {"day": vega.moment(event.day), "sign": str(number), "said": event.describe()}
        for number, event in enumerate(events, start=1)
    ]


def event_rules(marks: Sequence[Spec]) -> list[Spec]:
    """Draw a dashed line for each event, its number above it."""
    if not marks:
        return []
    data, ink = {"values": list(marks)}, "#58656f"
    place = {"x": vega.day(), "tooltip": [{**vega.name("said"), "title": "Event"}]}
    text = {"type": "text", "dy": -6, "baseline": "bottom", "color": ink}
    return [
        {
            "data": data,
            "mark": {"type": "rule", "strokeDash": [3, 3], "color": ink, "clip": True},
            "encoding": place,
        },
        {
            "data": data,
            "mark": text,
            "encoding": {**place, "text": vega.name("sign"), "y": {"value": 0}},
        },
    ]


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


def show_charts(rows: Sequence[Spec], marks: Sequence[Spec], course: SiteCourse | None) -> None:
    """Show body surface, CDASI and the erythema of the site over the same days."""
    axis = day_axis([date.fromisoformat(row["day"][:10]) for row in rows])
    left, middle, right = st.columns(3)
    with left:
        if any(row["bsa"] is not None for row in rows):
            st.vega_lite_chart(bsa_chart(rows, axis, marks), width="stretch")
        else:
            st.caption("No visit with a measurable body surface yet.")
    with middle:
        if any(row[part] is not None for row in rows for part in ("activity", "damage")):
            st.vega_lite_chart(cdasi_chart(rows, axis, marks), width="stretch")
        else:
            st.caption("No signed and complete CDASI yet: an incomplete form has no total.")
    with right:
        if course is not None and course.erythema:
            layers = erythema_layers(erythema_rows(course), axis)
            chart = vega.layered(f"Erythema, {course.name}", *event_rules(marks), *layers)
            st.vega_lite_chart(chart, width="stretch")
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
table["day"] = pd.to_datetime(table["day"])
happened = session.store().patient_events(reader, patient.id)
course = show_site(reader, patient.id)
show_charts(rows, event_rows(happened), course)
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
