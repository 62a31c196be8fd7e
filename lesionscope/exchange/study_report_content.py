"""What a study report says: one snapshot of a study, by pseudonym, ready to be laid out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from lesionscope.core.change import MeasurementError
from lesionscope.core.course import PatientCourse
from lesionscope.core.criterion import Quantity
from lesionscope.core.protocol import Protocol
from lesionscope.core.trial import Timing
from lesionscope.scoring.campaign_agreement import CampaignAgreement
from lesionscope.scoring.capture_quality import NO_TONE, TONES, CaptureQuality
from lesionscope.scoring.drift import Drift
from lesionscope.scoring.eligibility import Verdict


@dataclass(frozen=True)
class PatientLine:
    """One patient of the report.

    Attributes
    ----------
    pseudonym : str
        Who.
    verdict : Verdict
        By the criteria of the protocol.
    criteria : str
        What the verdict rests on.
    timings : tuple of str
        How each planned visit stands, in few words.
    unscheduled : int
        Visits that no planned one accounts for.
    """

    pseudonym: str
    verdict: Verdict
    criteria: str
    timings: tuple[str, ...]
    unscheduled: int


@dataclass(frozen=True)
class VisitLine:
    """How complete one planned visit is over all patients.

    Attributes
    ----------
    label : str
        The planned visit.
    timings : mapping of Timing to int
        Patients by how the visit stands.
    photographs, scores : tuple of (int, int)
        Those there and those asked for, at the visits that were held: views of the shot list, and
        instruments signed.
    """

    label: str
    timings: Counter[Timing]
    photographs: tuple[int, int]
    scores: tuple[int, int]

    @property
    def held(self) -> int:
        """Patients of whom the visit was held."""
        return sum(self.timings[one] for one in (Timing.IN_WINDOW, Timing.EARLY, Timing.LATE))

    @property
    def due(self) -> int:
        """Patients of whom it was held, or should have been."""
        return self.held + self.timings[Timing.MISSING]


@dataclass(frozen=True, eq=False)
class FinishedCampaign:
    """A read campaign whose cases are all read and settled.

    Attributes
    ----------
    code, name, design : str
        What it is called, and how it was read.
    plan_sha256 : str
        Hash of the declaration.
    whole_visits : bool
        Whether a case was a whole visit, so that its area is the patient's.
    agreement : CampaignAgreement
        The figures; the readers are named by number.
    """

    code: str
    name: str
    design: str
    plan_sha256: str
    whole_visits: bool
    agreement: CampaignAgreement


@dataclass(frozen=True, eq=False)
class StudyReport:
    """What the report says.

    Attributes
    ----------
    study : str
        Id of the study; ``"unnamed"`` without a protocol.
    protocol : Protocol or None
        The protocol that counts.
    protocol_sha256 : str
        Of its file; empty without one.
    as_of : datetime
        When the record was read.
    software, chain_head : str
        Version that made the report, and the head of the audit chain then.
    counts : mapping of str to int
        Photos, measurements and signatures, by what they are called.
    patients : tuple of PatientLine
        By pseudonym; empty without a protocol.
    pseudonyms : tuple of str
        Every patient.
    schedule : tuple of VisitLine
        Planned visits.
    courses : tuple of PatientCourse
        Signed values.
    errors : mapping of Quantity to MeasurementError
        Of the study's own readers; a quantity is missing where none was measured.
    capture : CaptureQuality
        Of the photos that were not withdrawn.
    drift : tuple of Drift
        Suggestions by item and skin tone.
    campaign : FinishedCampaign or None
        The newest that is finished.
    campaign_note : str
        What is to be said of campaigns besides.
    models : tuple of str
        Software with networks that measured.
    never_measured : tuple of str
        Sentences on what is missing.
    """

    study: str
    protocol: Protocol | None
    protocol_sha256: str
    as_of: datetime
    software: str
    chain_head: str
    counts: Mapping[str, int]
    pseudonyms: tuple[str, ...]
    capture: CaptureQuality
    patients: tuple[PatientLine, ...] = ()
    schedule: tuple[VisitLine, ...] = ()
    courses: tuple[PatientCourse, ...] = ()
    errors: Mapping[Quantity, MeasurementError] = field(default_factory=dict)
    drift: tuple[Drift, ...] = ()
    campaign: FinishedCampaign | None = None
    campaign_note: str = ""
    models: tuple[str, ...] = ()
    never_measured: tuple[str, ...] = field(default=())

    @property
    def tones(self) -> tuple[str, ...]:
        """Skin tones that photos or suggestions have, lightest first."""
        there = {*self.capture.photos, *(one.group for one in self.drift)}
        return tuple(tone for tone in (*TONES, NO_TONE) if tone in there)
