"""Photos of a visit: original bytes in the vault, assigned to a view and site, never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, exists, func, select

from lesionscope.core.people import Act, Reader
from lesionscope.core.sites import Side, Site, view_named
from lesionscope.store.entries import StoredPhoto
from lesionscope.store.record import Record, require
from lesionscope.store.refusals import AlreadyThere, NotInRecord
from lesionscope.store.tables import accounts, assignments, events, photos, visits, withdrawals

_LONGEST_NAME = 200


class Photos(Record):
    """Photos of the store."""

    def add_photo(
        self,
        by: Reader,
        visit_id: int,
        data: bytes,
        *,
        name: str,
        view: str,
        site: Site,
        side: Side,
    ) -> StoredPhoto:
        """Keep a photo of a visit; when this returns, its bytes survive a power cut.

        Parameters
        ----------
        by : Reader
            Who acts.
        visit_id : int
            Visit that it was taken at.
        data : bytes
            The file as it came, kept unchanged.
        name : str
            File name as given, for people only; never used as a path.
        view : str
            Id of a standard view, see `lesionscope.core.sites.VIEWS`.
        site : Site
            Site that the photo counts for.
        side : Side
            Side of the body.

        Returns
        -------
        StoredPhoto

        Raises
        ------
        NotAllowed
            If `by` may not add photos.
        NotInRecord
            If there is no such visit.
        AlreadyThere
            If the visit has these very bytes already; it names the earlier photo.
        ValueError
            If there are no bytes, or the view is not a standard one.
        """
        if not data:
            raise ValueError(f"{_plain(name) or 'the file'} is empty (0 bytes); send it again")
        shown = _assignment(view, site, side)
        with self._reading(by, Act.ADD_PHOTO) as connection:
            require(connection, visits, visit_id, "visit")
        sha256 = self._vault.put(data)
        with self._acting(by, Act.ADD_PHOTO) as entry:
            _refuse_same_bytes(entry.connection, visit_id, sha256)
            photo_id = entry.append(
                photos, visit_id=visit_id, sha256=sha256, size=len(data), name=_plain(name)
            )
            entry.append(assignments, photo_id=photo_id, **shown)
            entry.conclude(
                "add photo",
                "photo",
                photo_id,
                visit_id=visit_id,
                name=_plain(name),
                sha256=sha256,
                **shown,
            )
        return self.photo(by, photo_id)

    def assign_photo(
        self, by: Reader, photo_id: int, *, view: str, site: Site, side: Side
    ) -> StoredPhoto:
        """Say anew what a photo shows; the earlier assignment stays in the record.

        Parameters
        ----------
        by : Reader
            Who acts.
        photo_id : int
            Which photo.
        view, site, side
            As for `add_photo`.

        Returns
        -------
        StoredPhoto

        Raises
        ------
        NotAllowed
            If `by` may not add photos.
        NotInRecord
            If there is no such photo.
        ValueError
            If the view is not a standard one, or the photo was withdrawn.
        """
        new = _assignment(view, site, side)
        with self._acting(by, Act.ADD_PHOTO) as entry:
            before = photo_of(entry.connection, photo_id)
            refuse_withdrawn(entry.connection, photo_id)
            old = _assignment(before.view, before.site, before.side)
            if new != old:
                entry.append(assignments, photo_id=photo_id, **new)
                entry.conclude("assign photo", "photo", photo_id, old=old, new=new)
        return self.photo(by, photo_id)

    def withdraw_photo(self, by: Reader, photo_id: int, reason: str) -> None:
        """Take a photo out of its visit; its row and its bytes stay.

        Parameters
        ----------
        by : Reader
            Who acts.
        photo_id : int
            Which photo.
        reason : str
            Why, for the audit trail.

        Raises
        ------
        NotAllowed
            If `by` may not add photos.
        NotInRecord
            If there is no such photo.
        ValueError
            If there is no reason, or the photo was withdrawn before.
        """
        if not reason.strip():
            raise ValueError("withdrawing a photo needs a reason")
        with self._acting(by, Act.ADD_PHOTO) as entry:
            photo = photo_of(entry.connection, photo_id)
            refuse_withdrawn(entry.connection, photo_id)
            entry.append(withdrawals, photo_id=photo_id, reason=reason.strip())
            entry.conclude(
                "withdraw photo",
                "photo",
                photo_id,
                reason=reason.strip(),
                name=photo.name,
                sha256=photo.sha256,
            )

    def photos(self, by: Reader, visit_id: int) -> list[StoredPhoto]:
        """Return the photos of a visit that are not withdrawn, in the order they came.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        NotInRecord
            If there is no such visit.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            require(connection, visits, visit_id, "visit")
            listed = _as_assigned().where(photos.c.visit_id == visit_id, ~is_withdrawn())
            return [_stored(row) for row in connection.execute(listed.order_by(photos.c.id))]

    def photo(self, by: Reader, photo_id: int) -> StoredPhoto:
        """Return one photo, also when it was withdrawn.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        NotInRecord
            If there is none with this number.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            return photo_of(connection, photo_id)

    def original(self, by: Reader, photo_id: int) -> bytes:
        """Return the bytes of a photo as they came, checked against their sha256.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        NotInRecord
            If there is no such photo.
        PhotoDamaged
            If the vault lost or changed the file.
        """
        return self._vault.read(self.photo(by, photo_id).sha256)


def photo_of(connection: Connection, photo_id: int) -> StoredPhoto:
    """Return one photo as it is assigned now.

    Raises
    ------
    NotInRecord
        If there is none with this number.
    """
    row = connection.execute(_as_assigned().where(photos.c.id == photo_id)).one_or_none()
    if row is None:
        raise NotInRecord(f"there is no photo {photo_id} in the record")
    return _stored(row)


def is_withdrawn() -> Any:
    """Return the condition that the photo of the row was withdrawn."""
    return exists().where(withdrawals.c.photo_id == photos.c.id)


def refuse_withdrawn(connection: Connection, photo_id: int) -> None:
    """Refuse to go on with a photo that was withdrawn.

    Raises
    ------
    ValueError
        With the reason of the withdrawal.
    """
    reason = connection.scalar(
        select(withdrawals.c.reason).where(withdrawals.c.photo_id == photo_id)
    )
    if reason is not None:
        raise ValueError(f"photo {photo_id} was withdrawn: {reason}")


def _as_assigned() -> Select[Any]:
    newest = (
        select(func.max(assignments.c.id))
        .where(assignments.c.photo_id == photos.c.id)
        .correlate(photos)
        .scalar_subquery()
    )
    return (
        select(
            photos,
            assignments.c.view,
            assignments.c.site,
            assignments.c.side,
            events.c.at,
            accounts.c.full_name,
        )
        .join(assignments, assignments.c.id == newest)
        .join(events, events.c.id == photos.c.event_id)
        .join(accounts, accounts.c.id == events.c.account_id)
    )


def _stored(row: Any) -> StoredPhoto:
    return StoredPhoto(
        row.id,
        row.visit_id,
        row.sha256,
        row.name,
        row.view,
        Site(row.site),
        Side(row.side),
        datetime.fromisoformat(row.at),
        row.full_name,
    )


def _assignment(view: str, site: Site, side: Side) -> dict[str, str]:
    return {"view": view_named(view).id, "site": Site(site).value, "side": Side(side).value}


def _refuse_same_bytes(connection: Connection, visit_id: int, sha256: str) -> None:
    same = select(photos.c.id, photos.c.name).where(
        photos.c.visit_id == visit_id, photos.c.sha256 == sha256, ~is_withdrawn()
    )
    earlier = connection.execute(same.limit(1)).one_or_none()
    if earlier is not None:
        raise AlreadyThere(
            f"this visit already has the same file as photo {earlier.id} ({earlier.name!r})"
        )


def _plain(name: str) -> str:
    """Make a file name safe to show: no control characters, no half code points, not endless."""
    readable = name.encode("utf-8", "replace").decode()
    return "".join(c for c in readable if c.isprintable())[:_LONGEST_NAME]
