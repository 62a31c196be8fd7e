"""Cream for one patient's lesional area: a range, the limits of the label, and the warnings."""

from __future__ import annotations

import altair as alt
import pandas as pd
import streamlit as st

from lesionscope.core.measurement import BsaEstimate, Convention
from lesionscope.core.people import Visit
from lesionscope.core.study import Treatment
from lesionscope.pages import frame, panel, session
from lesionscope.pages.visit_bsa import bsa_of_visit, measured_photos, overlaps
from lesionscope.scoring.cream import CapVerdict, CreamAmount, cream_amount, grams_figure
from lesionscope.store.study_entries import StudyPatient
from lesionscope.study_desk import Desk

_CAP_ICONS = {
    CapVerdict.WITHIN: ":green[:material/check:]",
    CapVerdict.MAY_EXCEED: ":orange[:material/warning:]",
    CapVerdict.EXCEEDS: ":red[:material/error:]",
}


def show_cream(desk: Desk, patient: StudyPatient) -> None:
    """Show what the lesional area of a visit takes, where the protocol gives a cream."""
    treatment = desk.protocol.treatment
    if treatment is None:
        return
    st.markdown("#### Cream")
    visits = [one.visit for one in reversed(patient.visits)]
    if not visits:
        st.caption("No visit yet, so no area to treat.")
        return
    open_id = st.session_state.get(session.VISIT)
    first = next((n for n, one in enumerate(visits) if one.id == open_id), 0)
    visit = st.selectbox(
        "For the lesional area of",
        visits,
        index=first,
        format_func=frame.visit_name,
        key=f"cream_visit.{patient.patient.id}",
    )
    bsa, signed = area_of(desk, patient, visit)
    if bsa is None:
        st.caption("The area of this visit is neither signed nor measurable.")
        return
    body = session.store().patient_body(desk.reader, visit.patient_id, on=visit.day)
    amount = cream_amount(bsa, treatment, sex=body.size.sex if body.size else None)
    if amount is None:
        st.caption("The protocol does not say how often the cream is applied.")
        return
    show_amount(amount, treatment, signed=signed)


def area_of(desk: Desk, patient: StudyPatient, visit: Visit) -> tuple[BsaEstimate | None, bool]:
    """Return the lesional area of a visit counted in handprints, and whether it was signed."""
    reading = patient.held[visit.id].reading
    signed = None if reading is None else reading.bsa
    if signed is not None and signed.convention is Convention.PROTOCOL:
        return signed, True
    measured = measured_photos(session.store(), desk.reader, visit.id)
    total = bsa_of_visit(measured, Convention.PROTOCOL, overlaps(desk.reader, measured)).total
    return total, False


def show_amount(amount: CreamAmount, treatment: Treatment, *, signed: bool) -> None:
    """Show the amount a day and a week, each limit, and every warning."""
    if amount.warnings:
        said = [f"{warning[:1].upper()}{warning[1:]}." for warning in amount.warnings]
        st.warning("  \n".join(said), icon=":material/warning:")
    state = "signed" if signed else "measured, not signed"
    with st.container(border=True):
        day, week = amount.grams(1), amount.grams(7)
        st.markdown(
            f"**{treatment.name.value or 'The cream'}**, {amount.applications_per_day} times a day "
            f"on {panel.bsa_words(amount.bsa)} of the body surface ({state})"
        )
        for box, label, grams in zip(st.columns(2), ("A day", "A week"), (day, week), strict=True):
            box.metric(label, grams.words())
            box.caption(
                f"{grams_figure(grams.lowest)} to {grams_figure(grams.highest)} g with the "
                "uncertainty of the area"
            )
        if amount.caps:
            st.altair_chart(cap_chart(amount), width="stretch")
        for check in amount.caps:
            st.markdown(f"{_CAP_ICONS[check.verdict]} :small[{check.describe()}.]")
    rules = "; ".join(rule.value for rule in amount.rules)
    st.caption(
        f"By the fingertip rule, {rules} (Long and Finlay 1991). Arithmetic for planning, "
        "not a prescription."
    )


def cap_chart(amount: CreamAmount) -> alt.LayerChart | alt.FacetChart:
    """Draw the amount against each limit: a thick bar at the area, a thin one for its interval."""
    rows = pd.DataFrame(
        [
            {
                "limit": f"{check.cap.grams:g} g in {check.cap.days} days",
                "low": check.grams.low,
                "high": check.grams.high,
                "lowest": check.grams.lowest,
                "highest": check.grams.highest,
                "cap": check.cap.grams,
            }
            for check in amount.caps
        ]
    )
    axis = alt.Axis(labelLimit=120, labelOverlap=False, ticks=False)
    base = alt.Chart(rows).encode(y=alt.Y("limit:N", title=None, sort=None, axis=axis))
    scale = alt.Scale(zero=True)
    thin = base.mark_rule(strokeWidth=2, color="#7a8791").encode(
        x=alt.X("lowest:Q", title="Cream, g", scale=scale), x2="highest:Q"
    )
    thick = base.mark_bar(size=14, color="#17607a").encode(x="low:Q", x2="high:Q")
    cap = base.mark_tick(size=30, thickness=3, color="#b3261e").encode(x="cap:Q")
    return alt.layer(thin, thick, cap, height=44 * len(rows) + 70)
