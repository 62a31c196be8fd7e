"""What the record hands out: photos and measurements as kept, and the lists that pages show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

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
