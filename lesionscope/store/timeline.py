"""The timeline of a patient: visit by visit, what was photographed, measured and signed."""

from __future__ import annotations

from sqlalchemy import Connection, exists, func, select

from lesionscope.core.people import Act, Reader, Visit
from lesionscope.store.drafts import draft_text
from lesionscope.store.entries import VisitSummary
from lesionscope.store.patients import visits_of
from lesionscope.store.photos import is_withdrawn
from lesionscope.store.readings import newest_reading
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
            return [_summary(connection, by, v) for v in visits_of(connection, patient_id)]


def _summary(connection: Connection, by: Reader, visit: Visit) -> VisitSummary:
    kept = select(func.count()).where(photos.c.visit_id == visit.id, ~is_withdrawn())
    measured = kept.where(exists().where(measurements.c.photo_id == photos.c.id))
    return VisitSummary(
        visit,
        newest_reading(connection, visit.id),
        connection.execute(kept).scalar_one(),
        connection.execute(measured).scalar_one(),
        draft_text(connection, by.id, visit.id) is not None,
    )
