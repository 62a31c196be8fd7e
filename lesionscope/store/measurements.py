"""Measurements of a photo: each new one is appended, with its masks in the vault."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, or_, select

from lesionscope.core.people import Act, Reader
from lesionscope.store.chain import Entry, canonical_json, sha256_of
from lesionscope.store.entries import StoredMeasurement
from lesionscope.store.photos import photo_of, refuse_withdrawn
from lesionscope.store.record import Record, require
from lesionscope.store.tables import accounts, events, measurement_files, measurements, photos


class Measurements(Record):
    """Measurements of the store."""

    def add_measurement(
        self,
        by: Reader,
        photo_id: int,
        document: Mapping[str, Any],
        files: Mapping[str, bytes],
        *,
        drawn_by: str,
    ) -> StoredMeasurement:
        """Keep a measurement of a photo beside the earlier ones.

        Parameters
        ----------
        by : Reader
            Who acts. A mask that bears their own name (``name`` or ``full_name``) is a
            correction and needs the right to correct masks; any other needs the right to measure.
        photo_id : int
            Which photo.
        document : mapping of str to object
            The public JSON document of the measurement.
        files : mapping of str to bytes
            Key of each mask, such as ``"lesion"``, to its PNG.
        drawn_by : str
            Software version, or the name of the reader who corrected the mask.

        Returns
        -------
        StoredMeasurement

        Raises
        ------
        NotAllowed
            If `by` may not measure or correct.
        NotInRecord
            If there is no such photo.
        ValueError
            If the document is not plain JSON or is of other bytes than this photo, if the photo
            was withdrawn, or if `drawn_by` is the name of somebody else.
        """
        if not drawn_by.strip():
            raise ValueError("a measurement must say who or what drew its mask")
        text = canonical_json(dict(document))
        correction = drawn_by in (by.name, by.full_name)
        right = Act.CORRECT_MASK if correction else Act.MEASURE
        with self._reading(by, right) as connection:
            _check_document(connection, photo_id, document)
            _refuse_other_name(connection, by, drawn_by)
        kept = {key: (self._vault.put(data), len(data)) for key, data in files.items()}
        with self._acting(by, right) as entry:
            refuse_withdrawn(entry.connection, photo_id)
            measurement_id = _append_measurement(entry, photo_id, drawn_by, text, kept)
            entry.conclude(
                "correct mask" if correction else "measure photo",
                "measurement",
                measurement_id,
                photo_id=photo_id,
                drawn_by=drawn_by,
                document_sha256=sha256_of(text),
                files={key: sha256 for key, (sha256, _) in kept.items()},
                software_version=document.get("software_version"),
                model_version=document.get("model_version"),
            )
        with self._reading(by, None) as connection:
            return _stored(connection, _made().where(measurements.c.id == measurement_id))[0]

    def measurements(self, by: Reader, photo_id: int) -> list[StoredMeasurement]:
        """Return every measurement of a photo, oldest first.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        NotInRecord
            If there is no such photo.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            require(connection, photos, photo_id, "photo")
            of_photo = _made().where(measurements.c.photo_id == photo_id)
            return _stored(connection, of_photo.order_by(measurements.c.id))

    def latest_measurement(self, by: Reader, photo_id: int) -> StoredMeasurement | None:
        """Return the newest measurement of a photo, or None before the first.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        NotInRecord
            If there is no such photo.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            require(connection, photos, photo_id, "photo")
            of_photo = _made().where(measurements.c.photo_id == photo_id)
            newest = _stored(connection, of_photo.order_by(measurements.c.id.desc()).limit(1))
            return newest[0] if newest else None

    def measurement_files(self, by: Reader, measurement_id: int) -> dict[str, bytes]:
        """Return the masks of a measurement, each checked against its sha256.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        NotInRecord
            If there is no such measurement.
        PhotoDamaged
            If the vault lost or changed a file.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            require(connection, measurements, measurement_id, "measurement")
            files = files_of(connection, measurement_id)
        return {key: self._vault.read(sha256) for key, sha256 in files.items()}


def files_of(connection: Connection, measurement_id: int) -> dict[str, str]:
    """Return the key and vault address of each mask of a measurement."""
    found = (
        select(measurement_files.c.key, measurement_files.c.sha256)
        .where(measurement_files.c.measurement_id == measurement_id)
        .order_by(measurement_files.c.id)
    )
    return {row.key: row.sha256 for row in connection.execute(found)}


def _append_measurement(
    entry: Entry, photo_id: int, drawn_by: str, text: str, kept: Mapping[str, tuple[str, int]]
) -> int:
    measurement_id = entry.append(
        measurements,
        photo_id=photo_id,
        drawn_by=drawn_by,
        document=text,
        document_sha256=sha256_of(text),
    )
    for key, (sha256, size) in kept.items():
        entry.append(
            measurement_files, measurement_id=measurement_id, key=key, sha256=sha256, size=size
        )
    return measurement_id


def _made() -> Select[Any]:
    return (
        select(measurements, events.c.at, accounts.c.full_name)
        .join(events, events.c.id == measurements.c.event_id)
        .join(accounts, accounts.c.id == events.c.account_id)
    )


def _stored(connection: Connection, found: Select[Any]) -> list[StoredMeasurement]:
    return [
        StoredMeasurement(
            row.id,
            row.photo_id,
            datetime.fromisoformat(row.at),
            row.full_name,
            row.drawn_by,
            json.loads(row.document),
            files_of(connection, row.id),
        )
        for row in connection.execute(found).all()
    ]


def _check_document(connection: Connection, photo_id: int, document: Mapping[str, Any]) -> None:
    photo = photo_of(connection, photo_id)
    refuse_withdrawn(connection, photo_id)
    measured = document.get("sha256", photo.sha256)
    if measured != photo.sha256:
        raise ValueError(
            f"the document must be of photo {photo_id} ({photo.sha256[:12]}...), "
            f"got one of {str(measured)[:12]}..."
        )


def _refuse_other_name(connection: Connection, by: Reader, drawn_by: str) -> None:
    same = or_(accounts.c.name == drawn_by, accounts.c.full_name == drawn_by)
    other = select(accounts.c.id).where(same).limit(1)
    if drawn_by not in (by.name, by.full_name) and connection.scalar(other) is not None:
        raise ValueError(f"a mask drawn by {drawn_by} must be saved by {drawn_by}")
