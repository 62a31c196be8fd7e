"""How the patients changed from the baseline: summaries, responders, spaghetti and waterfall."""

from __future__ import annotations

from dataclasses import asdict

import altair as alt
import pandas as pd
import streamlit as st

from lesionscope.core.course import PatientCourse
from lesionscope.core.criterion import LABELS, UNITS, Quantity, ResponseRule
from lesionscope.core.protocol import Protocol
from lesionscope.core.schedule import PlannedVisit
from lesionscope.pages import session
from lesionscope.scoring.response import change_summary, responder_counts, rule_words
from lesionscope.scoring.response_rows import spaghetti_rows, waterfall_rows
from lesionscope.study_desk import Desk

QUANTITIES = (Quantity.CDASI_ACTIVITY, Quantity.BSA_PERCENT, Quantity.PGA)


def show_response(desk: Desk) -> None:
    """Show the change of one quantity over all patients, and who responded."""
    courses, refused = desk.courses(session.store().study_patients(desk.reader))
    for refusal in refused:
        st.warning(session.sentence(refusal), icon=":material/warning:")
    after = [visit for visit in desk.protocol.visits if visit.day > 0]
    if not courses or not after:
        st.caption("No patient yet." if after else "The protocol plans no visit after baseline.")
        return
    show_responders(desk.protocol, courses)
    quantity = st.segmented_control(
        "Quantity",
        QUANTITIES,
        default=Quantity.CDASI_ACTIVITY,
        required=True,
        format_func=LABELS.__getitem__,
        key="response_quantity",
    )
    show_summaries(desk.protocol, courses, quantity, after)
    rows = spaghetti_rows(courses, quantity)
    if not rows:
        st.info(
            f"No {LABELS[quantity]} is signed yet. Nothing is drawn from what nobody signed.",
            icon=":material/signature:",
        )
        return
    with st.grid("auto", min_column_width=440, gap="medium"):
        with st.container():
            st.altair_chart(spaghetti_chart(pd.DataFrame([asdict(r) for r in rows]), desk.protocol))
        with st.container():
            show_waterfall(desk.protocol, courses, quantity, after)


def show_summaries(
    protocol: Protocol,
    courses: list[PatientCourse],
    quantity: Quantity,
    after: list[PlannedVisit],
) -> None:
    """Show mean, median and quartiles of the change at each visit after the baseline."""
    found = [change_summary(protocol, courses, quantity=quantity, visit=v.id) for v in after]
    st.dataframe(
        [
            {
                "Visit": visit.label,
                "Patients with both values": f"{one.assessed} of {one.patients}",
                "Mean change": one.mean,
                "95 % interval": f"{one.mean_interval.low:+.1f} to {one.mean_interval.high:+.1f}"
                if one.mean_interval
                else None,
                "Median": one.median,
                "Lower quartile": one.lower_quartile,
                "Upper quartile": one.upper_quartile,
            }
            for visit, one in zip(after, found, strict=True)
        ],
        hide_index=True,
        width="stretch",
        placeholder="–",
        column_config={
            name: st.column_config.NumberColumn(format="%+.1f")
            for name in ("Mean change", "Median", "Lower quartile", "Upper quartile")
        },
    )
    st.caption(
        f"Change of {LABELS[quantity]}{_unit(quantity)} from the baseline, signed values only; "
        "negative is better. Nothing is carried forward."
    )


def show_responders(protocol: Protocol, courses: list[PatientCourse]) -> None:
    """Show the responders by each rule, or that the protocol's text has none."""
    counts = responder_counts(protocol, courses)
    if not counts:
        asked = next((q for q in protocol.open_questions if q.about == "response"), None)
        st.info(
            "Responders are undetermined: the protocol text is silent. "
            + (asked.until_settled if asked else ""),
            icon=":material/help:",
        )
        return
    for box, count in zip(st.columns(len(counts)), counts, strict=True):
        label = protocol.visit_named(count.rule.visit).label
        with box.container(border=True, height="stretch"):
            st.metric(f"Responders at {label}", f"{len(count.responders)} of {count.assessed}")
            st.caption(f"{rule_words(count.rule)}. {count.describe()}.")


