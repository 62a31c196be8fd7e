"""Drafts of forms: what a reader has put down on an instrument and not signed yet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, select

from lesionscope.core.people import Act, Reader
from lesionscope.store.chain import canonical_json
from lesionscope.store.instruments import Instruments
from lesionscope.store.record import require
from lesionscope.store.tables import form_drafts, forms, visits


class FormDrafts(Instruments):
    """Drafts of forms of the store: one per reader, visit and instrument, each version appended."""

    def save_form_draft(
        self, by: Reader, visit_id: int, instrument_id: str, content: Mapping[str, Any]
    ) -> None:
        """Keep what a reader has put down on a form; the same content again writes nothing.

        Parameters
        ----------
        by : Reader
            Whose draft.
        visit_id : int
            Of which visit.
        instrument_id : str
            Of which form.
        content : mapping of str to object
            Plain JSON.

        Raises
        ------
        NotAllowed
            If `by` may not sign this form.
        NotInRecord
            If there is no such visit.
        ValueError
            If the study has no such form, or the content is not plain JSON.
        """
        text = canonical_json(dict(content))
        _, act = self._asked(by, instrument_id)
        with self._acting(by, act) as entry:
            require(entry.connection, visits, visit_id, "visit")
            if _draft_text(entry.connection, by.id, visit_id, instrument_id) == text:
                return
            entry.append(
                form_drafts,
                visit_id=visit_id,
                account_id=by.id,
                instrument=instrument_id,
                content=text,
            )
            entry.conclude("save form draft", "visit", visit_id, instrument=instrument_id)

    def form_drafts(self, by: Reader, visit_id: int) -> dict[str, dict[str, Any]]:
        """Return the reader's newest draft of every form of a visit, by instrument.

        Forms without a draft since the reader last signed them are missing.

        Raises
        ------
        NotAllowed
            If `by` may not enter forms.
        NotInRecord
            If there is no such visit.
        """
        with self._reading(by, Act.ENTER_FORM) as connection:
            require(connection, visits, visit_id, "visit")
            newest = select(func.max(form_drafts.c.id)).where(_mine(by.id, visit_id), ~_settled())
            found = select(form_drafts).where(
                form_drafts.c.id.in_(newest.group_by(form_drafts.c.instrument))
            )
            return {row.instrument: json.loads(row.content) for row in connection.execute(found)}


def _mine(account_id: int, visit_id: int) -> ColumnElement[bool]:
    return (form_drafts.c.visit_id == visit_id) & (form_drafts.c.account_id == account_id)


def _settled() -> ColumnElement[bool]:
    """Tell drafts that a later signature of the same reader has settled."""
    return exists().where(
        forms.c.visit_id == form_drafts.c.visit_id,
        forms.c.instrument == form_drafts.c.instrument,
        forms.c.account_id == form_drafts.c.account_id,
        forms.c.event_id > form_drafts.c.event_id,
    )


def _draft_text(
    connection: Connection, account_id: int, visit_id: int, instrument_id: str
) -> str | None:
    """Return the JSON of a reader's newest draft of a form that is not settled."""
    mine = _mine(account_id, visit_id) & (form_drafts.c.instrument == instrument_id)
    newest = select(form_drafts.c.content).where(mine, ~_settled())
    return connection.scalar(newest.order_by(form_drafts.c.id.desc()).limit(1))
