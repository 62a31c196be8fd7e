"""The demo study: rendered virtual patients, put into the record as if they had come to clinic.

Everything goes through the same doors as a real photo: the store keeps the bytes, the
pipeline measures them. The study follows the protocol that ships as the example, and each patient
begins the cream at the baseline. Nothing is signed: a reading is a person's, so every visit waits.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lesionscope.core.patient_event import EventKind
from lesionscope.core.people import Patient, Reader, Role, Visit
from lesionscope.core.sites import Side, Site
from lesionscope.demo_sign_in import (
    ACCOUNT,
    DemoAccess,
    is_finished,
    keep_sign_in,
    known_access,
    note_progress,
    was_begun,
)
from lesionscope.exchange.measurement_json import document, mask_files
from lesionscope.exchange.protocol_file import shipped_document
from lesionscope.pipeline import measure, read_photo
from lesionscope.places import data_home, samples_folder
from lesionscope.store import NotAllowed, Store

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many photos are done, and how many there are."""

FULL_NAME = "Demo owner"
PROTOCOL = "nct06857240"
"""The shipped protocol that the demo follows."""
TREATMENT = "Cream started, twice a day (demo)"

# Without letters and digits that are easily taken for one another; 16 of them hold 79 bits.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class DemoPhoto:
    """One photo of the demo study and where it belongs.

    Attributes
    ----------
    pseudonym : str
        Patient.
    day : date
        Day of the visit.
    label : str
        Name of the visit.
    path : Path
        The photo.
    view : str
        Id of a standard view.
    site : Site
        Site that it is taken for.
    side : Side
        Side of the body.
    """

    pseudonym: str
    day: date
    label: str
    path: Path
    view: str
    site: Site
    side: Side


def demo_photos(study: Path | None = None) -> tuple[DemoPhoto, ...]:
    """List the photos of the demo study, patient by patient and visit by visit.

    Parameters
    ----------
    study : Path, optional
        The study's JSON; by default the one among the sample images.

    Returns
    -------
    tuple of DemoPhoto

    Examples
    --------
    >>> photos = demo_photos()
    >>> len({photo.pseudonym for photo in photos}) >= 3
    True
    """
    study = study or samples_folder() / "demo_study" / "study.json"
    patients = json.loads(study.read_text(encoding="utf-8"))["patients"]
    return tuple(
        DemoPhoto(
            pseudonym=patient["pseudonym"],
            day=date.fromisoformat(visit["day"]),
            label=visit["label"],
            path=study.parent / photo["file"],
            view=photo["view"],
            site=Site(photo["site"]),
            side=Side(photo["side"]),
        )
        for patient in patients
        for visit in patient["visits"]
        for photo in visit["photos"]
    )


def seed(
    store: Store,
    by: Reader,
    *,
    progress: Progress | None = None,
    photos: tuple[DemoPhoto, ...] | None = None,
) -> int:
    """Add the demo study to a record and measure its photos; what is there already stays.

    A protocol that somebody set stays too.

    Parameters
    ----------
    store : Store
        The record.
    by : Reader
        Who adds them; needs the rights to set the protocol, to add patients, events and photos, and
        to measure.
    progress : callable, optional
        Called before each photo and once at the end.
    photos : tuple of DemoPhoto, optional
        A part of the study; by default all of it.

    Returns
    -------
    int
        Photos added or measured now; 0 when everything was there.

    Raises
    ------
    NotAllowed
        If `by` lacks one of these rights.
    """
    photos = demo_photos() if photos is None else photos
    tell = progress or _silent
    new = 0
    _set_protocol(store, by)
    for done, photo in enumerate(photos):
        tell(f"{photo.pseudonym}, {photo.label}, {photo.view}", done, len(photos))
        new += _add(store, by, photo)
    tell("Demo study ready", len(photos), len(photos))
    return new


def _silent(_doing: str, _done: int, _of: int) -> None:
    return None


