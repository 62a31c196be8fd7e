"""The whole study in one snapshot, as its exports are made from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, exists, func, select

from lesionscope import __version__
from lesionscope.core.people import Act, Patient, Reader, Visit
from lesionscope.core.signature import SignedKind
from lesionscope.core.sites import Side, Site
from lesionscope.core.study_data import (
    RecordedImport,
    RecordedMeasurement,
    RecordedPhoto,
    RecordedRelease,
    StudyData,
    StudyExtent,
)
from lesionscope.store.chain import time_text
from lesionscope.store.countersignatures import countersignature_of
from lesionscope.store.forms import form_of
from lesionscope.store.heads import newest_head
from lesionscope.store.imports import newest_imported
from lesionscope.store.measurements import files_of
from lesionscope.store.patients import visits_of
from lesionscope.store.photos import refuse_withdrawn
from lesionscope.store.protocols import newest_stored
from lesionscope.store.readings import reading_of
from lesionscope.store.record import Record, require
from lesionscope.store.refusals import NotInRecord
from lesionscope.store.releases import release_of
from lesionscope.store.tables import (
    accounts,
    assignments,
    countersignatures,
    events,
    forms,
    imported_scores,
    measurements,
    patients,
    photos,
    readings,
    releases,
    visits,
    withdrawals,
)


class StudyTables(Record):
    """What the store hands out to an export of the study."""

    def study_data(self, by: Reader) -> StudyData:
        """Return everything of the study that its exports are made from.

        Nothing leaves by this alone: `Exports.record_export` writes what left into the trail.

        Parameters
        ----------
        by : Reader
            Who exports.

        Returns
        -------
        StudyData
            Withdrawn photos and superseded signatures too, marked; no file names.

        Raises
        ------
        NotAllowed
            If `by` may not export.
        """
        with self._reading(by, Act.EXPORT) as connection:
            protocol = newest_stored(connection)
            listed, head = _patients(connection), newest_head(connection)
            assert head is not None  # somebody exports, so somebody was recorded
            return StudyData(
                study=protocol.study_id if protocol else "unnamed",
                protocol_version=protocol.version if protocol else "",
                taken_at=datetime.fromisoformat(time_text(self._clock())),
                record=_first_hash(connection),
                chain_head=head.text,
                software=__version__,
                patients=listed,
                visits=_visits(connection, listed),
                photos=_photos(connection),
                measurements=_measurements(connection),
                releases=_releases(connection),
                readings=tuple(reading_of(row) for row in _rows(connection, readings)),
                forms=tuple(form_of(row) for row in _rows(connection, forms)),
                countersignatures=tuple(
                    countersignature_of(row) for row in _rows(connection, countersignatures)
                ),
                imported=_imported(connection),
                signed_with=_signed_with(connection),
            )

    def study_extent(self, by: Reader) -> StudyExtent:
        """Return how much there is to export, which is counted and not read.

        Raises
        ------
        NotAllowed
            If `by` may not export.
        """
        with self._reading(by, Act.EXPORT) as connection:
            protocol = newest_stored(connection)
            kept = photos.c.id.not_in(select(withdrawals.c.photo_id))
            newest = select(func.max(releases.c.id)).group_by(releases.c.photo_id)
            released = releases.c.id.in_(newest) & (releases.c.released == 1)
            first = select(releases.c.photo_id).where(released)
            measured = select(measurements.c.photo_id)
            return StudyExtent(
                protocol.study_id if protocol else "unnamed",
                _count(connection, patients),
                _count(connection, visits),
                _count(connection, photos, kept),
                _count(connection, photos, kept, photos.c.id.in_(measured)),
                _count(connection, photos, kept, photos.c.id.in_(first)),
                _count(connection, readings, ~_replaced(readings)),
                _count(connection, forms, ~_replaced(forms)),
                _count(connection, countersignatures),
            )

    def exported_picture(self, by: Reader, photo_id: int) -> bytes:
        """Return the picture of a photo that a person released, for an export.

        Parameters
        ----------
        by : Reader
            Who exports.
        photo_id : int
            Which photo.

        Returns
        -------
        bytes
            JPEG without metadata.

        Raises
        ------
        NotAllowed
            If `by` may not export.
        NotInRecord
            If there is no such photo, or nobody released it.
        ValueError
            If it was withdrawn.
        PhotoDamaged
            If the vault lost or changed the file.
        """
        with self._reading(by, Act.EXPORT) as connection:
            require(connection, photos, photo_id, "photo")
            refuse_withdrawn(connection, photo_id)
            stands = release_of(connection, photo_id)
        if stands is None:
            raise NotInRecord(f"photo {photo_id} is not released: its picture stays in the record")
        return self._vault.read(stands.view_sha256)

    def exported_masks(self, by: Reader, measurement_id: int) -> dict[str, bytes]:
        """Return the masks of a measurement, for an export.

        Raises
        ------
        NotAllowed
            If `by` may not export.
        NotInRecord
            If there is no such measurement.
        PhotoDamaged
            If the vault lost or changed a file.
        """
        with self._reading(by, Act.EXPORT) as connection:
            require(connection, measurements, measurement_id, "measurement")
            files = files_of(connection, measurement_id)
        return {key: self._vault.read(sha256) for key, sha256 in files.items()}


def _count(connection: Connection, table: Table, *only: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(table).where(*only)) or 0


def _replaced(table: Table) -> ColumnElement[bool]:
    later = table.alias("later")
    return exists().where(later.c.supersedes == table.c.id)


def _rows(connection: Connection, table: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(select(table).order_by(table.c.id)).mappings()]


def _first_hash(connection: Connection) -> str:
    first = select(events.c.hash).order_by(events.c.id).limit(1)
    return str(connection.execute(first).scalar_one())


def _patients(connection: Connection) -> tuple[Patient, ...]:
    listed = select(patients.c.id, patients.c.pseudonym).order_by(patients.c.pseudonym_key)
    return tuple(Patient(row.id, row.pseudonym) for row in connection.execute(listed))


def _visits(connection: Connection, listed: tuple[Patient, ...]) -> tuple[Visit, ...]:
    return tuple(visit for patient in listed for visit in visits_of(connection, patient.id))


def _photos(connection: Connection) -> tuple[RecordedPhoto, ...]:
    newest = select(func.max(assignments.c.id)).group_by(assignments.c.photo_id)
    found = (
        select(
            photos,
            assignments.c.view,
            assignments.c.site,
            assignments.c.side,
            events.c.at,
            withdrawals.c.reason,
        )
        .join(assignments, assignments.c.photo_id == photos.c.id)
        .join(events, events.c.id == photos.c.event_id)
        .outerjoin(withdrawals, withdrawals.c.photo_id == photos.c.id)
        .where(assignments.c.id.in_(newest))
        .order_by(photos.c.id)
    )
    return tuple(
        RecordedPhoto(
            row.id,
            row.visit_id,
            row.sha256,
            row.size,
            row.view,
            Site(row.site),
            Side(row.side),
            datetime.fromisoformat(row.at),
            row.reason or "",
        )
        for row in connection.execute(found)
    )


def _measurements(connection: Connection) -> tuple[RecordedMeasurement, ...]:
    found = (
        select(measurements, events.c.at, accounts.c.name, accounts.c.full_name)
        .join(events, events.c.id == measurements.c.event_id)
        .join(accounts, accounts.c.id == events.c.account_id)
        .order_by(measurements.c.id)
    )
    newest = set(
        connection.scalars(select(func.max(measurements.c.id)).group_by(measurements.c.photo_id))
    )
    return tuple(
        RecordedMeasurement(
            row.id,
            row.photo_id,
            datetime.fromisoformat(row.at),
            row.drawn_by,
            # As the record judges it when the mask is saved: it bears the name of who saves it.
            row.drawn_by in (row.name, row.full_name),
            json.loads(row.document),
            row.document_sha256,
            row.id in newest,
        )
        for row in connection.execute(found)
    )


def _releases(connection: Connection) -> tuple[RecordedRelease, ...]:
    newest = select(func.max(releases.c.id)).group_by(releases.c.photo_id)
    withdrawn = select(withdrawals.c.photo_id)
    found = (
        select(releases, events.c.at, accounts.c.full_name)
        .join(events, events.c.id == releases.c.event_id)
        .join(accounts, accounts.c.id == events.c.account_id)
        .where(
            releases.c.id.in_(newest),
            releases.c.released == 1,
            releases.c.photo_id.not_in(withdrawn),
        )
        .order_by(releases.c.photo_id)
    )
    return tuple(
        RecordedRelease(
            row.photo_id,
            row.view_sha256,
            datetime.fromisoformat(row.at),
            row.full_name,
            len(json.loads(row.masks)),
        )
        for row in connection.execute(found)
    )


def _imported(connection: Connection) -> tuple[RecordedImport, ...]:
    of = imported_scores.c
    newest = set(connection.scalars(newest_imported()))
    found = select(imported_scores, events.c.at).join(events, events.c.id == of.event_id)
    return tuple(
        RecordedImport(
            row.id,
            row.visit_id,
            row.instrument,
            row.item,
            json.loads(row.value),
            row.rater,
            datetime.fromisoformat(row.at),
            row.id in newest,
        )
        for row in connection.execute(found.order_by(of.id))
    )


def _signed_with(connection: Connection) -> Mapping[tuple[SignedKind, int], str]:
    found: dict[tuple[SignedKind, int], str] = {}
    for kind, table in ((SignedKind.READING, readings), (SignedKind.FORM, forms)):
        rows = select(table.c.id, events.c.software).join(events, events.c.id == table.c.event_id)
        found |= {(kind, row.id): row.software for row in connection.execute(rows)}
    return found
