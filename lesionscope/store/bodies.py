"""The patient's body as a ruler: height and weight by visit, and the area of the own hand."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select

from lesionscope.core.body import BodySize, OwnHandprint, PatientBody, Sex
from lesionscope.core.people import Act, Reader
from lesionscope.store.entries import BodyHistory, StoredBodySize, StoredHandprint
from lesionscope.store.patients import visit_of
from lesionscope.store.photos import is_withdrawn
from lesionscope.store.record import Record, require
from lesionscope.store.refusals import NotInRecord
from lesionscope.store.tables import (
    accounts,
    body_sizes,
    events,
    handprints,
    patients,
    photos,
    visits,
)


class Bodies(Record):
    """Sizes and handprints of the store's patients."""

    def record_body_size(
        self, by: Reader, patient_id: int, size: BodySize, *, visit_id: int | None = None
    ) -> StoredBodySize:
        """Keep a patient's height and weight; the same again for the same visit writes nothing.

        Parameters
        ----------
        by : Reader
            Who acts.
        patient_id : int
            Whose body.
        size : BodySize
            Height, weight and sex.
        visit_id : int or None
            Visit at which they were taken: weight changes, and a photo is measured with the
            size of its own day.

        Returns
        -------
        StoredBodySize

        Raises
        ------
        NotAllowed
            If `by` may not record a patient's body.
        NotInRecord
            If there is no such patient, or no such visit of theirs.
        """
        row = _size_row(size)
        with self._acting(by, Act.RECORD_BODY) as entry:
            _require_visit(entry.connection, patient_id, visit_id)
            of_visit = [s for s in _sizes(entry.connection, patient_id) if s.visit_id == visit_id]
            old = max(of_visit, key=lambda s: s.id, default=None)
            if old is not None and old.size == size:
                return old
            size_id = entry.append(body_sizes, patient_id=patient_id, visit_id=visit_id, **row)
            entry.conclude(
                "record body size",
                "patient",
                patient_id,
                visit_id=visit_id,
                old=_size_row(old.size) if old else None,
                new=row,
            )
        with self._reading(by, None) as connection:
            return next(s for s in _sizes(connection, patient_id) if s.id == size_id)

    def record_handprint(
        self, by: Reader, patient_id: int, handprint: OwnHandprint, *, reason: str = ""
    ) -> StoredHandprint:
        """Keep the area of a patient's own hand; the same as the one that counts writes nothing.

        Parameters
        ----------
        by : Reader
            Who acts.
        patient_id : int
            Whose hand.
        handprint : OwnHandprint
            With `photo_sha256` it was measured in that photo, without it a person entered it.
        reason : str
            Why it replaces the hand that counted until now; not needed for the first.

        Returns
        -------
        StoredHandprint

        Raises
        ------
        NotAllowed
            If `by` may not record a patient's body.
        NotInRecord
            If there is no such patient, or the patient has no such photo that is not withdrawn.
        ValueError
            If it replaces another without a reason.
        """
        row: dict[str, Any] = {
            "cm2": repr(float(handprint.cm2)),
            "sd_of_log": repr(float(handprint.sd_of_log)),
            "photo_sha256": handprint.photo_sha256 or None,
            "reason": reason.strip(),
        }
        with self._acting(by, Act.RECORD_BODY) as entry:
            require(entry.connection, patients, patient_id, "patient")
            _require_photo(entry.connection, patient_id, handprint.photo_sha256)
            old = _history(entry.connection, patient_id).handprint
            if old is not None and old.handprint == handprint:
                return old
            if old is not None and not reason.strip():
                raise ValueError("replacing the patient's handprint needs a reason")
            hand_id = entry.append(handprints, patient_id=patient_id, **row)
            entry.conclude(
                "record handprint",
                "patient",
                patient_id,
                replaces=None if old is None else old.id,
                **row,
            )
        with self._reading(by, None) as connection:
            return next(h for h in _handprints(connection, patient_id) if h.id == hand_id)

    def patient_body(self, by: Reader, patient_id: int, *, on: date | None = None) -> PatientBody:
        """Return what counts as the patient's size and hand.

        Parameters
        ----------
        by : Reader
            Who asks.
        patient_id : int
            Whose body.
        on : date or None
            Day for which the size is asked: the last taken until then counts, or else the first
            after. None asks for the newest.

        Returns
        -------
        PatientBody
            With None for what was never recorded.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        NotInRecord
            If there is no such patient.
        """
        history = self.body_history(by, patient_id)
        size, hand = history.size_on(on), history.handprint
        return PatientBody(size.size if size else None, hand.handprint if hand else None)

    def body_history(self, by: Reader, patient_id: int) -> BodyHistory:
        """Return every size and every handprint of a patient, replaced ones too.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        NotInRecord
            If there is no such patient.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            require(connection, patients, patient_id, "patient")
            return _history(connection, patient_id)


def _require_visit(connection: Connection, patient_id: int, visit_id: int | None) -> None:
    require(connection, patients, patient_id, "patient")
    if visit_id is not None and visit_of(connection, visit_id).patient_id != patient_id:
        raise NotInRecord(f"visit {visit_id} is not one of patient {patient_id}")


def _require_photo(connection: Connection, patient_id: int, sha256: str) -> None:
    if sha256 and _photo(connection, patient_id, sha256)[1]:
        raise NotInRecord(f"patient {patient_id} has no photo {sha256[:12]}... that is in use")


def _photo(connection: Connection, patient_id: int, sha256: str) -> tuple[int | None, bool]:
    """Return the patient's photo with these bytes, and whether none of it is left in a visit."""
    found = (
        select(photos.c.id, is_withdrawn().label("withdrawn"))
        .join_from(photos, visits)
        .where(visits.c.patient_id == patient_id, photos.c.sha256 == sha256)
        .order_by("withdrawn", photos.c.id)
    )
    row = connection.execute(found.limit(1)).one_or_none()
    return (None, True) if row is None else (row.id, bool(row.withdrawn))


