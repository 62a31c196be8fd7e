"""The timeline of a patient: visit by visit, what was photographed, measured and signed."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, case, exists, func, select

from lesionscope.core.people import Act, Reader, Visit
from lesionscope.store.drafts import visits_with_draft
from lesionscope.store.entries import VisitSummary
from lesionscope.store.patients import visits_of
from lesionscope.store.photos import is_withdrawn
from lesionscope.store.readings import newest_readings
from lesionscope.store.record import Record, require
from lesionscope.store.tables import measurements, patients, photos


class Timeline(Record):
    """Timelines of the store."""

    def timeline(self, by: Reader, patient_id: int) -> list[VisitSummary]:
        """Return the visits of a patient with their current readings, earliest day first.

        Parameters
        ----------
        by : Reader
            Who asks; ``draft`` tells of their own drafts.
        patient_id : int
            Whose timeline.

        Returns
        -------
        list of VisitSummary

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        NotInRecord
            If there is no such patient.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            require(connection, patients, patient_id, "patient")
            return _summaries(connection, by, visits_of(connection, patient_id))


def _summaries(connection: Connection, by: Reader, listed: list[Visit]) -> list[VisitSummary]:
    """Ask once for all visits: a question for each would take as long as there are visits."""
    ids = [visit.id for visit in listed]
    current, counted = newest_readings(connection, ids), _photo_counts(connection, ids)
    drafted = visits_with_draft(connection, by.id, ids)
    return [
        VisitSummary(
            visit, current.get(visit.id), *counted.get(visit.id, (0, 0)), visit.id in drafted
        )
        for visit in listed
    ]


def _photo_counts(connection: Connection, visit_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """Return how many photos of each visit are kept, and how many of them measured."""
    measured = exists().where(measurements.c.photo_id == photos.c.id)
    counted = (
        select(photos.c.visit_id, func.count(), func.sum(case((measured, 1), else_=0)))
        .where(photos.c.visit_id.in_(visit_ids), ~is_withdrawn())
        .group_by(photos.c.visit_id)
    )
    return {row[0]: (row[1], row[2]) for row in connection.execute(counted)}
