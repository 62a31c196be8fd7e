"""The only writing: an append-only record, a vault for bytes, and a trail that can be proved."""

from lesionscope.store.entries import (
    BodyHistory,
    Event,
    PatientSummary,
    StoredBodySize,
    StoredHandprint,
    StoredMeasurement,
    StoredPhoto,
    VisitSummary,
)
from lesionscope.store.refusals import (
    AlreadyThere,
    BackupDamaged,
    NotAllowed,
    NotInRecord,
    PhotoDamaged,
    RecordBusy,
    RecordTooNew,
    RecordUnreachable,
    SignInRefused,
)
from lesionscope.store.store import Store
from lesionscope.store.study_entries import (
    StoredAge,
    StoredCheck,
    StoredProtocol,
    StudyPatient,
    StudyVisit,
)

__all__ = [
    "AlreadyThere",
    "BackupDamaged",
    "BodyHistory",
    "Event",
    "NotAllowed",
    "NotInRecord",
    "PatientSummary",
    "PhotoDamaged",
    "RecordBusy",
    "RecordTooNew",
    "RecordUnreachable",
    "SignInRefused",
    "Store",
    "StoredAge",
    "StoredBodySize",
    "StoredCheck",
    "StoredHandprint",
    "StoredMeasurement",
    "StoredPhoto",
    "StoredProtocol",
    "StudyPatient",
    "StudyVisit",
    "VisitSummary",
]
