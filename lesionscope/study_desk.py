"""A study on one day: its protocol, and each patient against schedule, criteria and baseline.

The study page and the study report look at a study through this, and so do the pages of a visit and
its report, so that they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from lesionscope.core.cdasi import CDASI
from lesionscope.core.course import PatientCourse
from lesionscope.core.measurement import BsaEstimate
from lesionscope.core.people import Reader, Visit
from lesionscope.core.protocol import MEASURED_AREA, Protocol
from lesionscope.core.trial import PlacedVisit, Timing, VisitCourse, place_visits
from lesionscope.scoring.eligibility import eligibility
from lesionscope.scoring.enrolment import Enrolment, enrolment
from lesionscope.scoring.signed_course import SignedValues, screening_of, signed_course
from lesionscope.store.store import Store
from lesionscope.store.study_entries import StudyPatient

BASELINE = "baseline"
"""What a visit is called that others are compared with, where no protocol says it."""


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

    def courses(
        self, patients: Iterable[StudyPatient]
    ) -> tuple[list[PatientCourse], list[ValueError]]:
        """Return the signed course of every patient, and why some have none."""
        courses, refused = [], []
        for patient in patients:
            try:
                courses.append(self.scored(patient))
            except ValueError as refusal:
                refused.append(refusal)
        return courses, refused


def _values(patient: StudyPatient, visit_id: int) -> SignedValues:
    held = patient.held[visit_id]
    return SignedValues(held.reading, held.pga)


def signed_in_reading(patient: StudyPatient, visit: Visit) -> set[str]:
    """Return what the signed reading of a visit answers: a CDASI counts once it has its total."""
    held = patient.held[visit.id]
    values = SignedValues(held.reading, held.pga)
    done = {CDASI.id} if values.cdasi_activity is not None else set()
    return done | ({MEASURED_AREA} if held.reading and held.reading.bsa else set())


def timing_words(placed: PlacedVisit) -> str:
    """Say how a planned visit stands, in few words."""
    days = abs(placed.days_off)
    if placed.timing in (Timing.EARLY, Timing.LATE):
        return f"{days} day{'s' * (days != 1)} {placed.timing.value}"
    if placed.timing is Timing.IN_WINDOW:
        return f"in window, day {placed.study_day}"
    return placed.timing.value


def today() -> date:
    """Return the day by which every page counts: UTC, as the record writes its times."""
    return datetime.now(UTC).date()


def course_of(store: Store, reader: Reader, patient_id: int) -> VisitCourse | None:
    """Return the visits of a patient against the protocol; None where the study has none."""
    protocol = store.protocol(reader)
    if protocol is None:
        return None
    return Desk(reader, protocol, today()).course(store.study_patient(reader, patient_id))


def baseline_of(store: Store, reader: Reader, patient_id: int) -> Visit | None:
    """Return the visit that the others of a patient are compared with.

    With a protocol that is the visit of its day 0; without one, the visit called Baseline, or
    else the earliest.
    """
    course = course_of(store, reader, patient_id)
    if course is not None:
        return next(placed.held for placed in course.placed if placed.planned.day == 0)
    held = store.visits(reader, patient_id)
    named = (visit for visit in held if visit.label.strip().casefold() == BASELINE)
    return next(named, held[0] if held else None)


def earlier_baseline(store: Store, reader: Reader, visit: Visit) -> Visit | None:
    """Return the baseline that a visit is compared with; None at the baseline and before it."""
    baseline = baseline_of(store, reader, visit.patient_id)
    if baseline is None or (baseline.day, baseline.id) >= (visit.day, visit.id):
        return None
    return baseline
