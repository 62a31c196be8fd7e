"""The audit trail: reading it, and proving that nothing of the record was changed since."""

from __future__ import annotations

import heapq
import itertools
import json
import sys
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, Table, select, text
from sqlalchemy.exc import DatabaseError

from lesionscope.core.people import Act, Reader
from lesionscope.store.chain import GENESIS, event_hash, row_sha256, sha256_of
from lesionscope.store.entries import Event
from lesionscope.store.record import Record
from lesionscope.store.tables import (
    RECORD_TABLES,
    ROW_TABLES,
    Row,
    events,
    measurement_files,
    measurements,
    photos,
    readings,
)

Fault = tuple[str, str]
"""Kind of a broken link, and the sentence that names it."""


class AuditTrail(Record):
    """The audit trail of the store."""

    def events(
        self,
        by: Reader,
        *,
        limit: int = 200,
        entity: str | None = None,
        entity_id: int | None = None,
    ) -> list[Event]:
        """Return events, newest first.

        Parameters
        ----------
        by : Reader
            Who asks.
        limit : int
            At most so many.
        entity : str or None
            Only those about this kind of thing, such as ``"photo"``.
        entity_id : int or None
            Only those about the thing with this number.

        Returns
        -------
        list of Event

        Raises
        ------
        NotAllowed
            If `by` may not read the audit trail.
        """
        found = select(events).order_by(events.c.id.desc()).limit(limit)
        if entity is not None:
            found = found.where(events.c.entity == entity)
        if entity_id is not None:
            found = found.where(events.c.entity_id == entity_id)
        with self._reading(by, Act.READ_AUDIT) as connection:
            return [_event_of(dict(row)) for row in connection.execute(found).mappings()]

    def verify(self) -> list[str]:
        """Prove the record whole, or name the first broken link of each kind.

        It walks the hash chain of the events, compares every row with the hash in its event,
        every file of the vault with its sha256, and every reading with the hash of what was
        signed. Who can write to the database file and knows this software can forge the whole
        chain anew, or cut its end off; only a chain head kept elsewhere shows that.

        Returns
        -------
        list of str
            Empty when all is whole.
        """
        first: dict[str, str] = {}
        kept: dict[str, tuple[int, str]] = {}
        try:
            with self._reading(None, None) as connection:
                for kind, sentence in _record_faults(connection):
                    first.setdefault(kind, sentence)
                kept = _kept_files(connection)
        except DatabaseError as error:
            first["database"] = f"the database cannot be read to its end: {error.orig}"
        for sha256, (size, what) in kept.items():
            fault = self._file_fault(sha256, size)
            if fault:
                first.setdefault("vault", f"{what}: its file in the vault {fault}")
        return list(first.values())

    def _file_fault(self, sha256: str, size: int) -> str:
        try:
            return self._vault.fault(sha256, size)
        except (TypeError, ValueError) as error:  # a forged address
            return f"cannot be found: {error}"
        except OSError as error:
            return f"cannot be read: {error}"


def _event_of(row: Row) -> Event:
    return Event(
        row["id"],
        datetime.fromisoformat(row["at"]),
        row["who"],
        row["role"],
        row["act"],
        row["entity"],
        row["entity_id"],
        json.loads(row["detail"]),
        row["software"],
        row["hash"],
    )


def _record_faults(connection: Connection) -> Iterator[Fault]:
    yield from _guard_faults(connection)
    yield from _chain_faults(connection)
    yield from _row_faults(connection)
    yield from _reading_faults(connection)


