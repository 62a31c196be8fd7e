"""Events of a patient: doses, flares, other treatments; one recorded wrongly is withdrawn."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from lesionscope.core.patient_event import EventKind, PatientEvent, check_event_words
from lesionscope.core.people import Act, Reader
from lesionscope.store.record import Record, require
from lesionscope.store.refusals import NotInRecord
from lesionscope.store.tables import (
    accounts,
    events,
    patient_event_withdrawals,
    patient_events,
    patients,
)


class PatientEvents(Record):
    """Events of the store's patients."""

    def record_patient_event(
        self, by: Reader, patient_id: int, *, day: date, kind: EventKind, words: str
    ) -> PatientEvent:
        """Record something that happened to a patient.

        Parameters
        ----------
        by : Reader
            Who acts.
        patient_id : int
            To whom it happened.
        day : date
            When; not after today.
        kind : EventKind
            What sort of event.
        words : str
            What happened, see `lesionscope.core.patient_event.PatientEvent`.

        Returns
        -------
        PatientEvent

        Raises
        ------
        NotAllowed
            If `by` may not record events.
        NotInRecord
            If there is no such patient.
        ValueError
            If the words say nothing or too much, or the day is still to come.
        """
        check_event_words(words)
        day = day.date() if isinstance(day, datetime) else day
        row = {"day": day.isoformat(), "kind": EventKind(kind).value, "words": words.strip()}
        with self._acting(by, Act.RECORD_EVENT) as entry:
            require(entry.connection, patients, patient_id, "patient")
            # A day ahead of UTC is still today somewhere.
            if (day - entry.at.date()).days > 1:
                raise ValueError(f"an event is recorded once it has happened, got {day}")
            event_id = entry.append(patient_events, patient_id=patient_id, **row)
            entry.conclude(
                "record event of patient", "patient", patient_id, patient_event_id=event_id, **row
            )
        with self._reading(by, None) as connection:
            return _event_of(connection, event_id)

    def withdraw_patient_event(self, by: Reader, patient_event_id: int, *, reason: str) -> None:
        """Take back an event that was recorded wrongly; its row stays.

        Raises
        ------
        NotAllowed
            If `by` may not record events.
        NotInRecord
            If there is no such event.
        ValueError
            If there is no reason, or it was withdrawn before.
        """
        if not reason.strip():
            raise ValueError("withdrawing an event needs a reason")
        with self._acting(by, Act.RECORD_EVENT) as entry:
            event = _event_of(entry.connection, patient_event_id)
            if event.withdrawn:
                raise ValueError(f"this event was withdrawn before: {event.withdrawn}")
            entry.append(
                patient_event_withdrawals,
                patient_event_id=patient_event_id,
                reason=reason.strip(),
            )
            entry.conclude(
                "withdraw event of patient",
                "patient",
                event.patient_id,
                patient_event_id=patient_event_id,
                day=event.day.isoformat(),
                kind=event.kind.value,
                words=event.words,
                reason=reason.strip(),
            )

    def patient_events(
        self, by: Reader, patient_id: int, *, withdrawn: bool = False
    ) -> list[PatientEvent]:
        """Return the events of a patient, earliest day first.

        Parameters
        ----------
        by : Reader
            Who asks.
        patient_id : int
            Whose events.
        withdrawn : bool
            Whether those that were withdrawn come too.

        Returns
        -------
        list of PatientEvent

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        NotInRecord
            If there is no such patient.
        """
        of_patient = _made().where(patient_events.c.patient_id == patient_id)
        if not withdrawn:
            of_patient = of_patient.where(patient_event_withdrawals.c.id.is_(None))
        with self._reading(by, Act.READ_RECORD) as connection:
            require(connection, patients, patient_id, "patient")
            rows = connection.execute(
                of_patient.order_by(patient_events.c.day, patient_events.c.id)
            )
            return [_of_row(row) for row in rows]


def _event_of(connection: Connection, patient_event_id: int) -> PatientEvent:
    row = connection.execute(_made().where(patient_events.c.id == patient_event_id)).one_or_none()
    if row is None:
        raise NotInRecord(f"there is no event of a patient {patient_event_id} in the record")
    return _of_row(row)


def _made() -> Select[Any]:
    gone = patient_event_withdrawals
    return (
        select(patient_events, events.c.at, accounts.c.full_name, gone.c.reason.label("withdrawn"))
        .join(events, events.c.id == patient_events.c.event_id)
        .join(accounts, accounts.c.id == events.c.account_id)
        .outerjoin(gone, gone.c.patient_event_id == patient_events.c.id)
    )


def _of_row(row: Any) -> PatientEvent:
    return PatientEvent(
        row.id,
        row.patient_id,
        date.fromisoformat(row.day),
        EventKind(row.kind),
        row.words,
        datetime.fromisoformat(row.at),
        row.full_name,
        row.withdrawn or "",
    )
