"""What the record hands out about a study: its protocol, and its patients as the protocol asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from lesionscope.core.people import Patient, Visit
from lesionscope.core.reading import Reading
from lesionscope.core.study_settings import PgaScore
from lesionscope.scoring.eligibility import Answer


@dataclass(frozen=True)
class StoredProtocol:
    """A protocol of the study, as it was set.

    Attributes
    ----------
    id : int
        Row in the record.
    study_id, version : str
        As the document has them.
    document : str
        The YAML file as it came, comments too.
    document_sha256 : str
        Hex digest of the file's bytes.
    content_sha256 : str
        Identity of the content, whatever the layout of the file.
    supersedes : int or None
        The protocol that it replaced.
    reason : str
        Why it replaced that one; empty for the first.
    set_at : datetime
        UTC.
    set_by : str
        Full name of who set it.
    """

    id: int
    study_id: str
    version: str
    document: str
    document_sha256: str
    content_sha256: str
    supersedes: int | None
    reason: str
    set_at: datetime
    set_by: str


@dataclass(frozen=True)
class StoredCheck:
    """A person's answer to an eligibility criterion that no measurement answers.

    Attributes
    ----------
    id, patient_id, protocol_id : int
        Rows in the record; the protocol is the one that asked.
    criterion, wording : str
        Id of the criterion, and its text as it was answered.
    answer : Answer
        Met, not met or undetermined.
    reason : str
        On what the answer rests, or why it replaces another; may be empty.
    answered_at : datetime
        UTC.
    answered_by : str
        Full name.
    """

    id: int
    patient_id: int
    protocol_id: int
    criterion: str
    wording: str
    answer: Answer
    reason: str
    answered_at: datetime
    answered_by: str


@dataclass(frozen=True)
class StoredAge:
    """A patient's age at screening.

    Attributes
    ----------
    id, patient_id : int
        Rows in the record.
    years : int
        Completed years.
    reason : str
        Why it replaces an earlier one; empty for the first.
    recorded_at : datetime
        UTC.
    recorded_by : str
        Full name.
    """

    id: int
    patient_id: int
    years: int
    reason: str
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, eq=False)
class StudyVisit:
    """A held visit with what a study asks about it.

    Attributes
    ----------
    visit : Visit
        Which.
    planned : str or None
        Id of the planned visit that a person said it is, or `lesionscope.core.trial.NOT_PLANNED`;
        None where name and day decide.
    reading : Reading or None
        The current reading: signed and not superseded.
    pga : PgaScore or None
        From the current form of the PGA; None where there is none or it has no total.
    """

    visit: Visit
    planned: str | None
    reading: Reading | None
    pga: PgaScore | None = None


@dataclass(frozen=True, eq=False)
class StudyPatient:
    """A patient with what a study asks about them.

    Attributes
    ----------
    patient : Patient
        Who.
    visits : tuple of StudyVisit
        Earliest day first.
    age : StoredAge or None
        None where it was never recorded.
    checks : mapping of str to StoredCheck
        Id of a criterion to its newest answer.
    """

    patient: Patient
    visits: tuple[StudyVisit, ...]
    age: StoredAge | None
    checks: Mapping[str, StoredCheck]

    @property
    def chosen(self) -> dict[int, str]:
        """Held visit to the planned one that a person said it is."""
        return {v.visit.id: v.planned for v in self.visits if v.planned is not None}

    @property
    def held(self) -> dict[int, StudyVisit]:
        """Held visit by its number."""
        return {v.visit.id: v for v in self.visits}
