"""Words that the study team writes and blinded readers read: they may tell nothing of the study."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from sqlalchemy import Connection, select

from lesionscope.store.tables import accounts, case_slots, cases, patients, visits


def refuse_telling(connection: Connection, campaign_id: int, words: str) -> None:
    """Refuse words that name what the readers of a campaign must not know.

    Only what the record knows is found, as whole words in any letters: a person who describes a
    patient without naming them is not caught.

    Parameters
    ----------
    connection : Connection
        Of the act.
    campaign_id : int
        Whose readers will read the words.
    words : str
        What is written for them.

    Raises
    ------
    ValueError
        Naming what must go: a patient, a visit, a day, or one of the readers.
    """
    for noun, name in _secrets(connection, campaign_id):
        if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words, re.IGNORECASE):
            raise ValueError(
                f"these words reach the blinded readers and name {noun}, {name!r}: write it without"
            )


def _secrets(connection: Connection, campaign_id: int) -> Iterator[tuple[str, str]]:
    of_campaign = (
        select(visits.c.patient_id)
        .join(cases, cases.c.visit_id == visits.c.id)
        .where(cases.c.campaign_id == campaign_id)
    )
    shown = (
        select(patients.c.pseudonym, visits.c.label, visits.c.day)
        .join(visits, visits.c.patient_id == patients.c.id)
        .where(patients.c.id.in_(of_campaign))
    )
    for row in connection.execute(shown):
        yield "the patient", row.pseudonym
        yield "the visit", row.label
        day = date.fromisoformat(row.day)
        yield "the day", row.day
        yield "the day", f"{day.day} {day:%b %Y}"
        yield "the day", f"{day.day} {day:%B %Y}"
    readers = (
        select(accounts.c.full_name)
        .join(case_slots, case_slots.c.account_id == accounts.c.id)
        .join(cases, cases.c.id == case_slots.c.case_id)
        .where(cases.c.campaign_id == campaign_id)
    )
    for name in connection.scalars(readers.distinct()):
        yield "a reader", name
