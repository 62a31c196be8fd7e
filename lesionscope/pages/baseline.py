"""How a score stands against the baseline of the patient."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from lesionscope.core.cdasi import CDASI, Answer, Part, change, score
from lesionscope.core.change import Change
from lesionscope.core.people import Reader, Visit
from lesionscope.core.schedule import PlannedVisit
from lesionscope.pages import frame
from lesionscope.store.store import Store
from lesionscope.study_desk import course_of, earlier_baseline


def planned_visit(store: Store, reader: Reader, visit: Visit) -> PlannedVisit | None:
    """Return the planned visit that a held one is, or None."""
    course = course_of(store, reader, visit.patient_id)
    placed = () if course is None else course.placed
    return next((one.planned for one in placed if one.held and one.held.id == visit.id), None)


def cdasi_changes(
    store: Store, reader: Reader, visit: Visit, answers: Mapping[str, Answer]
) -> tuple[Visit, dict[Part, Change]] | None:
    """Compare the CDASI totals of a visit with those signed at the baseline.

    Returns
    -------
    tuple of Visit and dict of Part to Change, or None
        The baseline visit and the change of each part that has a total at both; None at the
        baseline and before it, or where none was signed.
    """
    baseline = earlier_baseline(store, reader, visit)
    if baseline is None:
        return None
    signed = store.current_reading(reader, baseline.id)
    if signed is None:
        return None
    settings = store.instrument_settings(reader)
    found = {}
    for part in Part:
        before, now = signed.score(part).total, score(part, answers).total
        if before is not None and now is not None:
            error = settings.errors.get((CDASI.id, part.value))
            found[part] = change(part, before, now, error=error)
    return baseline, found


def show_cdasi_changes(
    store: Store, reader: Reader, visit: Visit, answers: Mapping[str, Answer]
) -> None:
    """Say how the CDASI of a visit stands against the baseline, and what changes matter."""
    compared = cdasi_changes(store, reader, visit, answers)
    if compared is None:
        return
    baseline, changes = compared
    adopted = store.instrument_settings(reader).adopted
    for part, found in changes.items():
        show_change(f"CDASI {part.value}", found, baseline)
        for rule in CDASI.rule(part.value).responders:
            verdict = rule.verdict(found, adopted)
            if verdict is not None:
                words = "reached" if verdict else "not reached"
                st.caption(f"The study's response, {rule.percent:g} % less: **{words}**")


def show_change(name: str, found: Change, baseline: Visit) -> None:
    """Say a change, the published ones that matter, and whether noise explains it."""
    st.caption(
        f":material/compare_arrows: **{name} since {frame.visit_name(baseline)}** "
        f"({found.baseline:g} to {found.now:g}): {found.describe()}."
    )
