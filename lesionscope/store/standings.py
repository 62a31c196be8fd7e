"""How accounts stand: open or closed, locked for a while, with a password to be changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select

from lesionscope.core.people import Act, Reader, Role
from lesionscope.store.accounts import LOCKED_FOR, WRONG_TRIES, try_key
from lesionscope.store.chain import time_text
from lesionscope.store.password_changes import PasswordChanges
from lesionscope.store.record import CLOSED, is_closed, must_change_password
from lesionscope.store.refusals import AlreadyThere
from lesionscope.store.sessions import still_open
from lesionscope.store.tables import account_states, accounts, events, sessions, sign_in_tries

_OPEN = "open"


@dataclass(frozen=True)
class Standing:
    """How one account stands.

    Attributes
    ----------
    reader : Reader
        Whose account.
    closed : bool
        Whether the person may not sign in any more.
    reason : str
        Why it was closed or opened again last; empty when neither was.
    must_change_password : bool
        Whether the owner set the password and the person has not chosen another yet.
    locked_until : datetime or None
        UTC; until then the name is locked after wrong passwords.
    sessions : int
        Open sessions.
    last_sign_in : datetime or None
        UTC; None when the person never signed in.
    """

    reader: Reader
    closed: bool
    reason: str
    must_change_password: bool
    locked_until: datetime | None
    sessions: int
    last_sign_in: datetime | None


class Standings(PasswordChanges):
    """Standings of the accounts of the store."""

    def standings(self, by: Reader) -> list[Standing]:
        """Return how every account stands, by name.

        Raises
        ------
        NotAllowed
            If `by` may not manage accounts.
        """
        now = self._clock()
        found = select(
            accounts, is_closed().label("closed"), must_change_password().label("must_change")
        ).order_by(accounts.c.name_key)
        with self._reading(by, Act.MANAGE_ACCOUNTS) as connection:
            return [_standing(connection, row, now) for row in connection.execute(found).all()]

    def close_account(self, by: Reader, account_id: int, reason: str) -> None:
        """Close an account: the person is signed out everywhere and may not sign in again.

        What the person signed stays; the name stays taken.

        Parameters
        ----------
        by : Reader
            Who acts.
        account_id : int
            Whose account; not one's own, so that one owner always remains.
        reason : str
            Why.

        Raises
        ------
        NotAllowed
            If `by` may not manage accounts.
        NotInRecord
            If there is no such account.
        AlreadyThere
            If it is closed already.
        ValueError
            If it is one's own account, or there is no reason.
        """
        self._change_state(by, account_id, CLOSED, reason)

    def reopen_account(self, by: Reader, account_id: int, reason: str) -> None:
        """Open a closed account again; its password is the one that it had.

        Parameters
        ----------
        by, account_id, reason
            As for `close_account`.

        Raises
        ------
        NotAllowed
            If `by` may not manage accounts.
        NotInRecord
            If there is no such account.
        AlreadyThere
            If it is open.
        ValueError
            If there is no reason.
        """
        self._change_state(by, account_id, _OPEN, reason)

    def _change_state(self, by: Reader, account_id: int, state: str, reason: str) -> None:
        verb = "close" if state == CLOSED else "reopen"
        person = self._other_account(by, account_id, f"{verb} your own account")
        if not reason.strip():
            raise ValueError(f"to {verb} an account needs a reason")
        with self._acting(by, Act.MANAGE_ACCOUNTS) as entry:
            closed = select(is_closed()).where(accounts.c.id == account_id)
            before = CLOSED if entry.connection.scalar(closed) else _OPEN
            if before == state:
                raise AlreadyThere(f"the account of {person['full_name']} is {state} already")
            entry.append(account_states, account_id=account_id, state=state, reason=reason.strip())
            entry.connection.execute(delete(sessions).where(sessions.c.account_id == account_id))
            entry.conclude(
                f"{verb} account",
                "account",
                account_id,
                name=person["name"],
                state=[before, state],
                reason=reason.strip(),
            )


def _standing(connection: Connection, row: Any, now: datetime) -> Standing:
    mine = account_states.c.account_id == row.id
    newest = select(account_states.c.reason).where(mine).order_by(account_states.c.id.desc())
    live = select(func.count()).where(sessions.c.account_id == row.id, still_open(now))
    return Standing(
        Reader(row.id, row.name, row.full_name, Role(row.role)),
        bool(row.closed),
        connection.scalar(newest.limit(1)) or "",
        bool(row.must_change),
        _locked_until(connection, row.name, now),
        connection.execute(live).scalar_one(),
        _last_sign_in(connection, row.id),
    )


def _locked_until(connection: Connection, name: str, now: datetime) -> datetime | None:
    last_try = connection.scalar(
        select(sign_in_tries.c.last_at).where(
            sign_in_tries.c.name_sha256 == try_key(name),
            sign_in_tries.c.tries >= WRONG_TRIES,
            sign_in_tries.c.last_at > time_text(now - LOCKED_FOR),
        )
    )
    return None if last_try is None else datetime.fromisoformat(last_try) + LOCKED_FOR


def _last_sign_in(connection: Connection, account_id: int) -> datetime | None:
    newest = (
        select(events.c.at)
        .where(
            events.c.entity == "account",
            events.c.entity_id == account_id,
            events.c.act == "sign in",
        )
        .order_by(events.c.id.desc())
        .limit(1)
    )
    at = connection.scalar(newest)
    return None if at is None else datetime.fromisoformat(at)
