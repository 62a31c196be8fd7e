"""Queries: what a blinded reader asks the site about a case, answered without lifting the blind.

The site sees the patient and the photo; the reader sees only what who runs the campaign wrote for
them when the query was closed. An answer of the site goes to nobody else, as it may name anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Select, select

from lesionscope.core.people import Act, Reader
from lesionscope.store.blind_words import refuse_telling
from lesionscope.store.campaigns import refuse_readers
from lesionscope.store.case_rows import campaigns_in, slot_of
from lesionscope.store.case_signing import refuse_ended
from lesionscope.store.record import Record
from lesionscope.store.refusals import NotInRecord
from lesionscope.store.tables import (
    accounts,
    case_slots,
    cases,
    events,
    patients,
    queries,
    query_steps,
    visits,
)


class QueryStep(StrEnum):
    """What was done to a query."""

    ASK = "question"
    ANSWER = "answer"
    CLOSE = "close"
    REOPEN = "reopen"


QUERY_STATES = {
    QueryStep.ASK: "open",
    QueryStep.REOPEN: "open",
    QueryStep.ANSWER: "answered",
    QueryStep.CLOSE: "closed",
}
"""The state that each step leaves a query in."""


@dataclass(frozen=True)
class QueryWords:
    """One step of a query.

    Attributes
    ----------
    step : QueryStep
        What was done.
    words : str
        What was written.
    by : str
        Full name; empty where the reader of the case must not know it.
    at : datetime
        UTC.
    """

    step: QueryStep
    words: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Query:
    """A query and all that was done to it.

    Attributes
    ----------
    id, visit_id, campaign_id : int
        Rows; the visit is that of the case, and 0 for the reader.
    pseudonym : str
        Patient; empty for the reader.
    code : str
        What the reader knows the case by.
    steps : tuple of QueryWords
        From the question on.
    """

    id: int
    visit_id: int
    campaign_id: int
    pseudonym: str
    code: str
    steps: tuple[QueryWords, ...]

    @property
    def state(self) -> str:
        """Return ``"open"``, ``"answered"`` or ``"closed"``."""
        return QUERY_STATES[self.steps[-1].step]


class Queries(Record):
    """Queries of the store."""

    def ask_site(self, by: Reader, code: str, words: str) -> None:
        """Ask the site about one of the reader's own cases.

        Raises
        ------
        NotAllowed
            If `by` may not read cases.
        NotInRecord
            If the reader has no case of this code.
        ValueError
            If nothing is asked, or the campaign was closed early.
        """
        if not words.strip():
            raise ValueError("a query needs a question")
        with self._acting(by, Act.READ_CASES) as entry:
            binder, slot = slot_of(entry.connection, code, by.id)
            refuse_ended(binder)
            query_id = entry.append(queries, case_slot_id=slot.id, words=words.strip())
            entry.conclude("ask site", "query", query_id, code=code, words=words.strip())

    def my_queries(self, by: Reader, code: str) -> list[Query]:
        """Return the reader's own queries about a case: questions, and words written for them.

        Raises
        ------
        NotAllowed
            If `by` may not read cases.
        NotInRecord
            If the reader has no case of this code.
        """
        with self._reading(by, Act.READ_CASES) as connection:
            _, slot = slot_of(connection, code, by.id)
            return [
                _blind(query)
                for query in _found(connection, _listed().where(queries.c.case_slot_id == slot.id))
            ]

    def queries(self, by: Reader) -> list[Query]:
        """Return every query, the oldest first; none of a campaign that the asker reads in.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            # A third reader is one from the start, not from the first case that is dealt.
            theirs = [one.id for one in campaigns_in(connection) if one.read_by(by.id)]
            return _found(connection, _listed().where(cases.c.campaign_id.not_in(theirs)))

    def answer_query(self, by: Reader, query_id: int, words: str) -> None:
        """Answer an open query for the site.

        Raises
        ------
        NotAllowed
            If `by` may not add to the record of a patient, or reads in the campaign.
        NotInRecord
            If there is no such query.
        ValueError
            If it is not open, or nothing is said.
        """
        self._step(by, Act.ADD_PATIENT, query_id, QueryStep.ANSWER, words)

    def close_query(self, by: Reader, query_id: int, words: str) -> None:
        """Close a query with words for the reader.

        Raises
        ------
        NotAllowed
            If `by` may not run campaigns, or reads in this one.
        NotInRecord
            If there is no such query.
        ValueError
            If it is closed, nothing is said, or the words name what readers must not know.
        """
        self._step(by, Act.RUN_CAMPAIGN, query_id, QueryStep.CLOSE, words)

    def reopen_query(self, by: Reader, query_id: int, words: str) -> None:
        """Open a query again with a reason.

        Raises
        ------
        NotAllowed
            If `by` may not run campaigns, or reads in this one.
        NotInRecord
            If there is no such query.
        ValueError
            If it is open, nothing is said, or the words name what readers must not know.
        """
        self._step(by, Act.RUN_CAMPAIGN, query_id, QueryStep.REOPEN, words)

    def _step(self, by: Reader, right: Act, query_id: int, step: QueryStep, words: str) -> None:
        if not words.strip():
            raise ValueError(f"to {step.value} a query needs words")
        with self._acting(by, right) as entry:
            found = _found(entry.connection, _listed().where(queries.c.id == query_id))
            if not found:
                raise NotInRecord(f"there is no query {query_id} in the record")
            refuse_readers(entry.connection, by, found[0].campaign_id)
            allowed = {
                QueryStep.ANSWER: ("open",),
                QueryStep.CLOSE: ("open", "answered"),
                QueryStep.REOPEN: ("answered", "closed"),
            }[step]
            if found[0].state not in allowed:
                raise ValueError(f"the query is {found[0].state}: it cannot be {step.value}ed")
            if step is not QueryStep.ANSWER:
                refuse_telling(entry.connection, found[0].campaign_id, words)
            entry.append(query_steps, query_id=query_id, step=step.value, words=words.strip())
            entry.conclude(f"{step.value} query", "query", query_id, words=words.strip())


