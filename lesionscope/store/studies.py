"""What the protocol asks of a patient: which planned visit a visit is, the age, a person's checks.

Of each the newest row counts; a changed answer needs a reason and the old one stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, Table, func, select

from lesionscope.core.form import pga_score
from lesionscope.core.people import Act, Patient, Reader, Visit
from lesionscope.core.protocol import Protocol
from lesionscope.core.trial import NOT_PLANNED
from lesionscope.scoring.eligibility import OLDEST_YEARS, Answer
from lesionscope.store.chain import Entry
from lesionscope.store.forms import newest_forms
from lesionscope.store.patients import visit_of
from lesionscope.store.protocols import newest_protocol, newest_stored
from lesionscope.store.readings import newest_readings
from lesionscope.store.record import Record, require
from lesionscope.store.refusals import NotInRecord
from lesionscope.store.study_entries import StoredAge, StoredCheck, StudyPatient, StudyVisit
from lesionscope.store.tables import (
    accounts,
    ages,
    events,
    patients,
    person_checks,
    visit_plans,
    visits,
)


class Studies(Record):
    """Patients of the store as the study's protocol asks about them."""

    def plan_visit(
        self, by: Reader, visit_id: int, planned: str | None, *, reason: str = ""
    ) -> None:
        """Say which planned visit a visit is; the same again writes nothing.

        Parameters
        ----------
        by : Reader
            Who acts.
        visit_id : int
            The held visit.
        planned : str or None
            Id of a planned visit, `lesionscope.core.trial.NOT_PLANNED` for none of them, or None
            to let name and day decide again.
        reason : str
            Why.

        Raises
        ------
        NotAllowed
            If `by` may not add visits.
        NotInRecord
            If there is no such visit, or no protocol.
        ValueError
            If the schedule has no such visit, another visit of the patient was chosen for it, or
            there is no reason.
        """
        if not reason.strip():
            raise ValueError("saying which planned visit this is needs a reason")
        with self._acting(by, Act.ADD_PATIENT) as entry:
            visit = visit_of(entry.connection, visit_id)
            _check_planned(entry.connection, visit, planned)
            old = _plans(entry.connection).get(visit_id)
            if old == planned:
                return
            entry.append(visit_plans, visit_id=visit_id, planned=planned, reason=reason.strip())
            entry.conclude(
                "plan visit", "visit", visit_id, old=old, new=planned, reason=reason.strip()
            )

    def record_age(self, by: Reader, patient_id: int, years: int, *, reason: str = "") -> StoredAge:
        """Keep a patient's age at screening; the same again writes nothing.

        Parameters
        ----------
        by : Reader
            Who acts.
        patient_id : int
            Whose age.
        years : int
            Completed years. No date of birth is kept.
        reason : str
            Why it replaces the age that counted until now; not needed for the first.

        Returns
        -------
        StoredAge

        Raises
        ------
        NotAllowed
            If `by` may not record a patient's body.
        NotInRecord
            If there is no such patient.
        ValueError
            If it is no age, or replaces another without a reason.
        """
        if not 0 <= years <= OLDEST_YEARS:
            raise ValueError(f"age must be 0 to {OLDEST_YEARS} completed years, got {years}")
        with self._acting(by, Act.RECORD_BODY) as entry:
            require(entry.connection, patients, patient_id, "patient")
            old = _ages(entry.connection).get(patient_id)
            if old is not None and old.years == years:
                return old
            _check_reason(old, reason, "age")
            entry.append(ages, patient_id=patient_id, years=years, reason=reason.strip())
            entry.conclude(
                "record age",
                "patient",
                patient_id,
                old=old.years if old else None,
                new=years,
                reason=reason.strip(),
            )
        with self._reading(by, None) as connection:
            return _ages(connection)[patient_id]

    def answer_check(
        self, by: Reader, patient_id: int, criterion: str, answer: Answer, *, reason: str = ""
    ) -> StoredCheck:
        """Answer an eligibility criterion that a person must; the same again writes nothing.

        Parameters
        ----------
        by : Reader
            Who answers.
        patient_id : int
            Of which patient.
        criterion : str
            Id of one of the protocol's ``person_checks``.
        answer : Answer
            Met, not met or undetermined.
        reason : str
            On what it rests; required when it replaces another answer.

        Returns
        -------
        StoredCheck

        Raises
        ------
        NotAllowed
            If `by` may not sign readings: who is eligible is a clinician's word.
        NotInRecord
            If there is no such patient, no protocol, or no such criterion in it.
        ValueError
            If it replaces another answer without a reason.
        """
        answer = Answer(answer)
        with self._acting(by, Act.SIGN_READING) as entry:
            require(entry.connection, patients, patient_id, "patient")
            wording = _wording(entry.connection, criterion)
            old = _checks(entry.connection).get(patient_id, {}).get(criterion)
            if old is not None and (old.answer, old.wording) == (answer, wording):
                return old
            _check_reason(old if old and old.wording == wording else None, reason, "answer")
            _append_check(entry, patient_id, (criterion, wording, answer), reason, old)
        with self._reading(by, None) as connection:
            return _checks(connection)[patient_id][criterion]

    def study_patient(self, by: Reader, patient_id: int) -> StudyPatient:
        """Return one patient as the study asks about them.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        NotInRecord
            If there is no such patient.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            require(connection, patients, patient_id, "patient")
            return next(_study_patients(connection, patient_id))

    def study_patients(self, by: Reader) -> list[StudyPatient]:
        """Return every patient as the study asks about them, by pseudonym, from one snapshot.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            return list(_study_patients(connection))