def _add(store: Store, by: Reader, photo: DemoPhoto) -> bool:
    """Take one photo as far as it has not come yet; True when there was something to do."""
    visit = _visit(store, by, photo)
    data = photo.path.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    kept = next((p for p in store.photos(by, visit.id) if p.sha256 == sha256), None)
    if kept is None:
        kept = store.add_photo(
            by,
            visit.id,
            data,
            name=photo.path.name,
            view=photo.view,
            site=photo.site,
            side=photo.side,
        )
    if store.latest_measurement(by, kept.id) is not None:
        return False
    found = measure(read_photo(data, photo.path.name), site=photo.site)
    store.add_measurement(
        by, kept.id, document(found), mask_files(found), drawn_by=found.lesion_map.drawn_by
    )
    return True


def _visit(store: Store, by: Reader, photo: DemoPhoto) -> Visit:
    patient = _patient(store, by, photo.pseudonym)
    for visit in store.visits(by, patient.id):
        if (visit.day, visit.label) == (photo.day, photo.label):
            return visit
    visit = store.add_visit(by, patient.id, photo.day, photo.label)
    _begin_treatment(store, by, visit)
    return visit


def _patient(store: Store, by: Reader, pseudonym: str) -> Patient:
    for summary in store.patients(by):
        if summary.patient.pseudonym == pseudonym:
            return summary.patient
    return store.add_patient(by, pseudonym)


def _set_protocol(store: Store, by: Reader) -> None:
    if not store.protocols(by):
        store.set_protocol(by, shipped_document(PROTOCOL))


def _begin_treatment(store: Store, by: Reader, visit: Visit) -> None:
    """Record that the cream begins at the baseline: the demo has a course to look at."""
    protocol = store.protocol(by)
    at_baseline = protocol is not None and protocol.baseline.is_called(visit.label)
    if at_baseline and not store.patient_events(by, visit.patient_id, withdrawn=True):
        store.record_patient_event(
            by, visit.patient_id, day=visit.day, kind=EventKind.DOSE, words=TREATMENT
        )


def seed_demo_home(
    home: Path | None = None,
    *,
    progress: Progress | None = None,
    announce: Callable[[DemoAccess], None] | None = None,
    photos: tuple[DemoPhoto, ...] | None = None,
) -> DemoAccess | None:
    """Make a data folder ready for a first look: a demo account and the demo study.

    A record that somebody else owns is left as it is. A seeding that was cut short is taken up
    again; a finished one is not repeated, so that a demo photo withdrawn since does not return.

    Parameters
    ----------
    home : Path, optional
        Data folder; by default `lesionscope.places.data_home`.
    progress : callable, optional
        See `seed`.
    announce : callable, optional
        Called with the access before the account is kept and the photos are measured: the
        password must not be lost when the seeding is cut short.
    photos : tuple of DemoPhoto, optional
        A part of the study; by default all of it.

    Returns
    -------
    DemoAccess or None
        None when the record has an owner who is not the demo account.
    """
    home = (home or data_home()).expanduser().resolve()
    tell = announce or _not_announced
    with Store.open(home) as store:
        if not store.has_owner():
            password = new_password()
            access = DemoAccess(ACCOUNT, password, keep_sign_in(home, password))
            # Shown before it is kept: a kill in between costs a password that nobody needs.
            tell(access)
            note_progress(home, finished=False)
            store.create_owner(ACCOUNT, FULL_NAME, password)
        elif _is_demo(store, home):
            access = known_access(home)
            tell(access)
        else:
            return None
        if not is_finished(home):
            seed(store, _OWNER, progress=progress, photos=photos)
            note_progress(home, finished=True)
        return access


def _not_announced(_access: DemoAccess) -> None:
    return None


# The owner's account is the first that a record gets; the store compares the names.
_OWNER = Reader(1, ACCOUNT, FULL_NAME, Role.OWNER)


def _is_demo(store: Store, home: Path) -> bool:
    """Return whether this program made the owner of the record, not a person of that name."""
    if not was_begun(home):
        return False
    try:
        store.patients(_OWNER)
    except NotAllowed:
        return False
    return True


def new_password() -> str:
    """Return a random password in four groups of four, made to be typed.

    Examples
    --------
    >>> [len(group) for group in new_password().split("-")]
    [4, 4, 4, 4]
    """
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
