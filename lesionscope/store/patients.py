"""Patients and their visits; a patient is a pseudonym and nothing else."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, exists, func, select

from lesionscope.core.people import Act, Patient, Reader, Visit
from lesionscope.store.entries import PatientSummary
from lesionscope.store.record import Record, require
from lesionscope.store.refusals import AlreadyThere, NotInRecord
from lesionscope.store.tables import patients, readings, visits

_LONGEST_LABEL = 64


class Patients(Record):
    """Patients and visits of the store."""

    def add_patient(self, by: Reader, pseudonym: str) -> Patient:
        """Add a patient.

        Parameters
        ----------
        by : Reader
            Who acts.
        pseudonym : str
            Study identifier, see `lesionscope.core.people.PSEUDONYM`.

        Returns
        -------
        Patient

        Raises
        ------
        NotAllowed
            If `by` may not add patients.
        AlreadyThere
            If there is such a patient; capitals do not make another one.
        ValueError
            If the pseudonym has a form that is not allowed.
        """
        Patient(0, pseudonym)  # refuses a wrong form before anything is written
        key = pseudonym.casefold()
        with self._acting(by, Act.ADD_PATIENT) as entry:
            same = select(patients.c.pseudonym).where(patients.c.pseudonym_key == key)
            earlier = entry.connection.scalar(same)
            if earlier is not None:
                raise AlreadyThere(f"patient {earlier} is already in the record")
            patient_id = entry.append(patients, pseudonym=pseudonym, pseudonym_key=key)
            entry.conclude("add patient", "patient", patient_id, pseudonym=pseudonym)
        return Patient(patient_id, pseudonym)

    def patients(self, by: Reader) -> list[PatientSummary]:
        """Return every patient with the state of their visits, by pseudonym.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        """
        signed = exists().where(readings.c.visit_id == visits.c.id)
        # Three plain questions: joined into one they take PostgreSQL twice as long.
        listed = select(patients.c.id, patients.c.pseudonym).order_by(patients.c.pseudonym_key)
        grouped = select(visits.c.patient_id, func.count()).group_by(visits.c.patient_id)
        with self._reading(by, Act.READ_RECORD) as connection:
            counted = {r[0]: r for r in connection.execute(grouped.add_columns(_last_day()))}
            unsigned = {r[0]: r[1] for r in connection.execute(grouped.where(~signed))}
            return [
                PatientSummary(
                    Patient(row.id, row.pseudonym),
                    counted[row.id][1] if row.id in counted else 0,
                    date.fromisoformat(counted[row.id][2]) if row.id in counted else None,
                    unsigned.get(row.id, 0),
                )
                for row in connection.execute(listed)
            ]

    def patient(self, by: Reader, patient_id: int) -> Patient:
        """Return one patient.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        NotInRecord
            If there is none with this number.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            require(connection, patients, patient_id, "patient")
            pseudonym = select(patients.c.pseudonym).where(patients.c.id == patient_id)
            return Patient(patient_id, connection.execute(pseudonym).scalar_one())

    def add_visit(self, by: Reader, patient_id: int, day: date, label: str) -> Visit:
        """Add a visit of a patient.

        Parameters
        ----------
        by : Reader
            Who acts.
        patient_id : int
            Whose visit.
        day : date
            Date of the visit.
        label : str
            Such as ``"Baseline"``, 1 to 64 characters.

        Returns
        -------
        Visit

        Raises
        ------
        NotAllowed
            If `by` may not add visits.
        NotInRecord
            If there is no such patient.
        AlreadyThere
            If the patient has a visit of this label on this day.
        ValueError
            If the label is empty or too long.
        """
        label = label.strip()
        if not 1 <= len(label) <= _LONGEST_LABEL or not label.isprintable():
            raise ValueError(
                f"a visit needs a label of 1 to {_LONGEST_LABEL} characters, got {label[:80]!r}"
            )
        day = day.date() if isinstance(day, datetime) else day
        row: dict[str, int | str] = {
            "patient_id": patient_id,
            "day": day.isoformat(),
            "label": label,
        }
        with self._acting(by, Act.ADD_PATIENT) as entry:
            require(entry.connection, patients, patient_id, "patient")
            same = select(visits.c.id).where(*[visits.c[k] == v for k, v in row.items()])
            if entry.connection.scalar(same) is not None:
                raise AlreadyThere(f"this patient already has a visit {label!r} on {day}")
            visit_id = entry.append(visits, **row)
            entry.conclude("add visit", "visit", visit_id, **row)
        return Visit(visit_id, patient_id, day, label)

    def visits(self, by: Reader, patient_id: int) -> list[Visit]:
        """Return the visits of a patient, earliest day first.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        NotInRecord
            If there is no such patient.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            require(connection, patients, patient_id, "patient")
            return visits_of(connection, patient_id)

    def visit(self, by: Reader, visit_id: int) -> Visit:
        """Return one visit.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        NotInRecord
            If there is none with this number.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            return visit_of(connection, visit_id)


def _last_day() -> ColumnElement[str]:
    return func.max(visits.c.day)


def visits_of(connection: Connection, patient_id: int) -> list[Visit]:
    """Return the visits of a patient, earliest day first."""
    found = select(visits).where(visits.c.patient_id == patient_id)
    rows = connection.execute(found.order_by(visits.c.day, visits.c.id))
    return [Visit(r.id, r.patient_id, date.fromisoformat(r.day), r.label) for r in rows]


def visit_of(connection: Connection, visit_id: int) -> Visit:
    """Return one visit.

    Raises
    ------
    NotInRecord
        If there is none with this number.
    """
    row = connection.execute(select(visits).where(visits.c.id == visit_id)).one_or_none()
    if row is None:
        raise NotInRecord(f"there is no visit {visit_id} in the record")
    return Visit(row.id, row.patient_id, date.fromisoformat(row.day), row.label)
