"""Forms of the instruments beside CDASI: filled by one person, signed, superseded, never changed.

A form that a clinician rates is signed by who may sign readings; one that the patient answered on
paper is entered and signed by staff.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, exists, func, select

from lesionscope.core.catalogue import InstrumentSettings
from lesionscope.core.field import Answer
from lesionscope.core.form import Asked, SignedTotal, StoredForm, asked_of, signed_totals
from lesionscope.core.instrument import Instrument
from lesionscope.core.people import Act, Reader
from lesionscope.core.reading import AnswerOrigin, Meaning
from lesionscope.core.signature import SignedKind
from lesionscope.store.accounts import Accounts
from lesionscope.store.chain import Entry
from lesionscope.store.countersignatures import refuse_locked
from lesionscope.store.instruments import Instruments, settings_of
from lesionscope.store.record import require
from lesionscope.store.signed import (
    check_supersedes,
    measurement_content,
    refuse_other_meaning,
    said_otherwise,
    signature_content,
    signed_columns,
    visit_content,
)
from lesionscope.store.tables import Row, forms, patients, visits


class Forms(Accounts, Instruments):
    """Forms of the store."""

    def sign_form(
        self,
        by: Reader,
        visit_id: int,
        password: str,
        *,
        instrument_id: str,
        answers: Mapping[str, Answer],
        origins: Mapping[str, AnswerOrigin] | None = None,
        meaning: Meaning = Meaning.AUTHORSHIP,
        measurement_ids: Sequence[int] = (),
        supersedes: int | None = None,
        reason: str = "",
    ) -> StoredForm:
        """Sign the form of one instrument at a visit.

        Parameters
        ----------
        by : Reader
            Who signs.
        visit_id : int
            Which visit.
        password : str
            The signer's own, again.
        instrument_id : str
            Which instrument, on the settings of the study.
        answers : mapping of str to float or str
            Field key to number or "not assessable"; blanks are missing, and leave no total.
        origins : mapping of str to AnswerOrigin or None
            How each answer came about; by default all were entered.
        meaning : Meaning
            What the signature stands for.
        measurement_ids : sequence of int
            The measurements from which answers were proposed, all of this visit.
        supersedes : int or None
            The current form of this instrument, which this one replaces; required when there is
            one.
        reason : str
            Why it replaces it.

        Returns
        -------
        StoredForm

        Raises
        ------
        NotAllowed
            If `by` may not enter forms, or may not sign readings and a clinician rates this one,
            or the form to supersede was approved and not unlocked since.
        SignInRefused
            If the password is wrong, or there were too many wrong tries.
        NotInRecord
            If there is no such visit or measurement.
        ValueError
            If the study has no such form, an answer is outside it or lacks its origin, a
            measurement is of another visit, or `supersedes` is not the current form or has no
            reason.
        """
        asked, act = self._asked(by, instrument_id)
        told = dict.fromkeys(answers, AnswerOrigin.ENTERED) if origins is None else origins
        _check(asked, answers, told, measurement_ids)
        refuse_other_meaning(meaning)
        with self._reading(by, act) as connection:
            require(connection, visits, visit_id, "visit")
        self._prove(by.name, password, refusal="signing refused", visit_id=visit_id)
        with self._acting(by, act) as entry:
            settings = settings_of(entry.connection)
            before = newest_form(entry.connection, visit_id, instrument_id)
            check_supersedes(
                before, supersedes, reason, noun="form", where=f"{asked.name} of visit {visit_id}"
            )
            if supersedes is not None:
                refuse_locked(entry.connection, SignedKind.FORM, supersedes)
            content = {
                "visit": visit_content(entry.connection, visit_id),
                **signature_content(entry, by, meaning),
                "instrument": {"id": asked.id, "name": asked.name},
                **_filled(asked, answers, told, settings),
                "measurements": [
                    measurement_content(entry.connection, visit_id, measurement_id)
                    for measurement_id in dict.fromkeys(measurement_ids)
                ],
                "supersedes": supersedes,
                "supersedes_sha256": before.content_sha256 if before else None,
                "reason": reason.strip(),
            }
            return _append_form(entry, by, content, before)

    def forms(self, by: Reader, visit_id: int) -> list[StoredForm]:
        """Return every signed form of a visit, the superseded ones too, oldest first.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        NotInRecord
            If there is no such visit.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            require(connection, visits, visit_id, "visit")
            found = select(forms).where(forms.c.visit_id == visit_id).order_by(forms.c.id)
            return _forms(connection, found)

    def current_form(self, by: Reader, visit_id: int, instrument_id: str) -> StoredForm | None:
        """Return the form of a visit that no other supersedes, or None before the first.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        NotInRecord
            If there is no such visit.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            require(connection, visits, visit_id, "visit")
            return newest_form(connection, visit_id, instrument_id)

    def forms_of_patient(self, by: Reader, patient_id: int) -> list[StoredForm]:
        """Return the current forms of every visit of a patient, earliest visit first.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        NotInRecord
            If there is no such patient.
        """
        later = forms.alias("later")
        superseded = exists().where(later.c.supersedes == forms.c.id)
        with self._reading(by, Act.READ_RECORD) as connection:
            require(connection, patients, patient_id, "patient")
            found = (
                select(forms)
                .join_from(forms, visits)
                .where(visits.c.patient_id == patient_id, ~superseded)
                .order_by(visits.c.day, visits.c.id, forms.c.id)
            )
            return _forms(connection, found)


def newest_form(connection: Connection, visit_id: int, instrument_id: str) -> StoredForm | None:
    """Return the current form: each one supersedes the one before, so it is the newest."""
    mine = (forms.c.visit_id == visit_id) & (forms.c.instrument == instrument_id)
    newest = select(forms).where(mine).order_by(forms.c.id.desc()).limit(1)
    return next(iter(_forms(connection, newest)), None)


def newest_forms(
    connection: Connection, instrument_id: str, visit_ids: Collection[int] | None = None
) -> dict[int, StoredForm]:
    """Return the current form of each of these visits that has one, of all by default."""
    newest = (
        select(func.max(forms.c.id))
        .where(forms.c.instrument == instrument_id)
        .group_by(forms.c.visit_id)
    )
    if visit_ids is not None:
        newest = newest.where(forms.c.visit_id.in_(visit_ids))
    found = _forms(connection, select(forms).where(forms.c.id.in_(newest)))
    return {form.visit_id: form for form in found}


def every_newest_form(connection: Connection) -> dict[int, list[StoredForm]]:
    """Return the current forms of every visit, of instruments that the study left behind too."""
    newest = select(func.max(forms.c.id)).group_by(forms.c.visit_id, forms.c.instrument)
    found: dict[int, list[StoredForm]] = {}
    for form in _forms(connection, select(forms).where(forms.c.id.in_(newest))):
        found.setdefault(form.visit_id, []).append(form)
    return found


def _check(
    asked: Instrument,
    answers: Mapping[str, Answer],
    origins: Mapping[str, AnswerOrigin],
    measurement_ids: Sequence[int],
) -> None:
    asked.check(answers)
    if not answers:
        raise ValueError(f"{asked.name} needs at least one answer")
    if set(origins) != set(answers):
        odd = sorted(set(origins) ^ set(answers))
        raise ValueError(f"every answer must have its origin and no other; see {', '.join(odd)}")
    told = [key for key, origin in origins.items() if origin != AnswerOrigin.ENTERED]
    if told and not measurement_ids:
        raise ValueError(
            f"{told[0]} cannot be {origins[told[0]]}: no measurement proposed an answer"
        )


def _filled(
    asked: Instrument,
    answers: Mapping[str, Answer],
    origins: Mapping[str, AnswerOrigin],
    settings: InstrumentSettings,
) -> Row:
    """Return the form as it was filled, in words too: it must be legible without this software."""
    return {
        "answers": dict(answers),
        "origins": {key: AnswerOrigin(origin).value for key, origin in origins.items()},
        "asked": [{"key": key, **vars(one)} for key, one in asked_of(asked, answers).items()],
        "totals": [
            {"id": score, **vars(total)}
            for score, total in signed_totals(asked, answers, settings.adopted).items()
        ],
    }


def _append_form(entry: Entry, by: Reader, content: Row, before: StoredForm | None) -> StoredForm:
    row: Row = signed_columns(content) | {
        "visit_id": content["visit"]["id"],
        "account_id": by.id,
        "instrument": content["instrument"]["id"],
        "supersedes": content["supersedes"],
    }
    row["id"] = entry.append(forms, **row)
    entry.conclude(
        "sign form",
        "form",
        row["id"],
        visit_id=row["visit_id"],
        instrument=row["instrument"],
        meaning=content["meaning"],
        content_sha256=row["content_sha256"],
        supersedes=row["supersedes"],
        reason=content["reason"],
        changed=said_otherwise(before.answers, content["answers"]) if before else {},
    )
    return form_of(row)


def _forms(connection: Connection, found: Select[Any]) -> list[StoredForm]:
    return [form_of(dict(row)) for row in connection.execute(found).mappings()]


def form_of(row: Row) -> StoredForm:
    """Make a form from what was signed; the columns beside it are for finding it."""
    content: dict[str, Any] = json.loads(row["content"])
    return StoredForm(
        id=row["id"],
        visit_id=content["visit"]["id"],
        reader_id=content["reader"]["id"],
        instrument_id=content["instrument"]["id"],
        instrument_name=content["instrument"]["name"],
        reader_name=content["reader"]["full_name"],
        signed_at=datetime.fromisoformat(content["signed_at"]),
        meaning=Meaning(content["meaning"]),
        answers=content["answers"],
        origins={key: AnswerOrigin(origin) for key, origin in content["origins"].items()},
        asked={one.pop("key"): Asked(**one) for one in content["asked"]},
        totals={one.pop("id"): SignedTotal(**one) for one in content["totals"]},
        measurement_ids=tuple(m["id"] for m in content["measurements"]),
        content_sha256=row["content_sha256"],
        supersedes=content["supersedes"],
        reason=content["reason"],
    )
