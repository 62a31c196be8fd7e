"""What leaves the record when a study is exported: one snapshot, without names or file names.

What the software measured and what a person signed stay apart here too: measurements are the
machine's, readings, forms and countersignatures are people's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from lesionscope.core.field import Answer
from lesionscope.core.form import StoredForm
from lesionscope.core.people import Patient, Visit
from lesionscope.core.reading import Reading
from lesionscope.core.signature import Countersignature, SignedKind
from lesionscope.core.sites import Side, Site


@dataclass(frozen=True)
class RecordedPhoto:
    """A photo of the record; the name of its file stays at home.

    Attributes
    ----------
    id, visit_id : int
        Rows in the record.
    sha256 : str
        Hex digest of the original bytes.
    size : int
        Number of those bytes.
    view : str
        Standard view, see `lesionscope.core.sites.VIEWS`.
    site : Site
        Site that it counts for.
    side : Side
        Side of the body.
    added_at : datetime
        UTC.
    withdrawn : str
        Why it was withdrawn; empty when it was not.
    """

    id: int
    visit_id: int
    sha256: str
    size: int
    view: str
    site: Site
    side: Side
    added_at: datetime
    withdrawn: str = ""


@dataclass(frozen=True, eq=False)
class RecordedMeasurement:
    """A measurement of the record: the machine's numbers, of a mask that it or a person drew.

    Attributes
    ----------
    id, photo_id : int
        Rows in the record.
    made_at : datetime
        UTC.
    drawn_by : str
        Software version, or the name of the reader who corrected the mask.
    corrected : bool
        Whether a person corrected the mask.
    document : mapping of str to object
        Public JSON document of the measurement.
    document_sha256 : str
        Of its canonical text.
    current : bool
        Whether it is the newest of its photo.
    """

    id: int
    photo_id: int
    made_at: datetime
    drawn_by: str
    corrected: bool
    document: Mapping[str, Any]
    document_sha256: str
    current: bool

    @property
    def origin(self) -> str:
        """Say who outlined: ``"machine"``, or ``"machine, outline corrected by a person"``."""
        return "machine, outline corrected by a person" if self.corrected else "machine"


@dataclass(frozen=True)
class RecordedRelease:
    """A photo that a person released for eyes outside, as the picture made for them.

    Attributes
    ----------
    photo_id : int
        The photo.
    view_sha256 : str
        Of the released picture, which carries no metadata.
    released_at : datetime
        UTC.
    released_by : str
        Full name of the person who looked at it.
    masks : int
        Number of rectangles that were covered.
    """

    photo_id: int
    view_sha256: str
    released_at: datetime
    released_by: str
    masks: int


@dataclass(frozen=True)
class RecordedImport:
    """A score that came in from a file, signed elsewhere if at all.

    Attributes
    ----------
    id, visit_id : int
        Rows in the record.
    instrument, item : str
        What was scored.
    value : float or str
        Number, or "not assessable".
    rater : str
        Name as the file had it; empty where it had none.
    imported_at : datetime
        UTC.
    current : bool
        Whether it is the newest of its visit and item.
    """

    id: int
    visit_id: int
    instrument: str
    item: str
    value: Answer
    rater: str
    imported_at: datetime
    current: bool


@dataclass(frozen=True, eq=False)
class AtVisit:
    """What stands of one visit.

    Attributes
    ----------
    readings, forms, measurements : list
        Not superseded; the newest of each photo.
    """

    readings: list[Reading]
    forms: list[StoredForm]
    measurements: list[RecordedMeasurement]


@dataclass(frozen=True)
class StudyExtent:
    """How much a study holds, without what it holds.

    Attributes
    ----------
    study : str
        Id of the study in its protocol; ``"unnamed"`` without one.
    patients, visits, photos, measured, released : int
        Photos that were not withdrawn; of those, how many were measured and released.
    readings, forms, countersignatures : int
        Readings and forms that no later one replaced, and reviews and approvals.
    """

    study: str
    patients: int
    visits: int
    photos: int
    measured: int
    released: int
    readings: int
    forms: int
    countersignatures: int


@dataclass(frozen=True, eq=False)
class StudyData:
    """Everything of a study that its exports are made from, from one snapshot of the record.

    Attributes
    ----------
    study : str
        Id of the study in its protocol; ``"unnamed"`` without one.
    protocol_version : str
        Empty without a protocol.
    taken_at : datetime
        UTC.
    record : str
        Hash of the first event of the record: what is like-named in two records is still told
        apart.
    chain_head : str
        Head of the audit chain then: the export can be held against a kept one.
    software : str
        Version that exports.
    patients : tuple of Patient
        By pseudonym.
    visits : tuple of Visit
        By patient and day.
    photos, measurements, releases : tuple
        In the order of the record; withdrawn photos too, marked.
    readings, forms, countersignatures : tuple
        In the order of signing, superseded ones too.
    imported : tuple of RecordedImport
        In the order of the record.
    signed_with : mapping of (SignedKind, int) to str
        Version of the software with which a reading or form was signed.
    """

    study: str
    protocol_version: str
    taken_at: datetime
    record: str
    chain_head: str
    software: str
    patients: tuple[Patient, ...] = ()
    visits: tuple[Visit, ...] = ()
    photos: tuple[RecordedPhoto, ...] = ()
    measurements: tuple[RecordedMeasurement, ...] = ()
    releases: tuple[RecordedRelease, ...] = ()
    readings: tuple[Reading, ...] = ()
    forms: tuple[StoredForm, ...] = ()
    countersignatures: tuple[Countersignature, ...] = ()
    imported: tuple[RecordedImport, ...] = ()
    signed_with: Mapping[tuple[SignedKind, int], str] = field(default_factory=dict)

    @cached_property
    def patient_of(self) -> Mapping[int, Patient]:
        """Patient by row."""
        return {patient.id: patient for patient in self.patients}

    @cached_property
    def visit_of(self) -> Mapping[int, Visit]:
        """Visit by row."""
        return {visit.id: visit for visit in self.visits}

    @cached_property
    def photo_of(self) -> Mapping[int, RecordedPhoto]:
        """Photo by row."""
        return {photo.id: photo for photo in self.photos}

    @cached_property
    def measurement_of(self) -> Mapping[int, RecordedMeasurement]:
        """Measurement by row."""
        return {one.id: one for one in self.measurements}

    @cached_property
    def release_of(self) -> Mapping[int, RecordedRelease]:
        """Release in force by photo."""
        return {one.photo_id: one for one in self.releases}

    @cached_property
    def superseded(self) -> frozenset[tuple[SignedKind, int]]:
        """Readings and forms that a later one replaced."""
        old = {(SignedKind.READING, r.supersedes) for r in self.readings if r.supersedes}
        old |= {(SignedKind.FORM, f.supersedes) for f in self.forms if f.supersedes}
        return frozenset(old)

    @cached_property
    def _first_days(self) -> Mapping[int, date]:
        first: dict[int, date] = {}
        for visit in self.visits:
            first[visit.patient_id] = min(visit.day, first.get(visit.patient_id, visit.day))
        return first

    def pseudonym(self, visit_id: int) -> str:
        """Return the pseudonym of the patient of a visit."""
        return self.patient_of[self.visit_of[visit_id].patient_id].pseudonym

    def study_day(self, visit_id: int) -> int:
        """Return the day of a visit counted from the patient's first one, which is day 1."""
        visit = self.visit_of[visit_id]
        return (visit.day - self._first_days[visit.patient_id]).days + 1

    @cached_property
    def current_readings(self) -> tuple[Reading, ...]:
        """Readings that no later one replaced."""
        gone = self.superseded
        return tuple(r for r in self.readings if (SignedKind.READING, r.id) not in gone)

    @cached_property
    def current_forms(self) -> tuple[StoredForm, ...]:
        """Forms that no later one replaced."""
        gone = self.superseded
        return tuple(f for f in self.forms if (SignedKind.FORM, f.id) not in gone)

    @cached_property
    def current_measurements(self) -> tuple[RecordedMeasurement, ...]:
        """Newest measurement of each photo that was not withdrawn."""
        kept = {photo.id for photo in self.photos if not photo.withdrawn}
        return tuple(m for m in self.measurements if m.current and m.photo_id in kept)

    @cached_property
    def measured_of(self) -> Mapping[int, RecordedMeasurement]:
        """Current measurement by photo."""
        return {one.photo_id: one for one in self.current_measurements}

    @cached_property
    def _at_visits(self) -> Mapping[int, AtVisit]:
        at = {visit.id: AtVisit([], [], []) for visit in self.visits}
        for reading in self.current_readings:
            at[reading.visit_id].readings.append(reading)
        for form in self.current_forms:
            at[form.visit_id].forms.append(form)
        for one in self.current_measurements:
            at[self.photo_of[one.photo_id].visit_id].measurements.append(one)
        return at

    def at_visit(self, visit_id: int) -> AtVisit:
        """Return what stands of a visit."""
        return self._at_visits[visit_id]

    @cached_property
    def visit_numbers(self) -> Mapping[int, int]:
        """Place of each visit among those of its patient, from 1."""
        places: dict[int, int] = {}
        numbers = {}
        for visit in self.visits:
            places[visit.patient_id] = places.get(visit.patient_id, 0) + 1
            numbers[visit.id] = places[visit.patient_id]
        return numbers
