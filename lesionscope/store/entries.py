"""What the record hands out: photos and measurements as kept, and the lists that pages show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lesionscope.core.body import BodySize, OwnHandprint
from lesionscope.core.people import Patient, Visit
from lesionscope.core.reading import Reading
from lesionscope.core.sites import Side, Site


@dataclass(frozen=True)
class PatientSummary:
    """One line of the list of patients.

    Attributes
    ----------
    patient : Patient
        Who.
    visits : int
        Number of visits.
    last_visit : date or None
        Day of the latest visit; None before the first.
    unsigned_visits : int
        Visits that nobody has signed a reading of.
    """

    patient: Patient
    visits: int
    last_visit: date | None
    unsigned_visits: int


@dataclass(frozen=True)
class StoredPhoto:
    """A photo of a visit, as it is assigned now.

    Attributes
    ----------
    id, visit_id : int
        Rows in the record.
    sha256 : str
        Hex digest of the original bytes, and their address in the vault.
    name : str
        File name as given, for people only.
    view : str
        Standard view, see `lesionscope.core.sites.VIEWS`.
    site : Site
        Site that the photo counts for.
    side : Side
        Side of the body.
    added_at : datetime
        UTC.
    added_by : str
        Full name of who added it.
    """

    id: int
    visit_id: int
    sha256: str
    name: str
    view: str
    site: Site
    side: Side
    added_at: datetime
    added_by: str


@dataclass(frozen=True)
class StoredBodySize:
    """Height and weight of a patient, as they were recorded.

    Attributes
    ----------
    id, patient_id : int
        Rows in the record.
    visit_id : int or None
        Visit at which they were taken; None when they belong to none.
    day : date
        Day of that visit, or else the day of recording (UTC).
    size : BodySize
        Height, weight and sex.
    recorded_at : datetime
        UTC.
    recorded_by : str
        Full name of who recorded them.
    """

    id: int
    patient_id: int
    visit_id: int | None
    day: date
    size: BodySize
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True)
class StoredHandprint:
    """The area of a patient's own hand, as it was recorded.

    Attributes
    ----------
    id, patient_id : int
        Rows in the record.
    handprint : OwnHandprint
        The area and its uncertainty.
    photo_id : int or None
        Photo of the patient in which it was measured; None when it was entered.
    withdrawn : bool
        Whether that photo was withdrawn since: the hand then counts no more.
    reason : str
        Why it replaced an earlier one; empty when it was the first.
    recorded_at : datetime
        UTC.
    recorded_by : str
        Full name of who recorded it.
    """

    id: int
    patient_id: int
    handprint: OwnHandprint
    photo_id: int | None
    withdrawn: bool
    reason: str
    recorded_at: datetime
    recorded_by: str

    @property
    def source(self) -> str:
        """Return ``"measured"`` in a photo, or ``"entered"`` by a person."""
        return "entered" if self.photo_id is None else "measured"


@dataclass(frozen=True)
class BodyHistory:
    """All that was ever recorded of a patient's body.

    Attributes
    ----------
    sizes : tuple of StoredBodySize
        By day; of one day, the one recorded last comes last.
    handprints : tuple of StoredHandprint
        In the order of recording.
    """

    sizes: tuple[StoredBodySize, ...]
    handprints: tuple[StoredHandprint, ...]

    def size_on(self, day: date | None = None) -> StoredBodySize | None:
        """Return the size that counts on a day: the last taken until then, or else the first after.

        Parameters
        ----------
        day : date or None
            None asks for the newest of all.
        """
        until = [s for s in self.sizes if day is None or s.day <= day]
        return until[-1] if until else next(iter(self.sizes), None)

    @property
    def handprint(self) -> StoredHandprint | None:
        """Return the hand that counts: the newest whose photo was not withdrawn."""
        return next((h for h in reversed(self.handprints) if not h.withdrawn), None)


@dataclass(frozen=True, eq=False)
class StoredMeasurement:
    """A measurement of a photo, as it was kept.

    Attributes
    ----------
    id, photo_id : int
        Rows in the record.
    made_at : datetime
        UTC.
    made_by : str
        Full name of who asked for it.
    drawn_by : str
        Software version, or the name of the reader who corrected the mask.
    document : mapping of str to object
        The public JSON document of the measurement.
    files : mapping of str to str
        Key of each mask, such as ``"lesion"``, to its sha256 in the vault.
    """

    id: int
    photo_id: int
    made_at: datetime
    made_by: str
    drawn_by: str
    document: Mapping[str, Any]
    files: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class VisitSummary:
    """One visit of a patient's timeline.

    Attributes
    ----------
    visit : Visit
        Which.
    reading : Reading or None
        The current reading: signed and not superseded.
    photos : int
        Photos of the visit that are not withdrawn.
    measured : int
        Those of them that have a measurement.
    draft : bool
        Whether the person asking has an unsigned draft of this visit.
    """

    visit: Visit
    reading: Reading | None
    photos: int
    measured: int
    draft: bool


@dataclass(frozen=True, eq=False)
class Event:
    """One line of the audit trail.

    Attributes
    ----------
    id : int
        Its number, from 1 without a gap.
    at : datetime
        UTC.
    who : str
        Name used to sign in; empty when nobody was signed in.
    role : str
        Role at that time; empty when nobody was signed in.
    act : str
        What was done, such as ``"sign reading"``.
    entity : str
        Kind of thing it was done to, such as ``"visit"``; empty when it was to none.
    entity_id : int or None
        Which one.
    detail : mapping of str to object
        Old and new values, reasons, versions.
    software : str
        Version of the software that wrote the event.
    hash : str
        Link of the chain: sha256 over the hash before it and this event.
    """

    id: int
    at: datetime
    who: str
    role: str
    act: str
    entity: str
    entity_id: int | None
    detail: Mapping[str, Any]
    software: str
    hash: str
