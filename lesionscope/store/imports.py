"""The plain record in and out: patients, visits and scores that another system kept before.

An import is one act: all of the lines that were looked at and confirmed come in, or none. What
comes in was signed elsewhere, so it is kept apart from readings and forms, with the file and the
line that it stood in, and never for an instrument that was signed here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, func, select

from lesionscope.core.cdasi import CDASI
from lesionscope.core.field import Answer
from lesionscope.core.form import StoredForm
from lesionscope.core.instrument import Total
from lesionscope.core.people import Act, Reader
from lesionscope.core.plain_record import Item, PlainVisit
from lesionscope.core.reading import Reading
from lesionscope.store.chain import Entry, canonical_json
from lesionscope.store.forms import every_newest_form
from lesionscope.store.import_plan import ImportPlan, RecordNow, plan_of, refuse_plan
from lesionscope.store.instruments import instruments_so_far
from lesionscope.store.readings import newest_readings
from lesionscope.store.record import Record, require
from lesionscope.store.tables import forms, imported_scores, patients, visits


@dataclass(frozen=True)
class ImportedScore:
    """A score as it came in.

    Attributes
    ----------
    visit_id : int
        Whose.
    instrument, item : str
        What was scored.
    value : float or str
        Number, or "not assessable".
    rater : str
        Name as the file had it; empty where it had none.
    line : int
        Of the file.
    """

    visit_id: int
    instrument: str
    item: str
    value: Answer
    rater: str
    line: int


class Imports(Record):
    """Import and export of the plain record."""

    def plan_import(self, by: Reader, lines: Sequence[PlainVisit]) -> ImportPlan:
        """Say what an import would do; nothing is written.

        Parameters
        ----------
        by : Reader
            Who would import.
        lines : sequence of PlainVisit
            From `lesionscope.exchange.plain_record_csv.read_plain_record`.

        Returns
        -------
        ImportPlan

        Raises
        ------
        NotAllowed
            If `by` may not import.
        """
        with self._reading(by, Act.IMPORT) as connection:
            return plan_of(_now(connection), lines)

    def import_plain_record(
        self,
        by: Reader,
        lines: Sequence[PlainVisit],
        *,
        file: str,
        sha256: str,
        reason: str = "",
    ) -> ImportPlan:
        """Write lines into the record, all of them or none.

        Parameters
        ----------
        by : Reader
            Who imports.
        lines : sequence of PlainVisit
            Those that were confirmed.
        file : str
            Name of the file that they stood in.
        sha256 : str
            Of its bytes.
        reason : str
            Why scores that came in before are changed; needed when any is.

        Returns
        -------
        ImportPlan
            What was done.

        Raises
        ------
        NotAllowed
            If `by` may not import.
        ValueError
            If a line cannot come in, nothing would be added, or a reason is missing.
        """
        with self._acting(by, Act.IMPORT) as entry:
            now = _now(entry.connection)
            plan = plan_of(now, lines)
            refuse_plan(plan, reason)
            for line in plan.visits:
                _append(entry, now, line)
            entry.conclude(
                "import",
                "record",
                file=file[:200],
                sha256=sha256,
                lines=len(plan.visits),
                patients=plan.new_patients,
                visits=plan.new_visits,
                scores=plan.new_scores,
                changed=list(plan.changed),
                reason=reason.strip(),
            )
        return plan

    def imported_scores(self, by: Reader, visit_id: int) -> list[ImportedScore]:
        """Return the scores of a visit that came in from a file, the newest of each item.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        NotInRecord
            If there is no such visit.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            require(connection, visits, visit_id, "visit")
            return list(_imported(connection, visit_id))

    def plain_record(self, by: Reader) -> list[PlainVisit]:
        """Return every patient and visit with the scores that count: signed, or else imported.

        Raises
        ------
        NotAllowed
            If `by` may not export.
        """
        with self._reading(by, Act.EXPORT) as connection:
            read, filled = newest_readings(connection), every_newest_form(connection)
            brought: dict[int, list[ImportedScore]] = {}
            for one in _imported(connection):
                brought.setdefault(one.visit_id, []).append(one)
            lines: list[PlainVisit] = []
            for row in connection.execute(_every_visit()):
                number = len(lines) + 2  # under the heading
                if row.visit_id is None:
                    lines.append(PlainVisit(number, row.pseudonym))
                    continue
                scores, raters = _came_in(brought.get(row.visit_id, ()))
                _put_signed(scores, raters, filled.get(row.visit_id, ()))
                _put_reading(scores, raters, read.get(row.visit_id))
                day = date.fromisoformat(row.day)
                lines.append(PlainVisit(number, row.pseudonym, row.label, day, scores, raters))
            return lines


