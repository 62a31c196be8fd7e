"""Unlocking a locked read: its reader asks with a reason, a second person agrees or refuses.

The old read stays beside the new one. A case that the third reader has settled is final.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from lesionscope.core.campaign import Standing
from lesionscope.core.case import CaseState
from lesionscope.core.people import Act, Reader
from lesionscope.store.accounts import Accounts
from lesionscope.store.case_binder import Binder, UnlockStep
from lesionscope.store.case_rows import binder_of, campaigns_in, slot_of
from lesionscope.store.case_signing import refuse_ended
from lesionscope.store.refusals import NotInRecord
from lesionscope.store.tables import accounts, case_reads, case_slots, case_unlocks, cases, events


@dataclass(frozen=True)
class UnlockRequest:
    """A reader's open request.

    Attributes
    ----------
    read_id, campaign_id : int
        Rows.
    code : str
        Of the case.
    reader : str
        Full name of who asks.
    asked_at : datetime
        UTC.
    reason : str
        Why.
    """

    read_id: int
    campaign_id: int
    code: str
    reader: str
    asked_at: datetime
    reason: str


class CaseUnlocks(Accounts):
    """Unlocks of case reads in the store."""

    def ask_case_unlock(self, by: Reader, code: str, reason: str) -> None:
        """Ask that the reader's own locked case be opened again.

        Raises
        ------
        NotAllowed
            If `by` may not read cases.
        NotInRecord
            If the reader has no case of this code.
        ValueError
            If it is not locked, was settled, there is no reason, or the campaign was closed early.
        """
        if not reason.strip():
            raise ValueError("asking for an unlock needs a reason")
        with self._acting(by, Act.READ_CASES) as entry:
            binder, slot = slot_of(entry.connection, code, by.id)
            refuse_ended(binder)
            if binder.state(slot) is not CaseState.LOCKED:
                raise ValueError(f"case {slot.code} is not locked, or its unlock was asked for")
            _refuse_settled(binder, slot.case_id)
            entry.append(
                case_unlocks,
                case_read_id=binder.reads[slot.id].id,
                step=UnlockStep.ASKED.value,
                words=reason.strip(),
            )
            entry.conclude(
                "ask to unlock case",
                "case read",
                binder.reads[slot.id].id,
                code=code,
                reason=reason.strip(),
            )

    def case_unlock_requests(self, by: Reader) -> list[UnlockRequest]:
        """Return the requests that nobody has answered, the oldest first; none of what was closed.

        Raises
        ------
        NotAllowed
            If `by` may not unlock.
        """
        with self._reading(by, Act.GRANT_UNLOCK) as connection:
            ended = {one.id for one in campaigns_in(connection) if one.standing is Standing.CLOSED}
            found = [_request(row) for row in connection.execute(_open())]
        return [request for request in found if request.campaign_id not in ended]

    def answer_case_unlock(
        self, by: Reader, read_id: int, password: str, *, grant: bool, words: str = ""
    ) -> None:
        """Grant or refuse a request, as a second person.

        Parameters
        ----------
        by : Reader
            The second person: not who asked, and nobody who read the case.
        read_id : int
            Of the request.
        password : str
            Their own, again.
        grant : bool
            Whether the read is opened.
        words : str
            A remark; needed to refuse.

        Raises
        ------
        NotAllowed
            If `by` may not unlock.
        SignInRefused
            If the password is wrong, or there were too many wrong tries.
        NotInRecord
            If there is no open request for this read.
        ValueError
            If `by` is no second person, the case was settled, a refusal has no reason, or the
            campaign was closed early.
        """
        if not grant and not words.strip():
            raise ValueError("refusing an unlock needs a reason")
        self._require_right(by, Act.GRANT_UNLOCK)
        self._prove(by.name, password, refusal="unlocking refused", read=read_id)
        with self._acting(by, Act.GRANT_UNLOCK) as entry:
            row = entry.connection.execute(_open().where(case_reads.c.id == read_id)).one_or_none()
            if row is None:
                raise NotInRecord(f"nobody asks to unlock read {read_id}")
            _check_second_person(entry.connection, by, row)
            step = UnlockStep.GRANTED if grant else UnlockStep.REFUSED
            entry.append(case_unlocks, case_read_id=read_id, step=step.value, words=words.strip())
            entry.conclude(
                f"unlock {step.value}", "case read", read_id, code=row.code, reason=words.strip()
            )


def _refuse_settled(binder: Binder, case_id: int) -> None:
    if binder.settlement(case_id) is not None:
        raise ValueError("the third reader has settled this case: it is final")


def _check_second_person(connection: Connection, by: Reader, row: Any) -> None:
    binder = binder_of(connection, row.campaign_id)
    refuse_ended(binder)
    _refuse_settled(binder, row.case_id)
    readers = {slot.account_id for slot in binder.slots if slot.case_id == row.case_id}
    if by.id in readers:
        raise ValueError("an unlock needs a second person: nobody who reads the case may grant it")


def _open() -> Select[Any]:
    newest = select(func.max(case_unlocks.c.id)).group_by(case_unlocks.c.case_read_id)
    return (
        select(
            case_reads.c.id,
            case_slots.c.code,
            case_slots.c.case_id,
            cases.c.campaign_id,
            accounts.c.full_name,
            events.c.at,
            case_unlocks.c.words,
        )
        .select_from(case_unlocks)
        .join(case_reads, case_reads.c.id == case_unlocks.c.case_read_id)
        .join(case_slots, case_slots.c.id == case_reads.c.case_slot_id)
        .join(cases, cases.c.id == case_slots.c.case_id)
        .join(accounts, accounts.c.id == case_slots.c.account_id)
        .join(events, events.c.id == case_unlocks.c.event_id)
        .where(case_unlocks.c.id.in_(newest), case_unlocks.c.step == UnlockStep.ASKED.value)
        .order_by(case_unlocks.c.id)
    )


def _request(row: Any) -> UnlockRequest:
    return UnlockRequest(
        row.id,
        row.campaign_id,
        row.code,
        row.full_name,
        datetime.fromisoformat(row.at),
        row.words,
    )
