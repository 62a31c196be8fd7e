"""Photos released for blinded reading: a person looked at each, or nobody reads it.

The picture that readers may see is made once, kept in the vault beside the original, and named by
its sha256 in every read: what a reader saw can be shown years later. The original stays sealed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from lesionscope.core.people import Act, Reader
from lesionscope.imaging.deidentify import MaskRectangle, metadata_in
from lesionscope.store.chain import canonical_json
from lesionscope.store.photos import photo_of, refuse_withdrawn
from lesionscope.store.record import Record, require
from lesionscope.store.refusals import NotInRecord
from lesionscope.store.tables import accounts, events, photos, releases, visits


@dataclass(frozen=True)
class StoredRelease:
    """What stands about a photo and blinded reading.

    Attributes
    ----------
    id, photo_id : int
        Rows in the record.
    released : bool
        Whether blinded readers may see its picture.
    view_sha256 : str
        Of that picture; empty when the release was taken back.
    masks : tuple of MaskRectangle
        What was covered in it.
    reason : str
        Why it was taken back, or a remark.
    decided_at : datetime
        UTC.
    decided_by : str
        Full name of the person who looked at it.
    """

    id: int
    photo_id: int
    released: bool
    view_sha256: str
    masks: tuple[MaskRectangle, ...]
    reason: str
    decided_at: datetime
    decided_by: str


class Releases(Record):
    """Releases of the store."""

    def release_photo(
        self,
        by: Reader,
        photo_id: int,
        view: bytes,
        *,
        masks: Sequence[MaskRectangle] = (),
        reason: str = "",
    ) -> StoredRelease:
        """Release a photo for blinded reading, by the person who looked at its picture.

        Parameters
        ----------
        by : Reader
            Who looked.
        photo_id : int
            Which photo.
        view : bytes
            The picture, see `lesionscope.imaging.deidentify.blinded_view`.
        masks : sequence of MaskRectangle
            What was covered in it.
        reason : str
            A remark.

        Returns
        -------
        StoredRelease

        Raises
        ------
        NotAllowed
            If `by` may not release photos.
        NotInRecord
            If there is no such photo.
        ValueError
            If the picture carries metadata, is no JPEG, or the photo was withdrawn.
        """
        self._require_right(by, Act.RELEASE_PHOTO)
        carried = metadata_in(view)
        if carried:
            raise ValueError(f"a picture for blinded reading carries no {', '.join(carried)}")
        sha256 = self._vault.put(view)
        with self._acting(by, Act.RELEASE_PHOTO) as entry:
            photo = photo_of(entry.connection, photo_id)
            refuse_withdrawn(entry.connection, photo_id)
            written = canonical_json([astuple(mask) for mask in masks])
            release_id = entry.append(
                releases,
                photo_id=photo_id,
                released=1,
                view_sha256=sha256,
                view_size=len(view),
                masks=written,
                reason=reason.strip(),
            )
            entry.conclude(
                "release photo",
                "photo",
                photo_id,
                photo_sha256=photo.sha256,
                view_sha256=sha256,
                masks=json.loads(written),
                reason=reason.strip(),
            )
        with self._reading(by, None) as connection:
            return _stored(connection.execute(_listed().where(releases.c.id == release_id)).one())

    def take_back_photo(self, by: Reader, photo_id: int, reason: str) -> None:
        """Take a release back: from now on no blinded reader sees the photo.

        Parameters
        ----------
        by : Reader
            Who acts.
        photo_id : int
            Which photo.
        reason : str
            Why.

        Raises
        ------
        NotAllowed
            If `by` may not release photos.
        NotInRecord
            If there is no such photo.
        ValueError
            If it is not released, or there is no reason.
        """
        if not reason.strip():
            raise ValueError("taking a release back needs a reason")
        with self._acting(by, Act.RELEASE_PHOTO) as entry:
            require(entry.connection, photos, photo_id, "photo")
            before = release_of(entry.connection, photo_id)
            if before is None:
                raise ValueError(f"photo {photo_id} is not released for blinded reading")
            entry.append(
                releases,
                photo_id=photo_id,
                released=0,
                view_sha256=None,
                view_size=None,
                masks="[]",
                reason=reason.strip(),
            )
            entry.conclude(
                "take back photo",
                "photo",
                photo_id,
                view_sha256=before.view_sha256,
                reason=reason.strip(),
            )

    def releases(self, by: Reader, visit_id: int) -> dict[int, StoredRelease]:
        """Return what stands about the photos of a visit, by photo; undecided ones are missing.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        NotInRecord
            If there is no such visit.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            require(connection, visits, visit_id, "visit")
            found = _newest().where(photos.c.visit_id == visit_id)
            return {row.photo_id: _stored(row) for row in connection.execute(found)}

    def released_view(self, by: Reader, photo_id: int) -> bytes:
        """Return the picture of a photo as blinded readers may see it.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        NotInRecord
            If there is no such photo, or it is not released.
        PhotoDamaged
            If the vault lost or changed the file.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            require(connection, photos, photo_id, "photo")
            stands = release_of(connection, photo_id)
        if stands is None:
            raise NotInRecord(f"photo {photo_id} is not released for blinded reading")
        return self._vault.read(stands.view_sha256)


def release_of(connection: Connection, photo_id: int) -> StoredRelease | None:
    """Return the release in force of a photo; None without one, or when it was taken back."""
    row = connection.execute(_newest().where(releases.c.photo_id == photo_id)).one_or_none()
    return _stored(row) if row is not None and row.released else None


def _listed() -> Select[Any]:
    return (
        select(releases, events.c.at, accounts.c.full_name)
        .join(photos, photos.c.id == releases.c.photo_id)
        .join(events, events.c.id == releases.c.event_id)
        .join(accounts, accounts.c.id == events.c.account_id)
    )


def _newest() -> Select[Any]:
    newest = select(func.max(releases.c.id)).group_by(releases.c.photo_id)
    return _listed().where(releases.c.id.in_(newest))


def _stored(row: Any) -> StoredRelease:
    return StoredRelease(
        row.id,
        row.photo_id,
        bool(row.released),
        row.view_sha256 or "",
        tuple(MaskRectangle(*corners) for corners in json.loads(row.masks)),
        row.reason,
        datetime.fromisoformat(row.at),
        row.full_name,
    )