def spaghetti_chart(table: pd.DataFrame, protocol: Protocol) -> alt.LayerChart | alt.FacetChart:
    """Draw every patient as a line over the days since the baseline, the windows behind."""
    quantity = Quantity(table["quantity"].iloc[0])
    windows = pd.DataFrame(
        [{"from": v.first_day, "to": v.last_day, "visit": v.label} for v in protocol.visits]
    )
    shade = (
        alt.Chart(windows)
        .mark_rect(color="#7a8791", opacity=0.13)
        .encode(x=alt.X("from:Q", title="Days since the baseline"), x2="to:Q", tooltip="visit:N")
    )
    title = f"{LABELS[quantity]}{_unit(quantity)}"
    base = alt.Chart(table).encode(
        x="day:Q", y=alt.Y("value:Q", title=title, scale=alt.Scale(zero=True))
    )
    tips = ["patient:N", "visit:N", "day:Q", "value:Q"]
    line = base.mark_line(strokeWidth=1.5, opacity=0.8).encode(detail="patient:N")
    points = base.mark_point(size=55, filled=True, opacity=1).encode(tooltip=tips)
    layers: list[alt.Chart] = [shade, line, points]
    if quantity is Quantity.BSA_PERCENT:
        bars = base.mark_rule(strokeWidth=1.5, color="#7a8791").encode(y="low:Q", y2="high:Q")
        layers.insert(1, bars)
    last = table.sort_values("day").groupby("patient").tail(1)
    names = alt.Chart(last).mark_text(align="left", dx=8, fontSize=11)
    layers.append(names.encode(x="day:Q", y="value:Q", text="patient:N"))
    return alt.layer(*layers, height=320, title="Each patient, signed values")


def show_waterfall(
    protocol: Protocol,
    courses: list[PatientCourse],
    quantity: Quantity,
    after: list[PlannedVisit],
) -> None:
    """Show the change of each patient at one visit, the greatest worsening first."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        visit = st.selectbox(
            "At",
            after,
            index=len(after) - 1,
            format_func=lambda one: one.label,
            key="waterfall_visit",
        )
        percent = st.toggle("In % of the baseline", key="waterfall_percent")
    rules = [r for r in protocol.response if (r.quantity, r.visit) == (quantity, visit.id)]
    rule = rules[0] if rules else None
    rows = waterfall_rows(protocol, courses, quantity=quantity, visit=visit.id, rule=rule)
    table = pd.DataFrame([asdict(row) for row in rows])
    if table.empty or (percent and table["change_percent"].isna().all()):
        st.caption(f"No patient has both values at {visit.label}.")
        return
    st.altair_chart(waterfall_chart(table, percent=percent, rule=rule))


def waterfall_chart(
    table: pd.DataFrame, *, percent: bool, rule: ResponseRule | None
) -> alt.LayerChart | alt.FacetChart:
    """Draw one bar for each patient; colour tells responders where the protocol has a rule."""
    quantity = Quantity(table["quantity"].iloc[0])
    field = "change_percent" if percent else "change"
    words = {True: "responder", False: "no responder", None: "no rule"}
    shown = table.assign(response=[words[one] for one in table["responder"]])
    unit = ", % of the baseline" if percent else _unit(quantity)
    base = alt.Chart(shown.dropna(subset=[field])).encode(
        x=alt.X("patient:N", sort=None, title=None, axis=alt.Axis(labelAngle=-40)),
        y=alt.Y(f"{field}:Q", title=f"Change of {LABELS[quantity]}{unit}"),
        tooltip=["patient:N", "baseline:Q", "value:Q", "change:Q", "change_percent:Q"],
    )
    scale = alt.Scale(domain=["responder", "no responder"], range=["#1f7045", "#7a8791"])
    colour = alt.Color("response:N", title=None, scale=scale, legend=alt.Legend(orient="top"))
    bars = base.mark_bar(size=26).encode(color=colour) if rule else base.mark_bar(size=26)
    zero = alt.Chart(pd.DataFrame({"y": [0]})).mark_rule(color="#58656f").encode(y="y:Q")
    return alt.layer(bars, zero, height=280, title="Change from the baseline, worst first")


def _unit(quantity: Quantity) -> str:
    return f",{UNITS[quantity]}" if quantity in UNITS else ""
