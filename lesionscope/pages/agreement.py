"""Agreement of a read campaign: readers with each other and themselves, machine with consensus."""

from __future__ import annotations

import hashlib

import altair as alt
import pandas as pd
import streamlit as st

from lesionscope import __version__
from lesionscope.core.campaign import rule_words
from lesionscope.core.people import Act, Reader, may
from lesionscope.exchange.agreement_report import (
    FORMULAS,
    AgreementReport,
    adjudication_words,
    agreement_report,
    coefficient_words,
    named,
    number_lines,
)
from lesionscope.pages import frame, session
from lesionscope.pages.campaign_standing import standing_words
from lesionscope.scoring.campaign_agreement import (
    FEWEST,
    CampaignAgreement,
    Comparison,
    NumberAgreement,
    campaign_agreement,
)
from lesionscope.store.case_binder import Binder

CAMPAIGN = "agreement_campaign"


def gathered(reader: Reader, campaign_id: int) -> AgreementReport | None:
    """Return the report of a campaign as its reads stand now; None before the first read."""
    store = session.store()
    binder = store.campaign_binder(reader, campaign_id)
    if not binder.reads:
        return None
    people = {one.id: one for one in store.possible_readers(reader)}
    plan = binder.campaign.plan
    names = tuple(
        people[i].full_name if i in people else f"reader {place}"
        for place, i in enumerate(plan.readers, start=1)
    )
    two = names[0], names[1]
    found = campaign_agreement(store.campaign_results(reader, campaign_id), two, plan.seed)
    return AgreementReport(
        plan.name,
        binder.campaign.code,
        _facts(binder, people),
        tuple(rule_words(rule) for rule in plan.applied_rules()),
        two,
        found,
        max(read.signed_at for read in binder.reads.values()),
        binder.campaign.content_sha256,
        __version__,
        standing_words(binder),
    )


def _facts(binder: Binder, people: dict[int, Reader]) -> tuple[tuple[str, str], ...]:
    plan = binder.campaign.plan
    seen = [
        people[i].full_name
        for i in (*plan.readers, plan.third_reader)
        if i in people and may(people[i].role, Act.READ_RECORD)
    ]
    blind = "patient, visit, day and file name withheld; order, sides and codes by the seed"
    if seen:
        blind += f"; {' and '.join(seen)} could open the record by their role"
    everyone = [people[i].full_name if i in people else "account closed" for i in
                (*plan.readers, plan.third_reader)]  # fmt: skip
    repeats = sum(slot.repeat for slot in binder.slots) // 2
    anew = sum(read.supersedes is not None for read in binder.reads.values())
    return (
        ("Design", f"{plan.design.value}; a case is {plan.unit.value}"),
        ("Scored", "; ".join(one.value for one in plan.asked)),
        ("Readers", f"{everyone[0]} and {everyone[1]}; third reader {everyone[2]}"),
        ("Blinding", blind),
        ("Site's name", "withheld" if plan.hide_location else "shown"),
        ("Machine", "shown after locking" if plan.show_suggestion else "never shown to readers"),
        ("Cases", f"{len(binder.cases)}, of these {repeats} shown twice to each reader"),
        ("Seed", str(plan.seed)),
        ("Unlocked", f"{anew} reads signed anew after an unlock"),
        ("Started", f"{frame.day_name(binder.campaign.started_at.date())} by "
                    f"{binder.campaign.started_by}"),
    )  # fmt: skip


def pdf(reader: Reader, campaign_id: int) -> bytes:
    """Make the report; its export is in the trail."""
    report = gathered(reader, campaign_id)
    if report is None:
        raise ValueError("nobody has locked a case yet")
    made = agreement_report(report)
    session.store().record_export(
        reader, "agreement report", sha256=hashlib.sha256(made).hexdigest()
    )
    return made


def show_head(report: AgreementReport) -> None:
    """Show how many cases were read, discordant and settled, and whose read stood."""
    if report.standing:
        st.warning(report.standing, icon=":material/info:")
    found = report.agreement
    percent = found.adjudication_percent
    facts = (
        ("Cases with both reads", f"{found.complete} of {found.cases}"),
        ("Discordant", f"{found.discordant}" + ("" if percent is None else f" ({percent:.0f} %)")),
        ("Settled", f"{found.settled} of {found.discordant}"),
    )
    for place, (label, value) in zip(st.columns(3), facts, strict=True):
        place.metric(label, value)
    for line in adjudication_words(found, report.readers)[1:]:
        st.markdown(line)
    with st.expander("How it was read"):
        for label, said in report.facts:
            st.markdown(f"**{label}**: {said}")
        for rule in report.rules:
            st.markdown(f"**Discordant when** {rule}")


