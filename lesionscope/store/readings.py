"""Readings: what a person signed about a visit, bound to the hash of all that was signed.

References
----------
21 CFR 11.50 (name, time and meaning of a signature), 11.70 (a signature cannot be moved to
another record) and 11.10(e) (a change does not obscure what was recorded before).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from lesionscope.core.cdasi import Answer, check_answers
from lesionscope.core.measurement import BsaEstimate, CalibrationSource, Convention, Interval
from lesionscope.core.people import Act, Reader
from lesionscope.core.reading import AnswerOrigin, Meaning, Reading
from lesionscope.core.signature import SignedKind
from lesionscope.store.accounts import Accounts
from lesionscope.store.chain import Entry
from lesionscope.store.countersignatures import refuse_locked
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
from lesionscope.store.tables import Row, readings, visits


class Readings(Accounts):
    """Readings of the store."""

    def sign(
        self,
        by: Reader,
        visit_id: int,
        password: str,
        *,
        answers: Mapping[str, Answer],
        origins: Mapping[str, AnswerOrigin],
        bsa: BsaEstimate | None,
        meaning: Meaning,
        measurement_ids: Sequence[int],
        suggestions_shown: bool,
        supersedes: int | None = None,
        reason: str = "",
    ) -> Reading:
        """Sign the scores of a visit.

        Parameters
        ----------
        by : Reader
            Who signs.
        visit_id : int
            Which visit.
        password : str
            The signer's own, again.
        answers : mapping of str to int or str
            CDASI field key to level or "not assessable"; fields may be missing.
        origins : mapping of str to AnswerOrigin
            How each of the answers came about.
        bsa : BsaEstimate or None
            Involved body surface area of the visit.
        meaning : Meaning
            What the signature stands for.
        measurement_ids : sequence of int
            The measurements that lay before the reader, all of this visit.
        suggestions_shown : bool
            Whether the machine's suggestions were visible.
        supersedes : int or None
            The current reading of the visit, which this one replaces; required when there is one.
        reason : str
            Why it replaces it.

        Returns
        -------
        Reading

        Raises
        ------
        NotAllowed
            If `by` may not sign readings, or the reading to supersede was approved and not
            unlocked since.
        SignInRefused
            If the password is wrong, or there were too many wrong tries.
        NotInRecord
            If there is no such visit or measurement.
        ValueError
            If `meaning` is not authorship, which alone makes a reading; see `countersign`.
            If an answer is outside the form or lacks its origin, if a measurement is of another
            visit or of a withdrawn photo, or if `supersedes` is not the current reading or has
            no reason.
        """
        _check_answers(answers, origins, bsa, suggestions_shown)
        refuse_other_meaning(meaning)
        with self._reading(by, Act.SIGN_READING) as connection:
            require(connection, visits, visit_id, "visit")
        self._prove(by.name, password, refusal="signing refused", visit_id=visit_id)
        with self._acting(by, Act.SIGN_READING) as entry:
            before = newest_reading(entry.connection, visit_id)
            check_supersedes(before, supersedes, reason, noun="reading", where=f"visit {visit_id}")
            if supersedes is not None:
                refuse_locked(entry.connection, SignedKind.READING, supersedes)
            content = {
                "visit": visit_content(entry.connection, visit_id),
                **signature_content(entry, by, meaning),
                "instrument": "CDASI version 2",
                "answers": dict(answers),
                "origins": {key: AnswerOrigin(origin).value for key, origin in origins.items()},
                "bsa": None if bsa is None else _bsa_content(bsa),
                "measurements": [
                    measurement_content(entry.connection, visit_id, measurement_id)
                    for measurement_id in dict.fromkeys(measurement_ids)
                ],
                "suggestions_shown": bool(suggestions_shown),
                "supersedes": supersedes,
                "supersedes_sha256": before.content_sha256 if before else None,
                "reason": reason.strip(),
            }
            return _append_reading(entry, by, content, before)

    def readings(self, by: Reader, visit_id: int) -> list[Reading]:
        """Return every reading of a visit, the superseded ones too, oldest first.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        NotInRecord
            If there is no such visit.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            require(connection, visits, visit_id, "visit")
            found = select(readings).where(readings.c.visit_id == visit_id)
            rows = connection.execute(found.order_by(readings.c.id)).mappings()
            return [reading_of(dict(row)) for row in rows]

    def current_reading(self, by: Reader, visit_id: int) -> Reading | None:
        """Return the reading of a visit that no other supersedes, or None before the first.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        NotInRecord
            If there is no such visit.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            require(connection, visits, visit_id, "visit")
            return newest_reading(connection, visit_id)


def newest_reading(connection: Connection, visit_id: int) -> Reading | None:
    """Return the current reading: each one supersedes the one before, so it is the newest."""
    newest = select(readings).where(readings.c.visit_id == visit_id)
    row = connection.execute(newest.order_by(readings.c.id.desc()).limit(1)).mappings().first()
    return None if row is None else reading_of(dict(row))


def newest_readings(
    connection: Connection, visit_ids: Collection[int] | None = None
) -> dict[int, Reading]:
    """Return the current reading of each of these visits that has one, of all by default."""
    newest = select(func.max(readings.c.id)).group_by(readings.c.visit_id)
    if visit_ids is not None:
        newest = newest.where(readings.c.visit_id.in_(visit_ids))
    rows = connection.execute(select(readings).where(readings.c.id.in_(newest))).mappings()
    return {row["visit_id"]: reading_of(dict(row)) for row in rows}


def _check_answers(
    answers: Mapping[str, Answer],
    origins: Mapping[str, AnswerOrigin],
    bsa: BsaEstimate | None,
    suggestions_shown: bool,
) -> None:
    check_answers(answers)
    if not answers and bsa is None:
        raise ValueError("a reading needs at least one answer or a body surface area")
    if set(origins) != set(answers):
        odd = sorted(set(origins) ^ set(answers))
        raise ValueError(f"every answer must have its origin and no other; see {', '.join(odd)}")
    told = [key for key, origin in origins.items() if origin != AnswerOrigin.ENTERED]
    if told and not suggestions_shown:
        raise ValueError(f"{told[0]} cannot be {origins[told[0]]}: no suggestion was shown")


def _bsa_content(bsa: BsaEstimate) -> Row:
    return {
        "percent": bsa.percent,
        "low": bsa.interval.low,
        "high": bsa.interval.high,
        "level": bsa.interval.level,
        "convention": bsa.convention.value,
        "source": bsa.source.value,
    }


def _append_reading(entry: Entry, by: Reader, content: Row, before: Reading | None) -> Reading:
    row: Row = signed_columns(content) | {
        "visit_id": content["visit"]["id"],
        "account_id": by.id,
        "supersedes": content["supersedes"],
    }
    row["id"] = entry.append(readings, **row)
    entry.conclude(
        "sign reading",
        "reading",
        row["id"],
        visit_id=row["visit_id"],
        meaning=content["meaning"],
        content_sha256=row["content_sha256"],
        supersedes=row["supersedes"],
        reason=content["reason"],
        changed=_changes(before, content["answers"], content["bsa"]) if before else {},
    )
    return reading_of(row)


def _changes(before: Reading, answers: Mapping[str, Answer], bsa: Row | None) -> Row:
    """Return old and new value of what the new reading says otherwise."""
    old = {**before.answers, "bsa": None if before.bsa is None else _bsa_content(before.bsa)}
    return said_otherwise(old, {**answers, "bsa": bsa})


def reading_of(row: Row) -> Reading:
    """Make a reading from what was signed; the columns beside it are for finding it."""
    content: dict[str, Any] = json.loads(row["content"])
    return Reading(
        id=row["id"],
        visit_id=content["visit"]["id"],
        reader_id=content["reader"]["id"],
        reader_name=content["reader"]["full_name"],
        signed_at=datetime.fromisoformat(content["signed_at"]),
        meaning=Meaning(content["meaning"]),
        answers=content["answers"],
        origins={key: AnswerOrigin(origin) for key, origin in content["origins"].items()},
        bsa=_bsa_of(content["bsa"]),
        measurement_ids=tuple(m["id"] for m in content["measurements"]),
        suggestions_shown=content["suggestions_shown"],
        content_sha256=row["content_sha256"],
        supersedes=content["supersedes"],
        reason=content["reason"],
    )


def _bsa_of(content: Row | None) -> BsaEstimate | None:
    if content is None:
        return None
    return BsaEstimate(
        content["percent"],
        Interval(content["low"], content["high"], content["level"]),
        Convention(content["convention"]),
        CalibrationSource(content["source"]),
    )
