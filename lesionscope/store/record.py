"""What every part of the store stands on: who may act, and one transaction for each act."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from argon2 import PasswordHasher
from sqlalchemy import Connection, Engine, Table, select

from lesionscope.core.people import Act, Reader, Role, may
from lesionscope.store.chain import Entry
from lesionscope.store.database import transaction
from lesionscope.store.refusals import NotAllowed, NotInRecord
from lesionscope.store.tables import accounts
from lesionscope.store.vault import Vault


class Record:
    """The database, the vault and the clock that the parts of the store share.

    Parameters
    ----------
    engine : Engine
        Migrated database.
    vault : Vault
        Where bytes are kept.
    clock : callable
        Returns the time, with its time zone.
    hasher : PasswordHasher
        Argon2id with the cost of this installation.
    """

    def __init__(
        self,
        engine: Engine,
        vault: Vault,
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
    row = connection.execute(select(accounts).where(accounts.c.id == by.id)).one_or_none()
    if row is None or (row.name, row.full_name) != (by.name, by.full_name):
        raise NotAllowed(f"{by.name} has no account in this record")
    actor = Reader(row.id, row.name, row.full_name, Role(row.role))
    if right is not None and not may(actor.role, right):
        raise NotAllowed(f"{actor.full_name} ({actor.role}) may not {right}")
    return actor


def require(connection: Connection, table: Table, row_id: int, noun: str) -> None:
    """Refuse a number that the record does not hold.

    Raises
    ------
    NotInRecord
        If `table` has no such row.
    """
    if connection.execute(select(table.c.id).where(table.c.id == row_id)).one_or_none() is None:
        raise NotInRecord(f"there is no {noun} {row_id} in the record")
