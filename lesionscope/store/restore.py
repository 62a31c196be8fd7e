"""Restoring a backup, and proving one without restoring it."""

from __future__ import annotations

import hashlib
import itertools
import json
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, Table, func, insert, inspect, select, text

from lesionscope.places import data_home
from lesionscope.store import database
from lesionscope.store.backups import FORMAT, MANIFEST, Backup, table_file, vault_file
from lesionscope.store.chain import Entry, sha256_of
from lesionscope.store.database import open_engine, transaction, upgrade
from lesionscope.store.proof import kept_files, record_faults
from lesionscope.store.refusals import BackupDamaged
from lesionscope.store.remote_vault import open_vault
from lesionscope.store.tables import events

_CHUNK = 1000


def read_backup(source: Path) -> Backup:
    """Return what a backup says of itself.

    Raises
    ------
    BackupDamaged
        If the file is no backup of this software.
    """
    with _archive(source) as archive:
        return _manifest(archive)


def backup_faults(source: Path) -> list[str]:
    """Prove a backup: its own sums, and the record in it as `Store.verify` proves one.

    The record is laid out in a temporary file; photos are read where they are.

    Parameters
    ----------
    source : Path
        From `lesionscope.store.backups.Backups.backup`.

    Returns
    -------
    list of str
        Empty when all is whole.

    Raises
    ------
    BackupDamaged
        If the file is no backup, or was cut off or changed.
    RecordTooNew
        If a newer version of the software wrote it.
    """
    with _archive(source) as archive, tempfile.TemporaryDirectory() as folder:
        made = _manifest(archive)
        with closing_engine(f"sqlite:///{folder}/record.sqlite") as engine:
            with transaction(engine, writes=True) as connection:
                _fill(connection, archive, made)
            with transaction(engine, writes=False) as connection:
                first: dict[str, str] = {}
                for kind, sentence in record_faults(connection):
                    first.setdefault(kind, sentence)
                lost = _file_faults(archive, kept_files(connection))
        return [*first.values(), *itertools.islice(lost, 1)]


def restore_backup(
    source: Path, home: Path | None = None, *, url: str | None = None, faulty: bool = False
) -> Backup:
    """Lay a backup out as the record of an installation that has none.

    Nothing is there until all is: the rows come in one transaction, after the photos.

    Parameters
    ----------
    source : Path
        The backup.
    home : Path or None
        Data folder; by default `lesionscope.places.data_home`. Created when missing.
    url : str or None
        Another database than that of `home`, see `lesionscope.store.Store.open`.
    faulty : bool
        Whether to restore a record that does not prove whole, as it is.

    Returns
    -------
    Backup
        What was restored.

    Raises
    ------
    BackupDamaged
        If the backup, or unless `faulty` the record in it, is not whole.
    RecordTooNew
        If a newer version of the software wrote it.
    ValueError
        If there is a record already.
    """
    faults = backup_faults(source)
    if faults and not faulty:
        raise BackupDamaged(
            f"the record in this backup is not whole: {faults[0]}; nothing was restored"
        )
    home = (home or data_home()).expanduser().resolve()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _archive(source) as archive, closing_engine(url or database.record_of(home)) as engine:
        made = _manifest(archive)
        _refuse_record(engine, home)
        vault = open_vault(home)
        for name in _vault_names(archive):
            vault.put(archive.read(name))
        with transaction(engine, writes=True) as connection:
            _fill(connection, archive, made)
            # What was recorded after the backup is gone: the trail says from where it goes on.
            entry = Entry(connection, datetime.now(UTC), None)
            entry.conclude("restore backup", "record", file=source.name, head=made.head)
    return made


@contextmanager
def closing_engine(url: object) -> Iterator[Engine]:
    """Open a database and close it again."""
    engine = open_engine(url)  # type: ignore[arg-type]
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _archive(source: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with closing(zipfile.ZipFile(source)) as archive:
            yield archive
    except (zipfile.BadZipFile, EOFError) as error:
        raise BackupDamaged(f"{source} is no whole backup: {error}") from error


def _manifest(archive: zipfile.ZipFile) -> Backup:
    try:
        found = json.loads(archive.read(MANIFEST))
        if found.pop("format") != FORMAT:
            raise ValueError("another format")
        at = datetime.fromisoformat(found.pop("at"))
        return Backup(at=at, **{**found, "lost": tuple(found["lost"])})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BackupDamaged(
            f"{archive.filename} is no backup of LesionScope that this version can read ({error})"
        ) from error


def _fill(connection: Connection, archive: zipfile.ZipFile, made: Backup) -> None:
    """Make the tables as they were, put the rows in, and go on to the newest revision."""
    upgrade(connection, made.revision)
    there = MetaData()
    there.reflect(connection)
    # Rows refer to rows of earlier tables, or to earlier rows of their own.
    for table in there.sorted_tables:
        if table.name in made.rows:
            _fill_table(connection, archive, made, table)
    missing = made.rows.keys() - there.tables.keys()
    if missing:
        raise BackupDamaged(f"the backup has a table that its revision has not: {min(missing)}")
    upgrade(connection)


def _fill_table(
    connection: Connection, archive: zipfile.ZipFile, made: Backup, table: Table
) -> None:
    digest, number = hashlib.sha256(), 0
    try:
        with archive.open(table_file(table.name)) as lines:
            while chunk := list(itertools.islice(lines, _CHUNK)):
                for line in chunk:
                    digest.update(line)
                connection.execute(insert(table), [json.loads(line) for line in chunk])
                number += len(chunk)
    except (KeyError, ValueError) as error:
        raise BackupDamaged(f"the backup's table {table.name} cannot be read: {error}") from error
    if (number, digest.hexdigest()) != (made.rows[table.name], made.sha256.get(table.name)):
        raise BackupDamaged(f"the backup's table {table.name} was changed")
    if connection.dialect.name == "postgresql" and number:
        _go_on_counting(connection, table)


def _go_on_counting(connection: Connection, table: Table) -> None:
    """Have PostgreSQL give the next row the next number."""
    newest = connection.scalar(select(func.max(table.c.id)))
    serial = connection.scalar(select(func.pg_get_serial_sequence(table.name, "id")))
    if serial is not None:
        connection.execute(
            text("SELECT setval(:serial, :newest)"), {"serial": serial, "newest": newest}
        )


def _file_faults(archive: zipfile.ZipFile, kept: dict[str, tuple[int, str]]) -> Iterator[str]:
    """Yield a sentence for each file that the record names and that is not in the backup whole."""
    there = set(archive.namelist())
    for sha256, (size, what) in kept.items():
        name = vault_file(sha256)
        if name not in there:
            yield f"{what}: its file is not in the backup"
        elif archive.getinfo(name).file_size != size or sha256_of(archive.read(name)) != sha256:
            yield f"{what}: its file in the backup was changed"


def _vault_names(archive: zipfile.ZipFile) -> list[str]:
    start = vault_file("")
    return [name for name in archive.namelist() if name.startswith(start)]


def _refuse_record(engine: Engine, home: Path) -> None:
    with transaction(engine, writes=False) as connection:
        tables = inspect(connection).get_table_names()
        if events.name in tables and connection.scalar(select(func.max(events.c.id))):
            raise ValueError(
                f"there is a record already (data folder {home}): a backup is restored only where "
                "there is none"
            )
