"""The database under the record: opened safely, migrated, and written by one act at a time.

On SQLite the write-ahead log lets readers go on while one writer writes; a writer takes the
lock when it begins (``BEGIN IMMEDIATE``), because taking it later can fail however long one
waits; ``synchronous=FULL`` makes an acknowledged act survive a power cut.

References
----------
SQLite documentation, "Write-Ahead Logging" and "Transactions".
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError

from lesionscope.store.refusals import RecordBusy, RecordTooNew

MIGRATIONS = Path(__file__).parent / "migrations"
"""Folder of the Alembic environment and its revisions."""

BUSY_SECONDS = 30
"""How long a writer waits for another before it gives up."""


def open_engine(url: str | URL) -> Engine:
    """Connect to a record, without creating or changing any table.

    Parameters
    ----------
    url : str or URL
        SQLAlchemy URL of an SQLite file or a PostgreSQL database.

    Returns
    -------
    Engine
    """
    # Pages and threads come and go: they queue for the database's own lock, not for a pool's slot.
    engine = create_engine(url, pool_size=5, max_overflow=-1)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        _turn_on_wal(engine)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver must not begin transactions of its own accord: `_begin` does.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "foreign_keys = ON",
        # Without it INSERT OR REPLACE deletes a row without firing its DELETE trigger.
        "recursive_triggers = ON",
        "synchronous = FULL",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _turn_on_wal(engine: Engine) -> None:
    """Switch the file to the write-ahead log; when two processes do so at once, one is refused."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
                return
        except OperationalError as error:
            if not _is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
    elif connection.dialect.name == "postgresql":
        level = "READ COMMITTED" if writes else "REPEATABLE READ, READ ONLY"
        connection.exec_driver_sql(f"SET TRANSACTION ISOLATION LEVEL {level}")


def _is_busy(error: OperationalError) -> bool:
    return getattr(error.orig, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


@contextmanager
def transaction(engine: Engine, *, writes: bool) -> Iterator[Connection]:
    """Hold one transaction: a snapshot to read from, or the only writer.

    Parameters
    ----------
    engine : Engine
        From `open_engine`.
    writes : bool
        Whether to take the writer's lock.

    Yields
    ------
    Connection
        Committed when the block ends, rolled back when it raises.

    Raises
    ------
    RecordBusy
        If another writer held the lock for `BUSY_SECONDS`.
    """
    try:
        with (
            engine.connect().execution_options(writes=writes) as connection,
            connection.begin(),
        ):
            yield connection
    except OperationalError as error:
        if _is_busy(error):
            raise RecordBusy(
                f"the record was in use by another program for {BUSY_SECONDS} s; "
                "nothing was saved, please try again"
            ) from error
        raise


def migrate(engine: Engine) -> None:
    """Bring the tables to the newest revision, all in one transaction.

    Parameters
    ----------
    engine : Engine
        From `open_engine`.

    Raises
    ------
    RecordTooNew
        If the record is at a revision that this software does not know.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    with transaction(engine, writes=False) as connection:
        now = MigrationContext.configure(connection).get_current_revision()
    if now == scripts.get_current_head():
        return
    _check_known(scripts, now)
    with transaction(engine, writes=True) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(1279611731)"))
        attributes: dict[str, Any] = config.attributes
        attributes["connection"] = connection
        command.upgrade(config, "head")


def _check_known(scripts: ScriptDirectory, revision: str | None) -> None:
    try:
        scripts.get_revision(revision or "base")
    except CommandError as error:
        raise RecordTooNew(
            f"the record is at revision {revision!r}, which this version of LesionScope does "
            "not know: a newer version wrote it; install that version or a later one"
        ) from error
