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
    NotAllowed,
    NotInRecord,
    PhotoDamaged,
    RecordBusy,
    RecordTooNew,
    SignInRefused,
)
from lesionscope.store.store import Store

__all__ = [
    "AlreadyThere",
    "BodyHistory",
    "Event",
    "NotAllowed",
    "NotInRecord",
    "PatientSummary",
    "PhotoDamaged",
    "RecordBusy",
    "RecordTooNew",
    "SignInRefused",
    "Store",
    "StoredBodySize",
    "StoredHandprint",
    "StoredMeasurement",
    "StoredPhoto",
    "VisitSummary",
]