def _now(connection: Connection) -> RecordNow:
    read = newest_readings(connection)
    signed = {(visit_id, CDASI.id) for visit_id, reading in read.items() if reading.answers}
    asked = select(forms.c.visit_id, forms.c.instrument)
    signed |= {(row.visit_id, row.instrument) for row in connection.execute(asked)}
    return RecordNow(
        {row.pseudonym_key: row.id for row in connection.execute(select(patients))},
        {(r.patient_id, r.label, r.day): r.id for r in connection.execute(select(visits))},
        signed,
        {(s.visit_id, (s.instrument, s.item)): s.value for s in _imported(connection)},
        instruments_so_far(connection),
    )


def _append(entry: Entry, now: RecordNow, line: PlainVisit) -> None:
    key = line.patient.casefold()
    if key not in now.patients:
        now.patients[key] = entry.append(patients, pseudonym=line.patient, pseudonym_key=key)
    if line.day is None:
        return
    where = (now.patients[key], line.visit, line.day.isoformat())
    if where not in now.visits:
        patient_id, label, day = where
        now.visits[where] = entry.append(visits, patient_id=patient_id, day=day, label=label)
    visit_id = now.visits[where]
    for (name, item), value in line.scores.items():
        if now.imported.get((visit_id, (name, item))) == value:
            continue
        entry.append(
            imported_scores,
            visit_id=visit_id,
            instrument=name,
            item=item,
            value=canonical_json(value),
            rater=line.raters.get(name, ""),
            line=line.line,
        )


def newest_imported() -> Select[tuple[int]]:
    """Return the query for the newest row of each score that came in."""
    of = imported_scores.c
    return select(func.max(of.id)).group_by(of.visit_id, of.instrument, of.item)


def _imported(connection: Connection, visit_id: int | None = None) -> Iterable[ImportedScore]:
    newest = newest_imported()
    if visit_id is not None:
        newest = newest.where(imported_scores.c.visit_id == visit_id)
    found = select(imported_scores).where(imported_scores.c.id.in_(newest))
    for row in connection.execute(found.order_by(imported_scores.c.id)):
        value: Answer = json.loads(row.value)
        yield ImportedScore(row.visit_id, row.instrument, row.item, value, row.rater, row.line)


def _every_visit() -> Any:
    joined = patients.outerjoin(visits, visits.c.patient_id == patients.c.id)
    return (
        select(patients.c.pseudonym, visits.c.id.label("visit_id"), visits.c.day, visits.c.label)
        .select_from(joined)
        .order_by(patients.c.pseudonym_key, visits.c.day, visits.c.id)
    )


def _came_in(found: Iterable[ImportedScore]) -> tuple[dict[Item, Answer], dict[str, str]]:
    listed = list(found)
    scores: dict[Item, Answer] = {(one.instrument, one.item): one.value for one in listed}
    return scores, {one.instrument: one.rater for one in listed if one.rater}


def _put_signed(
    scores: dict[Item, Answer],
    raters: dict[str, str],
    filled: Iterable[StoredForm],
) -> None:
    for form in filled:
        _forget(scores, form.instrument_id)
        raters[form.instrument_id] = form.reader_name
        for key, answer in form.answers.items():
            scores[(form.instrument_id, key)] = answer
        for score, total in form.totals.items():
            if total.value is not None:
                scores.setdefault((form.instrument_id, score), total.value)


def _put_reading(
    scores: dict[Item, Answer], raters: dict[str, str], reading: Reading | None
) -> None:
    # A reading may hold the body surface alone; then nobody signed a CDASI here.
    if reading is None or not reading.answers:
        return
    _forget(scores, CDASI.id)
    raters[CDASI.id] = reading.reader_name
    for key, answer in reading.answers.items():
        scores[(CDASI.id, key)] = answer
    for name, total in CDASI.totals(reading.answers).items():
        if isinstance(total, Total):
            scores[(CDASI.id, name)] = total.value


def _forget(scores: dict[Item, Answer], instrument_id: str) -> None:
    for item in [item for item in scores if item[0] == instrument_id]:
        del scores[item]
