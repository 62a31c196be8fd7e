"""Setting up a read campaign: who reads what, how it is shown, and what counts as discordant."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import streamlit as st

from lesionscope.core.campaign import (
    DEFAULT_RULES,
    LEAST_REPEATED,
    MOST_REPEATED,
    Asked,
    CampaignPlan,
    CaseUnit,
    ReadDesign,
    rule_words,
)
from lesionscope.core.criterion import Criterion, DiscordanceRule
from lesionscope.core.people import Act, Reader, may
from lesionscope.core.sites import FACTS, Site
from lesionscope.pages import session
from lesionscope.store.campaigns import ReadableVisit
from lesionscope.store.store import Store

SEED = "campaign_seed"
REPEATS = (0.0, LEAST_REPEATED, 7.5, MOST_REPEATED)


@dataclass(frozen=True)
class Material:
    """What is chosen to be read.

    Attributes
    ----------
    visits : tuple of ReadableVisit
        The visits.
    sites : tuple of Site
        The sites.
    """

    visits: tuple[ReadableVisit, ...]
    sites: tuple[Site, ...]

    def chosen(self) -> list[tuple[int, list[Site]]]:
        """Return visits with their released sites, as the store takes them."""
        found = [
            (one.visit.id, [site for site in self.sites if site in one.released])
            for one in self.visits
        ]
        return [(visit_id, sites) for visit_id, sites in found if sites]

    def held_back(self) -> list[str]:
        """Name the sites with photos that nobody released."""
        return [
            f"{FACTS[site].label} of {one.pseudonym}, {one.visit.label}"
            for one in self.visits
            for site in self.sites
            if site in one.held_back
        ]


def start(store: Store, reader: Reader, plan: CampaignPlan, material: Material) -> None:
    """Start the campaign."""
    campaign = store.start_campaign(reader, plan, material.chosen())
    st.session_state.pop(SEED, None)
    session.say(f"Campaign {campaign.code} was started. The readers find it on their lists.")


def show_setting_up(reader: Reader) -> None:
    """Show the form of a new campaign and what it would deal."""
    material = _material(session.store().readable_visits(reader))
    if material is None:
        return
    design, unit, asked = _show_design()
    chosen = _show_readers(session.store().possible_readers(reader))
    repeat, seed, due, hide, suggest = _show_blinding()
    name = st.text_input("Name (readers never see it)", key="campaign_name")
    rules, eligibility = _rules(reader)
    if len(chosen) < 3 or not asked or not (name or "").strip():
        st.caption("Choose two readers and a third, what is scored, and a name.")
        return
    try:
        plan = CampaignPlan(
            (name or "").strip(),
            design,
            unit,
            tuple(asked),
            chosen[:2],
            chosen[2],
            seed,
            repeat,
            hide,
            suggest,
            due,
            rules,
            eligibility,
        )
    except ValueError as refusal:
        st.warning(session.sentence(refusal), icon=":material/block:")
        return
    _show_rules(plan)
    st.button(
        "Start the campaign",
        type="primary",
        icon=":material/play_arrow:",
        on_click=session.attempt,
        args=(start, plan, material),
        key="start_campaign",
    )
    st.caption("What is declared here stands: it is hashed into the record and cannot be changed.")


def _material(readable: Sequence[ReadableVisit]) -> Material | None:
    """Let patients, visits and sites be chosen; None while nothing is released."""
    released = [one for one in readable if one.released]
    if not released:
        st.info(
            "No photo is released for blinded reading yet. Open a visit and release its photos.",
            icon=":material/verified:",
        )
        return None
    left, middle, right = st.columns(3)
    named = list(dict.fromkeys(one.pseudonym for one in released))
    patients = left.multiselect("Patients", named, default=named, key="campaign_patients")
    labels = list(dict.fromkeys(one.visit.label for one in released))
    visits = middle.multiselect("Visits", labels, default=labels, key="campaign_visits")
    there = [site for site in Site if any(site in one.released for one in released)]
    sites = right.multiselect(
        "Sites",
        there,
        default=there,
        format_func=lambda site: FACTS[site].label,
        key="campaign_sites",
    )
    chosen = tuple(
        one for one in readable if one.pseudonym in patients and one.visit.label in visits
    )
    material = Material(chosen, tuple(sites))
    cases = sum(len(of_visit) for _, of_visit in material.chosen())
    st.caption(f"{len(material.chosen())} visits with {cases} released sites.")
    if held := material.held_back():
        more = f" and {len(held) - 4} more" if len(held) > 4 else ""
        st.warning(
            f"Not released, so not read: {'; '.join(held[:4])}{more}.",
            icon=":material/visibility_off:",
        )
    return material


def _show_design() -> tuple[ReadDesign, CaseUnit, list[Asked]]:
    left, middle, right = st.columns(3)
    design = left.selectbox(
        "Design", list(ReadDesign), format_func=lambda one: one.value.capitalize(), key="design"
    )
    unit = middle.selectbox(
        "A case is", list(CaseUnit), format_func=lambda one: one.value, key="unit"
    )
    asked = right.multiselect(
        "Scored", list(Asked), default=list(Asked), format_func=lambda one: one.value, key="asked"
    )
    return ReadDesign(str(design)), CaseUnit(str(unit)), asked


def _show_readers(people: Sequence[Reader]) -> tuple[int, ...]:
    """Let the readers be chosen; say who could look the case up in the record."""
    by_id = {person.id: person for person in people}
    third = [one.id for one in people if may(one.role, Act.SETTLE_CASES)]
    chosen: list[int] = []
    for place, label, options in zip(
        st.columns(3), ("Reader", "Other reader", "Third reader"),
        (list(by_id), list(by_id), third), strict=True,
    ):  # fmt: skip
        one = place.selectbox(
            label,
            options,
            index=None,
            format_func=lambda i: f"{by_id[i].full_name} ({by_id[i].role.value})",
            placeholder="Choose",
            key=f"campaign.{label}",
        )
        chosen += [one] if one is not None else []
    open_to = [by_id[i].full_name for i in chosen if may(by_id[i].role, Act.READ_RECORD)]
    if open_to:
        st.warning(
            f"{' and '.join(open_to)} may open the record by their role: they are blinded by "
            "promise only. An adjudicator's account is blinded by role. The report says so.",
            icon=":material/visibility:",
        )
    return tuple(chosen)


def _show_blinding() -> tuple[float, int, date | None, bool, bool]:
    left, middle, right = st.columns(3)
    repeat = left.select_slider(
        "Hidden repeats",
        REPEATS,
        value=LEAST_REPEATED,
        format_func=lambda percent: f"{percent:g} %",
        key="repeats",
        help="Cases shown twice without saying so, for the agreement of a reader with themselves.",
    )
    st.session_state.setdefault(SEED, secrets.randbelow(2**31))
    seed = middle.number_input(
        "Seed of every draw", min_value=0, step=1, key=SEED, help="Order, repeats, sides, codes."
    )
    due = right.date_input("Due", value=None, key="due", min_value="today")
    hide = left.toggle("Hide the name of the site too", key="hide_location")
    suggest = middle.toggle("Show the machine's suggestion after locking", key="show_suggestion")
    return float(repeat), int(seed), due, bool(hide), bool(suggest)


def _rules(reader: Reader) -> tuple[tuple[DiscordanceRule, ...], tuple[Criterion, ...]]:
    """Return the rules of the study's protocol, or the proposal where it has none."""
    protocol = session.store().protocol(reader)
    if protocol is None or not protocol.discordance:
        return DEFAULT_RULES, ()
    return protocol.discordance, protocol.eligibility


def _show_rules(plan: CampaignPlan) -> None:
    st.markdown("**A case goes to the third reader when, between the two reads,**")
    for rule in plan.rules:
        why = plan.not_applied(rule)
        st.markdown(
            f"- :gray[{rule_words(rule)}: not applied, {why}]" if why else f"- {rule_words(rule)}"
        )
