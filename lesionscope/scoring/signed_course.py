"""From held visits and what was signed of them to what a protocol compares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lesionscope.core.cdasi import Part
from lesionscope.core.course import PatientCourse, ScoredVisit
from lesionscope.core.measurement import BsaEstimate, Convention
from lesionscope.core.reading import Reading
from lesionscope.core.study_settings import PgaScale, PgaScore, Settings
from lesionscope.core.trial import VisitCourse
from lesionscope.scoring.eligibility import Screening


@dataclass(frozen=True, eq=False)
class SignedValues:
    """What was signed of one visit.

    Attributes
    ----------
    reading : Reading or None
        The current reading.
    pga : PgaScore or None
        The current global assessment.
    """

    reading: Reading | None = None
    pga: PgaScore | None = None

    @property
    def cdasi_activity(self) -> int | None:
        """Activity total; None while the form is incomplete or not signed."""
        return None if self.reading is None else self.reading.score(Part.ACTIVITY).total

    def bsa(self, convention: Convention | None) -> BsaEstimate | None:
        """Return the signed area, or None where it was signed under another convention."""
        bsa = None if self.reading is None else self.reading.bsa
        if bsa is None or (convention is not None and bsa.convention is not convention):
            return None
        return bsa

    def pga_on(self, scale: PgaScale | None) -> PgaScore | None:
        """Return the global assessment, or None where it was given on another scale."""
        return None if self.pga is None or self.pga.scale is not scale else self.pga


def screening_of(
    settings: Settings,
    values: SignedValues,
    *,
    measured_bsa: BsaEstimate | None = None,
    age_years: int | None = None,
) -> Screening:
    """Return what eligibility is asked with.

    Parameters
    ----------
    settings : Settings
        A BSA under another convention and a PGA on another scale than the study's are left out.
    values : SignedValues
        Of the baseline visit.
    measured_bsa : BsaEstimate or None
        Measured at that visit and not signed.
    age_years : int or None
        Completed years.

    Returns
    -------
    Screening
    """
    convention = settings.bsa_convention.value
    if measured_bsa is not None and convention not in (None, measured_bsa.convention):
        measured_bsa = None
    return Screening(
        bsa=values.bsa(convention),
        measured_bsa=measured_bsa,
        cdasi_activity=values.cdasi_activity,
        pga=values.pga_on(settings.pga_scale.value),
        age_years=age_years,
    )


def signed_course(
    pseudonym: str, course: VisitCourse, values: Mapping[int, SignedValues], settings: Settings
) -> PatientCourse:
    """Return the signed values of a patient at each planned visit that was held.

    Parameters
    ----------
    pseudonym : str
        The patient.
    course : VisitCourse
        Their visits against the schedule.
    values : mapping of int to SignedValues
        Held visit to what was signed of it.
    settings : Settings
        A BSA under another convention and a PGA on another scale than the study's are left out.

    Returns
    -------
    PatientCourse
        Without visits where there is no baseline to count days from.
    """
    scored = []
    for placed in course.placed:
        if placed.held is None or placed.study_day is None:
            continue
        signed = values.get(placed.held.id, SignedValues())
        scored.append(
            ScoredVisit(
                placed.planned.id,
                placed.study_day,
                signed.cdasi_activity,
                signed.bsa(settings.bsa_convention.value),
                signed.pga_on(settings.pga_scale.value),
            )
        )
    return PatientCourse(pseudonym, tuple(scored))