def _study_patients(
    connection: Connection, patient_id: int | None = None
) -> Iterator[StudyPatient]:
    found = select(patients.c.id, patients.c.pseudonym).order_by(patients.c.pseudonym_key)
    if patient_id is not None:
        found = found.where(patients.c.id == patient_id)
    held = _study_visits(connection, patient_id)
    known_ages, checks = _ages(connection), _checks(connection)
    for row in connection.execute(found):
        yield StudyPatient(
            Patient(row.id, row.pseudonym),
            held.get(row.id, ()),
            known_ages.get(row.id),
            checks.get(row.id, {}),
        )


def _study_visits(
    connection: Connection, patient_id: int | None
) -> dict[int, tuple[StudyVisit, ...]]:
    """Return the visits of one patient, or of all, with what counts of each, by patient."""
    found = select(visits).order_by(visits.c.patient_id, visits.c.day, visits.c.id)
    if patient_id is not None:
        found = found.where(visits.c.patient_id == patient_id)
    rows = connection.execute(found).all()
    # Of one patient a few rows by their index; of all patients one walk over what was signed.
    ids = None if patient_id is None else [row.id for row in rows]
    signed, pga = newest_readings(connection, ids), newest_forms(connection, "pga", ids)
    plans = _plans(connection)
    return {
        owner: tuple(
            StudyVisit(
                Visit(row.id, owner, date.fromisoformat(row.day), row.label),
                plans.get(row.id),
                signed.get(row.id),
                pga_score(pga[row.id]) if row.id in pga else None,
            )
            for row in of_owner
        )
        for owner, of_owner in groupby(rows, key=lambda row: row.patient_id)
    }


def _required_protocol(connection: Connection) -> Protocol:
    protocol = newest_protocol(connection)
    if protocol is None:
        raise NotInRecord("the study has no protocol yet")
    return protocol


def _check_planned(connection: Connection, visit: Visit, planned: str | None) -> None:
    if planned is None or planned == NOT_PLANNED:
        return
    _required_protocol(connection).visit_named(planned)
    others = select(visits.c.id).where(
        visits.c.patient_id == visit.patient_id, visits.c.id != visit.id
    )
    plans = _plans(connection)
    for other in connection.scalars(others):
        if plans.get(other) == planned:
            held = visit_of(connection, other)
            raise ValueError(
                f"the visit {held.label!r} of {held.day} was chosen as {planned} already"
            )


def _wording(connection: Connection, criterion: str) -> str:
    for check in _required_protocol(connection).person_checks:
        if check.id == criterion:
            return check.text
    raise NotInRecord(f"the protocol asks nobody about {criterion!r}")


def _check_reason(old: object | None, reason: str, noun: str) -> None:
    if old is not None and not reason.strip():
        raise ValueError(f"replacing the {noun} needs a reason")


def _append_check(
    entry: Entry,
    patient_id: int,
    said: tuple[str, str, Answer],
    reason: str,
    old: StoredCheck | None,
) -> None:
    criterion, wording, answer = said
    protocol = newest_stored(entry.connection)
    assert protocol is not None
    entry.append(
        person_checks,
        patient_id=patient_id,
        protocol_id=protocol.id,
        criterion=criterion,
        wording=wording,
        answer=answer.value,
        reason=reason.strip(),
    )
    entry.conclude(
        "answer eligibility criterion",
        "patient",
        patient_id,
        criterion=criterion,
        old=old.answer.value if old else None,
        new=answer.value,
        reason=reason.strip(),
        protocol_id=protocol.id,
    )


def _newest(table: Table, *of: str) -> Select[Any]:
    """Select the newest row of each group, with when and by whom it was written."""
    newest = select(func.max(table.c.id)).group_by(*[table.c[name] for name in of])
    return (
        select(table, events.c.at, accounts.c.full_name)
        .join(events, events.c.id == table.c.event_id)
        .join(accounts, accounts.c.id == events.c.account_id)
        .where(table.c.id.in_(newest))
    )


def _plans(connection: Connection) -> dict[int, str]:
    rows = connection.execute(_newest(visit_plans, "visit_id"))
    return {row.visit_id: row.planned for row in rows if row.planned is not None}


def _ages(connection: Connection) -> dict[int, StoredAge]:
    return {
        row.patient_id: StoredAge(
            row.id,
            row.patient_id,
            row.years,
            row.reason,
            datetime.fromisoformat(row.at),
            row.full_name,
        )
        for row in connection.execute(_newest(ages, "patient_id"))
    }


def _checks(connection: Connection) -> dict[int, dict[str, StoredCheck]]:
    """Return the newest answer to each criterion, by patient."""
    found: dict[int, dict[str, StoredCheck]] = {}
    for row in connection.execute(_newest(person_checks, "patient_id", "criterion")):
        found.setdefault(row.patient_id, {})[row.criterion] = StoredCheck(
            row.id,
            row.patient_id,
            row.protocol_id,
            row.criterion,
            row.wording,
            Answer(row.answer),
            row.reason,
            datetime.fromisoformat(row.at),
            row.full_name,
        )
    return found