def _guard_faults(connection: Connection) -> Iterator[Fault]:
    """Look for the triggers that keep the tables append-only."""
    if connection.dialect.name != "sqlite":
        return
    there = set(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")))
    for table in RECORD_TABLES:
        for verb in ("update", "delete"):
            if f"{table.name}_no_{verb}" not in there:
                yield "guard", f"the trigger that refuses to {verb} {table.name} was removed"


def _chain_faults(connection: Connection) -> Iterator[Fault]:
    before, expected = GENESIS, 1
    for event in _rows(connection, events, "id"):
        if event["id"] != expected:
            yield "events", f"event {expected} is missing: the next one there is {event['id']}"
        elif _hash(event, before) != event["hash"]:
            yield "events", f"event {event['id']} of {event['at']} does not fit the hash chain"
        before, expected = str(event["hash"]), event["id"] + 1
    if connection.dialect.name == "sqlite":
        counter = text("SELECT seq FROM sqlite_sequence WHERE name = 'events'")
        given = connection.scalar(counter) or 0
        if given != expected - 1:
            yield "events", f"event {expected} is missing: numbers up to {given} were given"


def _hash(row: Row, before: str | None = None) -> str:
    """Return the hash of a row or event; a forged value that no row can have gives none."""
    try:
        return row_sha256(row) if before is None else event_hash(before, row)
    except ValueError:
        return ""


def _rows(connection: Connection, table: Table, *order: str) -> Iterator[Row]:
    found = select(table).order_by(*[table.c[name] for name in order])
    # A record outgrows memory; a thousand rows at a time do not.
    result = connection.execute(found.execution_options(yield_per=1000))
    return (dict(row) for row in result.mappings())


def _row_faults(connection: Connection) -> Iterator[Fault]:
    """Compare the rows of every event with the hashes that the event holds."""
    streams = [_named_rows(connection, table) for table in ROW_TABLES]
    merged = heapq.merge(*streams, key=lambda item: item[0])
    groups = itertools.groupby(merged, key=lambda item: item[0])
    group = next(groups, None)
    for event in _rows(connection, events, "id"):
        while group is not None and group[0] < event["id"]:
            yield from _unrecorded(name for _, name, _ in group[1])
            group = next(groups, None)
        found: dict[str, Row] = {}
        if group is not None and group[0] == event["id"]:
            found = {name: row for _, name, row in group[1]}
            group = next(groups, None)
        yield from _compare(event, found)
    while group is not None:
        yield from _unrecorded(name for _, name, _ in group[1])
        group = next(groups, None)


def _named_rows(connection: Connection, table: Table) -> Iterator[tuple[int, str, Row]]:
    """Yield the event, the name and the content of each row, by event."""
    for row in _rows(connection, table, "event_id", "id"):
        event_id = row["event_id"]
        # SQLite stores what it is given and sorts text after numbers: a forged value comes last.
        last = sys.maxsize
        yield event_id if isinstance(event_id, int) else last, f"{table.name}:{row['id']}", row


def _compare(event: Row, found: dict[str, Row]) -> Iterator[Fault]:
    try:
        written: dict[str, str] = dict(json.loads(event["rows"]))
    except (TypeError, ValueError):
        return  # the event itself was forged, which breaks the chain
    where = f"event {event['id']} ({event['act']} of {event['at']})"
    for name, sha256 in written.items():
        table, _, number = name.partition(":")
        if name not in found:
            yield f"{table} missing", f"{table} row {number} of {where} is missing"
        elif _hash(found[name]) != sha256:
            yield f"{table} changed", f"{table} row {number} was changed after {where}"
    for name in found.keys() - written.keys():
        table, _, number = name.partition(":")
        yield f"{table} added", f"{table} row {number} is not among the rows of {where}"


def _unrecorded(names: Iterator[str]) -> Iterator[Fault]:
    for name in names:
        table, _, number = name.partition(":")
        yield f"{table} added", f"{table} row {number} has no event in the audit trail"


def _reading_faults(connection: Connection) -> Iterator[Fault]:
    """Compare every reading, and the documents that it rests on, with what was signed."""
    documents = {
        row["id"]: sha256_of(str(row["document"])) for row in _rows(connection, measurements, "id")
    }
    for row in _rows(connection, readings, "id"):
        if sha256_of(str(row["content"])) != row["content_sha256"]:
            yield "reading", f"reading {row['id']} is not what was signed: its hash does not match"
            continue
        for measurement_id, sha256 in _signed_documents(row):
            if documents.get(measurement_id) != sha256:
                yield (
                    "signed measurement",
                    f"reading {row['id']} was signed on measurement {measurement_id}, "
                    "whose document is not the same any more",
                )


def _signed_documents(reading: Row) -> list[tuple[int, str]]:
    try:
        signed = json.loads(reading["content"])["measurements"]
        return [(m["id"], m["document_sha256"]) for m in signed]
    except (KeyError, TypeError, ValueError):
        return []  # forged together with its hash: its event does not match it either


def _kept_files(connection: Connection) -> dict[str, tuple[int, str]]:
    """Return the address of every file of the vault with its size and what it is."""
    kept: dict[str, tuple[int, str]] = {}
    for row in _rows(connection, photos, "id"):
        kept.setdefault(row["sha256"], (row["size"], f"photo {row['id']} ({row['name']!r})"))
    for row in _rows(connection, measurement_files, "id"):
        what = f"mask {row['key']!r} of measurement {row['measurement_id']}"
        kept.setdefault(row["sha256"], (row["size"], what))
    return kept