def _history(connection: Connection, patient_id: int) -> BodyHistory:
    return BodyHistory(
        tuple(_sizes(connection, patient_id)), tuple(_handprints(connection, patient_id))
    )


def _sizes(connection: Connection, patient_id: int) -> list[StoredBodySize]:
    """Return every size of a patient by the day that it belongs to."""
    found = (
        select(body_sizes, visits.c.day, events.c.at, accounts.c.full_name)
        .join_from(body_sizes, events, events.c.id == body_sizes.c.event_id)
        .join(accounts, accounts.c.id == events.c.account_id)
        .outerjoin(visits, visits.c.id == body_sizes.c.visit_id)
        .where(body_sizes.c.patient_id == patient_id)
    )
    sizes = [_stored_size(row) for row in connection.execute(found)]
    return sorted(sizes, key=lambda stored: (stored.day, stored.id))


def _stored_size(row: Any) -> StoredBodySize:
    at = datetime.fromisoformat(row.at)
    return StoredBodySize(
        row.id,
        row.patient_id,
        row.visit_id,
        date.fromisoformat(row.day) if row.day else at.date(),
        BodySize(float(row.height_cm), float(row.weight_kg), Sex(row.sex) if row.sex else None),
        at,
        row.full_name,
    )


def _size_row(size: BodySize) -> dict[str, Any]:
    return {
        "height_cm": repr(float(size.height_cm)),
        "weight_kg": repr(float(size.weight_kg)),
        "sex": size.sex.value if size.sex else None,
    }


def _handprints(connection: Connection, patient_id: int) -> list[StoredHandprint]:
    """Return every handprint of a patient in the order of recording."""
    found = (
        select(handprints, events.c.at, accounts.c.full_name)
        .join_from(handprints, events, events.c.id == handprints.c.event_id)
        .join(accounts, accounts.c.id == events.c.account_id)
        .where(handprints.c.patient_id == patient_id)
        .order_by(handprints.c.id)
    )
    return [_stored_handprint(connection, row) for row in connection.execute(found).all()]


def _stored_handprint(connection: Connection, row: Any) -> StoredHandprint:
    photo_id: int | None = None
    withdrawn = False
    if row.photo_sha256:
        photo_id, withdrawn = _photo(connection, row.patient_id, row.photo_sha256)
    return StoredHandprint(
        row.id,
        row.patient_id,
        OwnHandprint(float(row.cm2), float(row.sd_of_log), row.photo_sha256 or ""),
        photo_id,
        withdrawn,
        row.reason,
        datetime.fromisoformat(row.at),
        row.full_name,
    )