def show_comparison(heading: str, found: Comparison) -> None:
    """Show the figures of one comparison: table, plots, kappas."""
    st.subheader(heading, anchor=False)
    st.caption(f"{found.title[:1].upper()}{found.title[1:]}: {found.pairs} cases that both have.")
    if not found.numbers and not found.kappas:
        st.info(f"Fewer than {FEWEST} pairs: nothing is computed.", icon=":material/hourglass:")
        return
    if found.numbers:
        rows = [[label for label, _ in number_lines(found.numbers[0])]]
        rows += [[value for _, value in number_lines(one)] for one in found.numbers]
        heads = ["Figure (95 % interval)", *[named(one) for one in found.numbers]]
        st.table(pd.DataFrame(dict(zip(heads, rows, strict=True))).set_index(heads[0]))
        for place, one in zip(st.columns(2), found.numbers, strict=False):
            place.altair_chart(differences(one), width="stretch")
    if found.kappas:
        listed = [
            {"Item": label, "Weighted kappa": coefficient_words(one), "Pairs": one.n}
            for label, one in found.kappas
        ]
        st.dataframe(listed, hide_index=True)


def differences(one: NumberAgreement) -> alt.LayerChart | alt.FacetChart:
    """Draw difference against mean with bias and limits of agreement."""
    table = pd.DataFrame(
        {"mean": [(a + b) / 2 for a, b in one.pairs], "difference": [a - b for a, b in one.pairs]}
    )
    diff = one.differences
    rules = pd.DataFrame(
        {
            "y": [diff.low.value, diff.mean.value, diff.high.value],
            "line": ["limit of agreement", "mean difference", "limit of agreement"],
        }
    )
    points = (
        alt.Chart(table, title=f"{one.name}: difference by mean")
        .mark_circle(size=70, opacity=0.6)
        .encode(
            x=alt.X("mean", title=f"Mean of the two, {one.unit}"),
            y=alt.Y("difference", title=f"Difference, {one.unit}"),
        )
    )
    lines = (
        alt.Chart(rules)
        .mark_rule()
        .encode(
            y="y", strokeDash=alt.StrokeDash("line", legend=alt.Legend(orient="bottom", title=None))
        )
    )
    return alt.layer(points, lines).properties(height=240)


def show_all(found: CampaignAgreement) -> None:
    """Show every comparison in its tab."""
    between, within, machine, formulas = st.tabs(
        ["Between readers", "Within readers", "Machine and consensus", "Formulas"]
    )
    with between:
        show_comparison("Between the readers", found.between)
    with within:
        for one in found.within:
            show_comparison("Hidden repeats", one)
    with machine:
        show_comparison("Machine and consensus", found.machine)
    with formulas:
        for line in FORMULAS:
            st.markdown(f"- {line}")


reader = session.reader_here()
session.require(reader, Act.RUN_CAMPAIGN)
frame.heading("Agreement")
listed = {one.id: one for one in session.store().campaigns(reader)}
if not listed:
    st.info("There is no campaign yet.", icon=":material/campaign:")
    st.stop()
chosen = st.selectbox(
    "Campaign",
    list(listed),
    format_func=lambda i: f"{listed[i].code}: {listed[i].plan.name}",
    key=CAMPAIGN,
    persist_state="session",
)
report = gathered(reader, int(chosen))
if report is None:
    st.info("Nobody has locked a case yet.", icon=":material/hourglass:")
    st.stop()
show_head(report)
if may(reader.role, Act.EXPORT):
    st.download_button(
        "Agreement report (PDF)",
        # Made on the click and not on every run of the page: an export is an act.
        lambda: pdf(reader, int(chosen)),
        file_name=f"agreement_{report.code}.pdf",
        mime="application/pdf",
        icon=":material/picture_as_pdf:",
        on_click="ignore",
    )
show_all(report.agreement)
