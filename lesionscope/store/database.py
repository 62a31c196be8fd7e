"""The database under the record: opened safely, migrated, and written by one act at a time.

On SQLite the write-ahead log lets readers go on while one writer writes; a writer takes the
lock when it begins (``BEGIN IMMEDIATE``), because taking it later can fail however long one
waits; ``synchronous=FULL`` makes an acknowledged act survive a power cut.

On PostgreSQL one advisory lock, taken when a writer begins, does the same: acts follow each
other, so that each link of the chain finds the one before it, and readers go on from a snapshot.

References
----------
SQLite documentation, "Write-Ahead Logging" and "Transactions". PostgreSQL documentation, 13.2
"Transaction Isolation", 13.3.5 "Advisory Locks" and 20.11 "lock_timeout".
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
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError

from lesionscope.places import database_url
from lesionscope.store.refusals import RecordBusy, RecordTooNew, RecordUnreachable

MIGRATIONS = Path(__file__).parent / "migrations"
"""Folder of the Alembic environment and its revisions."""

BUSY_SECONDS = 30
"""How long a writer waits for another before it gives up."""

_ONE_WRITER = 1279611731
"""Number of the advisory lock of PostgreSQL that a writer holds."""
_LOCK_NOT_AVAILABLE = "55P03"


def record_of(home: Path) -> URL | str:
    """Return the database of an installation: the one that is chosen, or a file in its folder.

    Parameters
    ----------
    home : Path
        Data folder.

    Returns
    -------
    URL or str
        See `lesionscope.places.database_url`.
    """
    chosen = database_url()
    if chosen is not None:
        return chosen
    path = home / "record.sqlite"
    # Also in a folder that others may enter, the record is its owner's; the log follows the file.
    path.touch(mode=0o600)
    return URL.create("sqlite", database=str(path))


def open_engine(url: str | URL) -> Engine:
    """Connect to a record, without creating or changing any table.

    Parameters
    ----------
    url : str or URL
        SQLAlchemy URL of an SQLite file or a PostgreSQL database.

    Returns
    -------
    Engine

    Raises
    ------
    ValueError
        If it is another kind of database.
    """
    url = make_url(url)
    kind = url.get_backend_name()
    if kind not in ("sqlite", "postgresql"):
        raise ValueError(f"the record can lie in SQLite or PostgreSQL, not in {kind}")
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    # Pages and threads come and go: they queue for the database's own lock, not for a pool's slot.
    # The server may have been restarted since a connection was used last: hence the ping.
    engine = create_engine(url, pool_size=5, max_overflow=-1, pool_pre_ping=kind == "postgresql")
    if kind == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        _turn_on_wal(engine)
    else:
        event.listen(engine, "connect", _prepare_postgresql)
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


def _prepare_postgresql(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"SET lock_timeout = {int(BUSY_SECONDS * 1000)}")
    # A server may be set up to acknowledge before it has written; the record may not.
    cursor.execute("SET synchronous_commit = on")
    cursor.close()
    connection.commit()


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
        if writes:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_WRITER})")


def _is_busy(error: OperationalError) -> bool:
    if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
        return True
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
    RecordUnreachable
        If the database server does not answer.
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
        if _is_gone(engine, error):
            raise RecordUnreachable(
                f"the database server does not answer ({_last_line(error)}); try again when it is "
                "back, and look whether what you did last is in the record"
            ) from error
        raise


def _is_gone(engine: Engine, error: DBAPIError) -> bool:
    """Tell a server that is not there from a fault of one that is."""
    return engine.dialect.name == "postgresql" and (
        error.connection_invalidated or getattr(error.orig, "sqlstate", None) is None
    )


def _last_line(error: DBAPIError) -> str:
    return (str(error.orig).strip().splitlines() or ["no reason given"])[-1]


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
    scripts = ScriptDirectory.from_config(_config())
    with transaction(engine, writes=False) as connection:
        now = revision_of(connection)
    if now == scripts.get_current_head():
        return
    _check_known(scripts, now)
    with transaction(engine, writes=True) as connection:
        upgrade(connection)


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the tables up to a revision, within a transaction of the caller.

    Parameters
    ----------
    connection : Connection
        In a transaction that writes.
    revision : str
        Which; the newest by default.

    Raises
    ------
    RecordTooNew
        If this software does not know it.
    """
    config = _config()
    if revision != "head":
        _check_known(ScriptDirectory.from_config(config), revision)
    attributes: dict[str, Any] = config.attributes
    attributes["connection"] = connection
    command.upgrade(config, revision)


def revision_of(connection: Connection) -> str | None:
    """Return the revision that the tables are at, or None where there are none."""
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _check_known(scripts: ScriptDirectory, revision: str | None) -> None:
    try:
        scripts.get_revision(revision or "base")
    except CommandError as error:
        raise RecordTooNew(
            f"the record is at revision {revision!r}, which this version of LesionScope does "
            "not know: a newer version wrote it; install that version or a later one"
        ) from error
