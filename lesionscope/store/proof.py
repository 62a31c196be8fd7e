"""Proving the record whole: its guards, its chain, its rows, its files, and what was signed."""

from __future__ import annotations

import heapq
import itertools
import json
import sys
from collections.abc import Iterator

from sqlalchemy import Connection, Table, text

from lesionscope.store.bindings import binding_faults
from lesionscope.store.chain import GENESIS, event_hash, row_sha256
from lesionscope.store.rows import Fault, rows_of
from lesionscope.store.tables import (
    RECORD_TABLES,
    ROW_TABLES,
    Row,
    events,
    measurement_files,
    photos,
)

_REFUSAL = "BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END"
"""Body of the function that the triggers of PostgreSQL call."""


def record_faults(connection: Connection) -> Iterator[Fault]:
    """Yield every broken link of the database, the kinds in the order in which they matter."""
    yield from _guard_faults(connection)
    yield from _chain_faults(connection)
    yield from _row_faults(connection)
    yield from binding_faults(connection)


def _guard_faults(connection: Connection) -> Iterator[Fault]:
    """Look for the triggers that keep the tables append-only."""
    if connection.dialect.name == "postgresql":
        yield from _postgresql_guard_faults(connection)
        return
    triggers = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    there = {row.name: " ".join(row.sql.split()) for row in connection.execute(triggers)}
    for table, verb in itertools.product(RECORD_TABLES, ("update", "delete")):
        name = f"{table.name}_no_{verb}"
        meant = (
            f"CREATE TRIGGER {name} BEFORE {verb.upper()} ON {table.name} "
            f"BEGIN SELECT RAISE(ABORT, '{table.name} is append-only'); END"
        )
        if there.get(name) != meant:
            what = "changed" if name in there else "removed"
            yield "guard", f"the trigger that refuses to {verb} {table.name} was {what}"


def _postgresql_guard_faults(connection: Connection) -> Iterator[Fault]:
    """Look for the trigger of each table, switched on, and for the function that refuses."""
    body = connection.scalar(text("SELECT prosrc FROM pg_proc WHERE proname = 'refuse_change'"))
    if " ".join((body or "").split()) != _REFUSAL:
        yield "guard", "the function that refuses to change the record was changed or removed"
    triggers = text(
        "SELECT tgname AS name, tgenabled AS state, pg_get_triggerdef(oid, true) AS sql "
        "FROM pg_trigger WHERE NOT tgisinternal"
    )
    there = {row.name: row for row in connection.execute(triggers)}
    for table in RECORD_TABLES:
        name = f"{table.name}_no_change"
        meant = (
            f"CREATE TRIGGER {name} BEFORE DELETE OR UPDATE OR TRUNCATE ON {table.name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        row = there.get(name)
        if row is None or row.sql != meant or row.state != "O":
            what = "removed" if row is None else "changed or switched off"
            yield "guard", f"the trigger that refuses to change {table.name} was {what}"


def _chain_faults(connection: Connection) -> Iterator[Fault]:
    before, expected = GENESIS, 1
    for event in rows_of(connection, events, "id"):
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


def _row_faults(connection: Connection) -> Iterator[Fault]:
    """Compare the rows of every event with the hashes that the event holds."""
    streams = [_named_rows(connection, table) for table in ROW_TABLES]
    merged = heapq.merge(*streams, key=lambda item: item[0])
    groups = itertools.groupby(merged, key=lambda item: item[0])
    group = next(groups, None)
    for event in rows_of(connection, events, "id"):
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
    for row in rows_of(connection, table, "event_id", "id"):
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


def kept_files(connection: Connection) -> dict[str, tuple[int, str]]:
    """Return the address of every file of the vault with its size and what it is."""
    kept: dict[str, tuple[int, str]] = {}
    for table in ROW_TABLES:
        for sha256, size in _addresses(table):
            for row in rows_of(connection, table, "id"):
                if row[sha256] is not None:
                    kept.setdefault(row[sha256], (row[size], _file_words(table, row)))
    return kept


def _addresses(table: Table) -> list[tuple[str, str]]:
    """Return the columns that hold the address and the size of a file, such as of a photo."""
    names = set(table.c.keys())
    pairs = [(name, name.removesuffix("sha256") + "size") for name in sorted(names)]
    return [(sha256, size) for sha256, size in pairs if sha256 != size and size in names]


def _file_words(table: Table, row: Row) -> str:
    if table is photos:
        return f"photo {row['id']} ({row['name']!r})"
    if table is measurement_files:
        return f"mask {row['key']!r} of measurement {row['measurement_id']}"
    return f"{table.name[:-1].replace('_', ' ')} {row['id']}"
