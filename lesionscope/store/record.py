"""What every part of the store stands on: who may act, and one transaction for each act."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from argon2 import PasswordHasher
from sqlalchemy import ColumnElement, Connection, Engine, Table, exists, select

from lesionscope.core.people import Act, Reader, Role, may
from lesionscope.store.chain import Entry
from lesionscope.store.database import transaction
from lesionscope.store.refusals import NotAllowed, NotInRecord
from lesionscope.store.remote_vault import Files
from lesionscope.store.tables import account_states, accounts, passwords, temporary_passwords


class Record:
    """The database, the vault and the clock that the parts of the store share.

    Parameters
    ----------
    engine : Engine
        Migrated database.
    vault : Files
        Where bytes are kept.
    clock : callable
        Returns the time, with its time zone.
    hasher : PasswordHasher
        Argon2id with the cost of this installation.
    """

    def __init__(
        self,
        engine: Engine,
        vault: Files,
        clock: Callable[[], datetime],
        hasher: PasswordHasher,
    ) -> None:
        self._engine = engine
        self._vault = vault
        self._clock = clock
        self._hasher = hasher
        # SQLite's lock is not fair; threads of one process queue here and only one asks for it.
        self._one_writer = threading.Lock()

    @contextmanager
    def _reading(self, by: Reader | None, right: Act | None) -> Iterator[Connection]:
        """Read from one snapshot, if `by` has the right; without `right` nobody is asked."""
        with transaction(self._engine, writes=False) as connection:
            _check_right(connection, by, right)
            yield connection

    def _require_right(self, by: Reader, right: Act | None) -> None:
        """Refuse early, before work that costs time; the act itself asks again."""
        with self._reading(by, right):
            pass

    @contextmanager
    def _acting(self, by: Reader | None, right: Act | None) -> Iterator[Entry]:
        """Write one act, if `by` has the right: rows and event together, or nothing."""
        with self._one_writer, transaction(self._engine, writes=True) as connection:
            actor = _check_right(connection, by, right)
            entry = Entry(connection, self._clock(), actor)
            yield entry
            entry.check_concluded()

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """Change the state of sign-in, which is no part of the record."""
        with self._one_writer, transaction(self._engine, writes=True) as connection:
            yield connection


def _check_right(connection: Connection, by: Reader | None, right: Act | None) -> Reader | None:
    """Return the account of `by` as the record has it: a role held in memory may be stale."""
    if by is None:
        if right is not None:
            raise NotAllowed(f"nobody is signed in; to {right} needs an account")
        return None
    now = select(accounts, is_closed().label("closed"), must_change_password().label("must_change"))
    row = connection.execute(now.where(accounts.c.id == by.id)).one_or_none()
    if row is None or (row.name, row.full_name) != (by.name, by.full_name):
        raise NotAllowed(f"{by.name} has no account in this record")
    if row.closed:
        raise NotAllowed(f"the account of {row.full_name} is closed; ask the owner of this record")
    if row.must_change and right is not None:
        raise NotAllowed("the owner set your password; choose one of your own first")
    actor = Reader(row.id, row.name, row.full_name, Role(row.role))
    if right is not None and not may(actor.role, right):
        raise NotAllowed(f"{actor.full_name} ({actor.role}) may not {right}")
    return actor


CLOSED = "closed"
"""State of an account that may not sign in; any other state, or none, is open."""


def is_closed() -> ColumnElement[bool]:
    """Return the condition that an account of the query is closed."""
    newest = (
        select(account_states.c.state)
        .where(account_states.c.account_id == accounts.c.id)
        .order_by(account_states.c.id.desc())
        .limit(1)
        .correlate(accounts)
        .scalar_subquery()
    )
    return newest.is_not_distinct_from(CLOSED)


def must_change_password() -> ColumnElement[bool]:
    """Return the condition that the password of an account of the query is not the person's own."""
    newest = (
        select(passwords.c.id)
        .where(passwords.c.account_id == accounts.c.id)
        .order_by(passwords.c.id.desc())
        .limit(1)
        .correlate(accounts)
        .scalar_subquery()
    )
    return exists().where(temporary_passwords.c.password_id == newest)


def require(connection: Connection, table: Table, row_id: int, noun: str) -> None:
    """Refuse a number that the record does not hold.

    Raises
    ------
    NotInRecord
        If `table` has no such row.
    """
    if connection.execute(select(table.c.id).where(table.c.id == row_id)).one_or_none() is None:
        raise NotInRecord(f"there is no {noun} {row_id} in the record")
