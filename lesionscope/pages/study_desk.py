"""What the parts of the study page share: the protocol, today, and each patient against both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lesionscope.core.course import PatientCourse
from lesionscope.core.measurement import BsaEstimate
from lesionscope.core.people import Reader
from lesionscope.core.protocol import Protocol
from lesionscope.core.trial import PlacedVisit, Timing, VisitCourse, place_visits
from lesionscope.pages import frame
from lesionscope.scoring.eligibility import Answer, Verdict, eligibility
from lesionscope.scoring.enrolment import Enrolment, enrolment
from lesionscope.scoring.signed_course import SignedValues, screening_of, signed_course
from lesionscope.store.study_entries import StudyPatient

TIMING_COLOURS = {
    Timing.IN_WINDOW: "green",
    Timing.EARLY: "orange",
    Timing.LATE: "orange",
    Timing.MISSING: "red",
    Timing.DUE: "blue",
    Timing.NOT_YET_DUE: "gray",
    Timing.NO_BASELINE: "gray",
}
"""Colour of the badge of each timing; the words beside it say the same."""

VERDICT_COLOURS = {
    Verdict.ELIGIBLE: "green",
    Verdict.NOT_ELIGIBLE: "red",
    Verdict.UNDETERMINED: "orange",
}
ANSWER_COLOURS = {Answer.MET: "green", Answer.NOT_MET: "red", Answer.UNDETERMINED: "orange"}


@dataclass(frozen=True, eq=False)
class Desk:
    """The study as one reader looks at it on one day.

    Attributes
    ----------
    reader : Reader
        Who looks.
    protocol : Protocol
        The protocol that counts.
    today : date
        Decides what is due and what is missing.
    """

    reader: Reader
    protocol: Protocol
    today: date

    def course(self, patient: StudyPatient) -> VisitCourse:
        """Put the visits of a patient against the schedule."""
        held = [one.visit for one in patient.visits]
        return place_visits(self.protocol.visits, held, today=self.today, chosen=patient.chosen)

    def baseline(self, patient: StudyPatient) -> PlacedVisit:
        """Return the baseline of a patient, held or not."""
        wanted = self.protocol.baseline.id
        return next(one for one in self.course(patient).placed if one.planned.id == wanted)

    def scored(self, patient: StudyPatient) -> PatientCourse:
        """Return the signed values of a patient at each planned visit."""
        values = {visit_id: _values(patient, visit_id) for visit_id in patient.held}
        course = self.course(patient)
        return signed_course(patient.patient.pseudonym, course, values, self.protocol.settings)

    def enrolment(
        self, patient: StudyPatient, measured_bsa: BsaEstimate | None = None
    ) -> Enrolment:
        """Ask every eligibility criterion of a patient, from the baseline visit."""
        held = self.baseline(patient).held
        screening = screening_of(
            self.protocol.settings,
            SignedValues() if held is None else _values(patient, held.id),
            measured_bsa=measured_bsa,
            age_years=patient.age.years if patient.age else None,
        )
        answered = {name: (one.wording, one.answer) for name, one in patient.checks.items()}
        return enrolment(eligibility(self.protocol, screening), answered)


def _values(patient: StudyPatient, visit_id: int) -> SignedValues:
    held = patient.held[visit_id]
    return SignedValues(held.reading, held.pga)


def timing_words(placed: PlacedVisit) -> str:
    """Say how a planned visit stands, in few words."""
    days = abs(placed.days_off)
    if placed.timing in (Timing.EARLY, Timing.LATE):
        return f"{days} day{'s' * (days != 1)} {placed.timing.value}"
    if placed.timing is Timing.IN_WINDOW:
        return f"in window, day {placed.study_day}"
    return placed.timing.value


def window_words(placed: PlacedVisit) -> str:
    """Write the window of a planned visit with its dates, as far as a baseline gives them."""
    plan = placed.planned
    days = f"day {plan.day}"
    if plan.days_early or plan.days_late:
        days = f"day {plan.first_day} to {plan.last_day}"
    if placed.opens is None or placed.closes is None:
        return days
    if placed.opens == placed.closes:
        return f"{days} · {frame.day_name(placed.opens)}"
    opens = frame.day_name(placed.opens)
    if placed.opens.year == placed.closes.year:
        opens = opens.removesuffix(f" {placed.opens.year}")
    return f"{days} · {opens} to {frame.day_name(placed.closes)}"
