"""Drafts: what a reader has put down for a visit and not signed yet."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, select

from lesionscope.core.people import Act, Reader
from lesionscope.store.chain import canonical_json
from lesionscope.store.record import Record, require
from lesionscope.store.tables import drafts, readings, visits


class Drafts(Record):
    """Drafts of the store: one per reader and visit, each version appended."""

    def save_draft(self, by: Reader, visit_id: int, content: Mapping[str, Any]) -> None:
        """Keep a draft; the same content again writes nothing.

        Parameters
        ----------
        by : Reader
            Whose draft.
        visit_id : int
            Of which visit.
        content : mapping of str to object
            Plain JSON.

        Raises
        ------
        NotAllowed
            If `by` may not sign readings.
        NotInRecord
            If there is no such visit.
        ValueError
            If the content is not plain JSON.
        """
        text = canonical_json(dict(content))
        with self._acting(by, Act.SIGN_READING) as entry:
            require(entry.connection, visits, visit_id, "visit")
            if draft_text(entry.connection, by.id, visit_id) != text:
                entry.append(drafts, visit_id=visit_id, account_id=by.id, content=text)
                entry.conclude("save draft", "visit", visit_id)

    def draft(self, by: Reader, visit_id: int) -> dict[str, Any] | None:
        """Return the reader's newest draft of a visit.

        Parameters
        ----------
        by : Reader
            Whose draft.
        visit_id : int
            Of which visit.

        Returns
        -------
        dict or None
            None when there is none, or none since the reader last signed this visit.

        Raises
        ------
        NotAllowed
            If `by` may not sign readings.
        NotInRecord
            If there is no such visit.
        """
        with self._reading(by, Act.SIGN_READING) as connection:
            require(connection, visits, visit_id, "visit")
            text = draft_text(connection, by.id, visit_id)
        content: dict[str, Any] | None = None if text is None else json.loads(text)
        return content


def draft_text(connection: Connection, account_id: int, visit_id: int) -> str | None:
    """Return the JSON of a reader's newest draft that no signature of theirs has settled."""
    mine = (drafts.c.visit_id == visit_id) & (drafts.c.account_id == account_id)
    newest = select(drafts.c.content).where(mine, ~_settled())
    return connection.scalar(newest.order_by(drafts.c.id.desc()).limit(1))


def visits_with_draft(
    connection: Connection, account_id: int, visit_ids: Collection[int]
) -> set[int]:
    """Return those of these visits that a reader has such a draft of."""
    mine = drafts.c.visit_id.in_(visit_ids) & (drafts.c.account_id == account_id)
    found = select(drafts.c.visit_id).where(mine, ~_settled()).distinct()
    return set(connection.scalars(found))


def _settled() -> ColumnElement[bool]:
    return exists().where(
        readings.c.visit_id == drafts.c.visit_id,
        readings.c.account_id == drafts.c.account_id,
        readings.c.event_id > drafts.c.event_id,
    )
