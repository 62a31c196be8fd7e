"""Spots that a person marked in two photos, so that one can be laid onto the other.

They are a person's word on which skin is the same, so they stand in the audit trail, the newest
last; there is no table beside it that could say otherwise.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from lesionscope.core.people import Act, Reader
from lesionscope.store.photos import photo_of, refuse_withdrawn
from lesionscope.store.record import Record
from lesionscope.store.tables import accounts, events, visits

Spot = tuple[float, float]
MARK_SPOTS = "mark same spots"
FEWEST_SPOTS, MOST_SPOTS = 2, 6


@dataclass(frozen=True)
class MarkedSpots:
    """The same spots of skin in two photos.

    Attributes
    ----------
    base, follow : tuple of (float, float)
        (x, y) in each photo, shares of its longer side, in the same order.
    marked_by : str
        Full name of who marked them.
    marked_at : datetime
        UTC.
    """

    base: tuple[Spot, ...]
    follow: tuple[Spot, ...]
    marked_by: str
    marked_at: datetime


class Alignments(Record):
    """Marked spots of the store."""

    def mark_spots(
        self,
        by: Reader,
        base_id: int,
        follow_id: int,
        *,
        base: Sequence[Spot],
        follow: Sequence[Spot],
    ) -> None:
        """Say which spots of skin are the same in two photos, or that none are known.

        Parameters
        ----------
        by : Reader
            Who acts.
        base_id, follow_id : int
            The two photos, of one patient.
        base, follow : sequence of (float, float)
            (x, y) in each, shares of its longer side; 2 to 6, or none to take back what was
            marked before.

        Raises
        ------
        NotAllowed
            If `by` may not measure photos.
        NotInRecord
            If there is no such photo.
        ValueError
            If the numbers differ or are not 2 to 6, a spot lies outside its photo, a photo was
            withdrawn, or they are of two patients.
        """
        _check_spots(base, follow)
        with self._acting(by, Act.MEASURE) as entry:
            _refuse_strangers(entry.connection, (base_id, follow_id))
            entry.conclude(
                MARK_SPOTS,
                "photo",
                follow_id,
                base_photo_id=base_id,
                base=[[round(part, 6) for part in spot] for spot in base],
                follow=[[round(part, 6) for part in spot] for spot in follow],
            )

    def marked_spots(self, by: Reader, base_id: int, follow_id: int) -> MarkedSpots | None:
        """Return the spots marked last in two photos, or None where none are.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        """
        marked = (
            select(events.c.detail, events.c.at, accounts.c.full_name)
            .join(accounts, accounts.c.id == events.c.account_id)
            .where(events.c.act == MARK_SPOTS, events.c.entity_id == follow_id)
            .order_by(events.c.id.desc())
        )
        with self._reading(by, Act.READ_RECORD) as connection:
            for row in connection.execute(marked):
                detail = json.loads(row.detail)
                if detail["base_photo_id"] != base_id:
                    continue
                sides = [tuple((x, y) for x, y in detail[side]) for side in ("base", "follow")]
                at = datetime.fromisoformat(row.at)
                return MarkedSpots(sides[0], sides[1], row.full_name, at) if sides[0] else None
        return None


def _refuse_strangers(connection: Connection, photo_ids: tuple[int, int]) -> None:
    found = [photo_of(connection, photo_id) for photo_id in photo_ids]
    for photo in found:
        refuse_withdrawn(connection, photo.id)
    of_visits = visits.c.id.in_({photo.visit_id for photo in found})
    if len(set(connection.scalars(select(visits.c.patient_id).where(of_visits)))) != 1:
        raise ValueError("both photos must be of one patient")


def _check_spots(base: Sequence[Spot], follow: Sequence[Spot]) -> None:
    if len(base) != len(follow):
        raise ValueError(f"each spot is needed in both photos, got {len(base)} and {len(follow)}")
    if base and not FEWEST_SPOTS <= len(base) <= MOST_SPOTS:
        raise ValueError(f"{FEWEST_SPOTS} to {MOST_SPOTS} spots are needed, got {len(base)}")
    for x, y in (*base, *follow):
        if not (math.isfinite(x) and math.isfinite(y) and 0 <= x <= 1 and 0 <= y <= 1):
            raise ValueError(f"a spot must lie in its photo, got ({x}, {y})")