def _blind(query: Query) -> Query:
    shown = tuple(
        QueryWords(one.step, one.words, "", one.at)
        for one in query.steps
        if one.step is not QueryStep.ANSWER
    )
    return Query(query.id, 0, query.campaign_id, "", query.code, shown)


def _listed() -> Select[Any]:
    return (
        select(
            queries.c.id,
            queries.c.words,
            cases.c.visit_id,
            cases.c.campaign_id,
            patients.c.pseudonym,
            case_slots.c.code,
            accounts.c.full_name,
            events.c.at,
        )
        .join(case_slots, case_slots.c.id == queries.c.case_slot_id)
        .join(cases, cases.c.id == case_slots.c.case_id)
        .join(visits, visits.c.id == cases.c.visit_id)
        .join(patients, patients.c.id == visits.c.patient_id)
        .join(events, events.c.id == queries.c.event_id)
        .join(accounts, accounts.c.id == events.c.account_id)
        .order_by(queries.c.id)
    )


def _found(connection: Connection, listed: Select[Any]) -> list[Query]:
    rows = connection.execute(listed).all()
    steps = (
        select(query_steps, events.c.at, accounts.c.full_name)
        .join(events, events.c.id == query_steps.c.event_id)
        .join(accounts, accounts.c.id == events.c.account_id)
        .where(query_steps.c.query_id.in_([row.id for row in rows]))
        .order_by(query_steps.c.id)
    )
    done: dict[int, list[QueryWords]] = {row.id: [_words(QueryStep.ASK, row)] for row in rows}
    for step in connection.execute(steps):
        done[step.query_id].append(_words(QueryStep(step.step), step))
    return [
        Query(r.id, r.visit_id, r.campaign_id, r.pseudonym, r.code, tuple(done[r.id])) for r in rows
    ]


def _words(step: QueryStep, row: Any) -> QueryWords:
    return QueryWords(step, row.words, row.full_name, datetime.fromisoformat(row.at))
