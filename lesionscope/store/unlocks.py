"""Unlocks: what was approved may be superseded once one person asked and a second one agreed.

References
----------
ICH E6(R3) section 4.2 (changes to locked data are justified, authorised and traceable).
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from lesionscope.core.people import Act, Reader
from lesionscope.core.signature import SignedKind, Unlock, UnlockState
from lesionscope.store.accounts import Accounts
from lesionscope.store.chain import Entry, time_text
from lesionscope.store.countersignatures import (
    SIGNED,
    locking_approval,
    refuse_superseded,
    signed_content,
    signed_row,
)
from lesionscope.store.refusals import AlreadyThere, NotAllowed, NotInRecord
from lesionscope.store.signed import signed_columns
from lesionscope.store.tables import Row, unlock_answers, unlock_requests


class Unlocks(Accounts):
    """Unlocks of the store."""

    def request_unlock(self, by: Reader, kind: SignedKind, entity_id: int, reason: str) -> int:
        """Ask that something approved be unlocked.

        Parameters
        ----------
        by : Reader
            Who asks.
        kind : SignedKind
            Kind of what was signed.
        entity_id : int
            Which one.
        reason : str
            Why.

        Returns
        -------
        int
            Number of the request.

        Raises
        ------
        NotAllowed
            If `by` may not sign readings, or enter forms.
        NotInRecord
            If there is no such thing.
        AlreadyThere
            If a request is open.
        ValueError
            If there is no reason, or the thing is not locked.
        """
        kind = SignedKind(kind)
        with self._acting(by, SIGNED[kind][1]) as entry:
            signed = signed_row(entry.connection, kind, entity_id)
            _check_request(entry.connection, kind, entity_id, reason)
            content = {
                "of": signed_content(kind, signed),
                **_person_content(entry, by),
                "reason": reason.strip(),
            }
            row = signed_columns(content) | {"kind": kind.value, "entity_id": entity_id}
            request_id = entry.append(unlock_requests, **row, account_id=by.id)
            entry.conclude(
                "request unlock",
                kind.value,
                entity_id,
                visit_id=signed["visit_id"],
                request_id=request_id,
                reason=reason.strip(),
            )
        return request_id

    def grant_unlock(self, by: Reader, request_id: int, password: str) -> Unlock:
        """Unlock what was asked for; a second person signs for it.

        Parameters
        ----------
        by : Reader
            Who grants: another person than who asked.
        request_id : int
            From `request_unlock`.
        password : str
            Of `by`, again.

        Returns
        -------
        Unlock

        Raises
        ------
        NotAllowed
            If `by` may not unlock, or asked for it.
        SignInRefused
            If the password is wrong, or there were too many wrong tries.
        NotInRecord
            If there is no such request.
        AlreadyThere
            If it was answered already.
        """
        with self._reading(by, Act.GRANT_UNLOCK) as connection:
            _check_answer(connection, by, request_id)
        self._prove(by.name, password, refusal="unlocking refused", request_id=request_id)
        return self._answer_unlock(by, request_id, UnlockState.GRANTED, "")

    def refuse_unlock(self, by: Reader, request_id: int, reason: str) -> Unlock:
        """Refuse a request; what was approved stays locked.

        Parameters
        ----------
        by : Reader
            Who refuses: another person than who asked.
        request_id : int
            From `request_unlock`.
        reason : str
            Why not.

        Returns
        -------
        Unlock

        Raises
        ------
        NotAllowed
            If `by` may not unlock, or asked for it.
        NotInRecord
            If there is no such request.
        AlreadyThere
            If it was answered already.
        ValueError
            If there is no reason.
        """
        with self._reading(by, Act.GRANT_UNLOCK) as connection:
            _check_answer(connection, by, request_id)
        if not reason.strip():
            raise ValueError("to refuse an unlock needs a reason")
        return self._answer_unlock(by, request_id, UnlockState.REFUSED, reason.strip())

    def open_unlocks(self, by: Reader) -> list[Unlock]:
        """Return the requests that nobody answered, oldest first.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            return _unlocks(connection, _requests().where(unlock_answers.c.id.is_(None)))

    def unlocks(self, by: Reader, kind: SignedKind, entity_id: int) -> list[Unlock]:
        """Return every request to unlock something signed, oldest first.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        NotInRecord
            If there is no such thing.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            signed_row(connection, SignedKind(kind), entity_id)
            return _unlocks(connection, _requests_of(SignedKind(kind), entity_id))

    def _answer_unlock(
        self, by: Reader, request_id: int, state: UnlockState, reason: str
    ) -> Unlock:
        with self._acting(by, Act.GRANT_UNLOCK) as entry:
            request = _check_answer(entry.connection, by, request_id)
            content = {
                "request": {"id": request_id, "content_sha256": request["content_sha256"]},
                **_person_content(entry, by),
                "state": state.value,
                "reason": reason,
            }
            columns = signed_columns(content) | {
                "unlock_request_id": request_id,
                "state": state.value,
            }
            entry.append(unlock_answers, **columns, account_id=by.id)
            entry.conclude(
                "grant unlock" if state is UnlockState.GRANTED else "refuse unlock",
                request["kind"],
                request["entity_id"],
                request_id=request_id,
                asked_by=json.loads(request["content"])["reader"]["name"],
                reason=reason,
            )
            answered = _requests().where(unlock_requests.c.id == request_id)
            return _unlocks(entry.connection, answered)[0]


def _person_content(entry: Entry, by: Reader) -> Row:
    actor = entry.actor or by
    person = {"id": actor.id, "name": actor.name, "full_name": actor.full_name}
    return {"reader": person | {"role": actor.role.value}, "at": time_text(entry.at)}


def _check_request(connection: Connection, kind: SignedKind, entity_id: int, reason: str) -> None:
    refuse_superseded(connection, kind, entity_id)
    if not reason.strip():
        raise ValueError("to request an unlock needs a reason")
    if locking_approval(connection, kind, entity_id) is None:
        raise ValueError(f"{kind} {entity_id} is not locked: it can be corrected as it is")
    for request in _unlocks(connection, _requests_of(kind, entity_id)):
        if request.state is UnlockState.OPEN:
            raise AlreadyThere(f"{request.asked_by} asked for this already; it awaits an answer")


def _check_answer(connection: Connection, by: Reader, request_id: int) -> Row:
    found = select(unlock_requests).where(unlock_requests.c.id == request_id)
    request = connection.execute(found).mappings().one_or_none()
    if request is None:
        raise NotInRecord(f"there is no request {request_id} to unlock in the record")
    if request["account_id"] == by.id:
        raise NotAllowed("you asked for this unlock yourself; a second person must answer it")
    answer = select(unlock_answers.c.state).where(unlock_answers.c.unlock_request_id == request_id)
    state = connection.scalar(answer)
    if state is not None:
        raise AlreadyThere(f"request {request_id} was {state} already")
    return dict(request)


def _requests() -> Select[Any]:
    return (
        select(unlock_requests, unlock_answers.c.content.label("answer"))
        .outerjoin(unlock_answers, unlock_answers.c.unlock_request_id == unlock_requests.c.id)
        .order_by(unlock_requests.c.id)
    )


def _requests_of(kind: SignedKind, entity_id: int) -> Select[Any]:
    return _requests().where(
        unlock_requests.c.kind == kind.value, unlock_requests.c.entity_id == entity_id
    )


def _unlocks(connection: Connection, found: Select[Any]) -> list[Unlock]:
    return [_unlock_of(dict(row)) for row in connection.execute(found).mappings()]


def _unlock_of(row: Row) -> Unlock:
    """Make an unlock from what was written down; the columns beside it are for finding it."""
    content: dict[str, Any] = json.loads(row["content"])
    answer: dict[str, Any] = json.loads(row["answer"]) if row["answer"] else {}
    return Unlock(
        id=row["id"],
        kind=SignedKind(content["of"]["kind"]),
        entity_id=content["of"]["id"],
        visit_id=content["of"]["visit_id"],
        asked_by_id=content["reader"]["id"],
        asked_by=content["reader"]["full_name"],
        asked_at=datetime.fromisoformat(content["at"]),
        reason=content["reason"],
        state=UnlockState(answer.get("state", UnlockState.OPEN)),
        answered_by=answer["reader"]["full_name"] if answer else "",
        answered_at=datetime.fromisoformat(answer["at"]) if answer else None,
        answer=answer.get("reason", ""),
    )
