"""The protocol of the study: each one kept as the file it came in, a later one superseding."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, select

from lesionscope.core.people import Act, Reader
from lesionscope.core.protocol import Protocol
from lesionscope.exchange.protocol_file import protocol_from, protocol_sha256
from lesionscope.store.chain import sha256_of
from lesionscope.store.record import Record
from lesionscope.store.study_entries import StoredProtocol
from lesionscope.store.tables import accounts, events, protocols


class Protocols(Record):
    """Protocols of the store."""

    def set_protocol(
        self, by: Reader, document: bytes, *, supersedes: int | None = None, reason: str = ""
    ) -> StoredProtocol:
        """Set the protocol of the study; the same content again writes nothing.

        Parameters
        ----------
        by : Reader
            Who acts.
        document : bytes
            A YAML file, see ``docs/protocol.md``; kept as it is.
        supersedes : int or None
            The protocol that counts now, which this one replaces; required when there is one.
        reason : str
            Why it replaces it.

        Returns
        -------
        StoredProtocol

        Raises
        ------
        NotAllowed
            If `by` may not set the protocol.
        FaultyFile
            If the file is not a valid protocol: a ValueError that names every fault and its line.
        ValueError
            If `supersedes` is not the protocol that counts, or there is no reason.
        """
        self._require_right(by, Act.SET_PROTOCOL)
        protocol = protocol_from(document)
        text = document.decode()
        row = {
            "study_id": protocol.id,
            "version": protocol.version,
            "document": text,
            "document_sha256": sha256_of(document),
            "content_sha256": protocol_sha256(protocol),
        }
        with self._acting(by, Act.SET_PROTOCOL) as entry:
            before = newest_stored(entry.connection)
            if before is not None and before.content_sha256 == row["content_sha256"]:
                return before
            _check_supersedes(before, supersedes, reason)
            why = reason.strip()
            protocol_id = entry.append(protocols, **row, supersedes=supersedes, reason=why)
            told = {name: value for name, value in row.items() if name != "document"}
            entry.conclude(
                "set protocol",
                "protocol",
                protocol_id,
                **told,
                supersedes=supersedes,
                old_sha256=before.document_sha256 if before else None,
                reason=why,
            )
        with self._reading(by, None) as connection:
            stored = newest_stored(connection)
            assert stored is not None
            return stored

    def protocol(self, by: Reader) -> Protocol | None:
        """Return the protocol of the study, or None before one was set.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        FaultyFile
            If this version of the software cannot read a protocol that an earlier one accepted.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            return newest_protocol(connection)

    def protocols(self, by: Reader) -> list[StoredProtocol]:
        """Return every protocol that was set, the one that counts last.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            found = connection.execute(_made().order_by(protocols.c.id))
            return [_stored(row) for row in found]


def newest_stored(connection: Connection) -> StoredProtocol | None:
    """Return the protocol that counts as it was set, or None before the first."""
    newest = _made().order_by(protocols.c.id.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    return None if row is None else _stored(row)


def newest_protocol(connection: Connection) -> Protocol | None:
    """Return the protocol that counts, or None before the first.

    Raises
    ------
    FaultyFile
        If this version of the software cannot read it.
    """
    newest = select(protocols.c.document).order_by(protocols.c.id.desc()).limit(1)
    document = connection.scalar(newest)
    return None if document is None else _read(document)


def protocols_back(connection: Connection) -> list[Protocol]:
    """Return every protocol that ever counted, the newest first.

    Raises
    ------
    FaultyFile
        If this version of the software cannot read one.
    """
    documents = connection.scalars(select(protocols.c.document).order_by(protocols.c.id.desc()))
    return [_read(document) for document in documents]


@lru_cache(maxsize=16)
def _read(document: str) -> Protocol:
    # Every page asks for the protocol; it is frozen, and reading YAML takes a tenth of a second.
    return protocol_from(document.encode())


def _made() -> Select[Any]:
    return (
        select(protocols, events.c.at, accounts.c.full_name)
        .join(events, events.c.id == protocols.c.event_id)
        .join(accounts, accounts.c.id == events.c.account_id)
    )


def _stored(row: Any) -> StoredProtocol:
    return StoredProtocol(
        row.id,
        row.study_id,
        row.version,
        row.document,
        row.document_sha256,
        row.content_sha256,
        row.supersedes,
        row.reason,
        datetime.fromisoformat(row.at),
        row.full_name,
    )


def _check_supersedes(before: StoredProtocol | None, supersedes: int | None, reason: str) -> None:
    if supersedes is not None and not reason.strip():
        raise ValueError("a protocol that supersedes another needs a reason")
    if supersedes == (before.id if before else None):
        return
    if before is None:
        raise ValueError(f"the study has no protocol {supersedes} to supersede")
    raise ValueError(
        f"protocol {before.id} counts, set by {before.set_by} at {before.set_at:%Y-%m-%d %H:%M} "
        "UTC; a new one must supersede that one and say why"
    )
