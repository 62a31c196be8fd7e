"""Backups: the whole record and its photos in one file, taken while people go on working.

The tables are written from one snapshot; the files that they name are in the vault already and
never change, so they may be copied after it. The file is a ZIP archive of plain JSON lines and
of the vault's files under their sha256, the same whatever database holds the record: a backup
of SQLite may be restored into PostgreSQL. Open sessions and wrong tries are not in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Table

from lesionscope import __version__
from lesionscope.store.chain import canonical_json, time_text
from lesionscope.store.database import revision_of
from lesionscope.store.proof import kept_files
from lesionscope.store.record import Record
from lesionscope.store.refusals import PhotoDamaged
from lesionscope.store.rows import rows_of
from lesionscope.store.tables import RECORD_TABLES, Row

FORMAT = "lesionscope backup 1"
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Backup:
    """What a backup says of itself.

    Attributes
    ----------
    at : datetime
        When its snapshot was taken, UTC.
    software : str
        Version that wrote it.
    revision : str
        Of the tables.
    head : str
        Head of the chain as `lesionscope.store.heads.ChainHead.text` writes it.
    rows : dict of str to int
        Number of rows of each table.
    sha256 : dict of str to str
        Hex digest of each table's file.
    files : int
        Files of the vault that the record names.
    lost : tuple of str
        Those that the vault had lost or that were damaged, as sentences; they are not in it.
    """

    at: datetime
    software: str
    revision: str
    head: str
    rows: dict[str, int]
    sha256: dict[str, str]
    files: int
    lost: tuple[str, ...] = ()

    def document(self) -> Row:
        """Return it as plain JSON."""
        return {
            "format": FORMAT,
            "at": time_text(self.at),
            "software": self.software,
            "revision": self.revision,
            "head": self.head,
            "rows": self.rows,
            "sha256": self.sha256,
            "files": self.files,
            "lost": list(self.lost),
        }


def table_file(name: str) -> str:
    """Return where a table lies in the archive."""
    return f"tables/{name}.jsonl"


def vault_file(sha256: str) -> str:
    """Return where a file of the vault lies in the archive."""
    return f"vault/{sha256}"


class Backups(Record):
    """Backups of the store."""

    def backup(self, target: Path) -> Backup:
        """Write the whole record and its photos into one file; others may go on working.

        The file is its owner's alone: it holds patients' photos and the hashes of passwords.

        Parameters
        ----------
        target : Path
            Archive to write; it must not be there yet.

        Returns
        -------
        Backup
            What was written; ask `lesionscope.store.restore.backup_faults` to prove it.

        Raises
        ------
        ValueError
            If there is a file already, or no folder for it, or nothing was recorded yet.
        """
        target = target.absolute()
        if target.exists():
            raise ValueError(f"{target} is there already; choose another name for the backup")
        if not target.parent.is_dir():
            raise ValueError(f"there is no folder {target.parent} for the backup")
        with self._acting(None, None) as entry:
            if entry.event_id == 1:
                raise ValueError("the record is empty: there is nothing to back up")
            # Before the snapshot, so that the backup holds it; the file may still come to nothing.
            entry.conclude("begin backup", "record", file=target.name)
        with _whole_or_nothing(target) as part, zipfile.ZipFile(part, "w", allowZip64=True) as file:
            return self._write(file)

    def _write(self, archive: zipfile.ZipFile) -> Backup:
        rows, digests = {}, {}
        head = "0:"
        with self._reading(None, None) as connection:
            at, revision = self._clock(), revision_of(connection)
            for table in RECORD_TABLES:
                rows[table.name], digests[table.name], last = _put_table(archive, connection, table)
                if table.name == "events":
                    head = f"{last['id']}:{last['hash']}"
            kept = kept_files(connection)
        lost = tuple(self._put_files(archive, kept))
        made = Backup(at, __version__, revision or "", head, rows, digests, len(kept), lost)
        archive.writestr(MANIFEST, canonical_json(made.document()))
        return made

    def _put_files(
        self, archive: zipfile.ZipFile, kept: dict[str, tuple[int, str]]
    ) -> Iterator[str]:
        """Copy the files of the vault; yield a sentence for each that cannot be."""
        for sha256, (_, what) in kept.items():
            try:
                data = self._vault.read(sha256)
            except (OSError, TypeError, ValueError, PhotoDamaged) as error:
                yield f"{what}: {error}"
                continue
            # Photos are compressed already.
            archive.writestr(vault_file(sha256), data, zipfile.ZIP_STORED)


def _put_table(
    archive: zipfile.ZipFile, connection: Connection, table: Table
) -> tuple[int, str, Row]:
    """Write the rows of a table as JSON lines; return their number, their sha256, the last one."""
    number, digest, row = 0, hashlib.sha256(), {}
    entry = zipfile.ZipInfo(table_file(table.name))
    entry.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(entry, "w", force_zip64=True) as out:
        for row in rows_of(connection, table, "id"):
            line = json.dumps(row, ensure_ascii=False, sort_keys=True).encode() + b"\n"
            out.write(line)
            digest.update(line)
            number += 1
    return number, digest.hexdigest(), row


@contextmanager
def _whole_or_nothing(target: Path) -> Iterator[Path]:
    """Hand out a file beside the target, which becomes it when the block ends well."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".backup-", suffix=".part")
    os.close(handle)
    part = Path(name)
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
