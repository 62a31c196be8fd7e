"""How an act is written: its rows, then its event, linked by hash to every event before it.

An event holds the sha256 of each row that its act wrote, and its own hash covers the hash of
the event before. To change, add or remove a row unseen one would have to rewrite every later
event; see `lesionscope.store.audit.AuditTrail.verify` for what that can and cannot show.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from lesionscope import __version__
from lesionscope.core.people import Reader
from lesionscope.store.tables import Row, events

GENESIS = "0" * 64
"""The hash that stands before the first event."""


def canonical_json(value: Any) -> str:
    """Write a document in the one form that is hashed.

    Parameters
    ----------
    value : object
        Plain JSON values.

    Returns
    -------
    str
        Keys sorted, no spaces, characters as they are.

    Raises
    ------
    ValueError
        If the value is not plain JSON; NaN and infinity are not.

    Examples
    --------
    >>> canonical_json({"b": 1.5, "a": None})
    '{"a":null,"b":1.5}'
    """
    try:
        written = json.dumps(
            value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        )
        written.encode()
    except (TypeError, ValueError) as error:
        raise ValueError(f"a document of the record must be plain JSON: {error}") from error
    return written


def sha256_of(data: bytes | str) -> str:
    """Return the sha256 of bytes, or of a text in UTF-8, in hex digits."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def row_sha256(row: Row) -> str:
    """Return the sha256 of one row of the record.

    Columns without a value are left out, so that a column which a later revision adds does
    not change what was recorded before it.

    Parameters
    ----------
    row : dict of str to int, str or None
        Every column of the row.

    Returns
    -------
    str
        64 hex digits.

    Examples
    --------
    >>> row_sha256({"id": 1, "label": "a"}) == row_sha256({"id": 1, "label": "a", "late": None})
    True
    """
    return sha256_of(canonical_json({k: v for k, v in row.items() if v is not None}))


def event_hash(before: str, event: Row) -> str:
    """Return the link of the chain for an event.

    Parameters
    ----------
    before : str
        Hash of the event before, or `GENESIS`.
    event : dict of str to int, str or None
        Every column of the event; its own ``hash`` is left out.

    Returns
    -------
    str
        64 hex digits.
    """
    content = {k: v for k, v in event.items() if k != "hash" and v is not None}
    return sha256_of(before + canonical_json(content))


def time_text(at: datetime) -> str:
    """Write a time as the record keeps it: UTC with microseconds.

    Examples
    --------
    >>> time_text(datetime(2026, 1, 2, tzinfo=UTC))
    '2026-01-02T00:00:00.000000+00:00'
    """
    return at.astimezone(UTC).isoformat(timespec="microseconds")


class Entry:
    """One act while it is written; its transaction is the caller's.

    Parameters
    ----------
    connection : Connection
        In a transaction that writes, of which there is one at a time: the next link needs the
        last one.
    at : datetime
        Time of the act.
    actor : Reader or None
        Who acts; None when nobody is signed in.
    """

    def __init__(self, connection: Connection, at: datetime, actor: Reader | None) -> None:
        newest = select(events.c.id, events.c.hash).order_by(events.c.id.desc()).limit(1)
        last = connection.execute(newest).one_or_none()
        self.connection = connection
        self.at = at
        self.actor = actor
        self.event_id: int = last.id + 1 if last else 1
        self._before: str = last.hash if last else GENESIS
        self._rows: dict[str, str] = {}
        self._concluded = False

    def append(self, table: Table, **values: int | str | None) -> int:
        """Write one row of the record.

        Parameters
        ----------
        table : Table
            One of `lesionscope.store.tables.ROW_TABLES`.
        **values : int, str or None
            Every column but ``id`` and ``event_id``.

        Returns
        -------
        int
            Number of the row.

        Raises
        ------
        ValueError
            If a text holds the NUL character, which not every database can keep.
        """
        if any("\0" in value for value in values.values() if isinstance(value, str)):
            raise ValueError("a text must not hold the NUL character; type it anew")
        row: Row = {**values, "event_id": self.event_id}
        written = self.connection.execute(insert(table).values(row)).inserted_primary_key
        assert written is not None
        row["id"] = int(written[0])
        self._rows[f"{table.name}:{row['id']}"] = row_sha256(row)
        return int(row["id"])

    def conclude(
        self, act: str, entity: str = "", entity_id: int | None = None, **detail: object
    ) -> None:
        """Write the event of the act, after its last row.

        Parameters
        ----------
        act : str
            What was done, such as ``"add patient"``.
        entity : str
            Kind of thing it was done to.
        entity_id : int or None
            Which one.
        **detail : object
            Plain JSON: old and new values, reasons, versions.
        """
        event: Row = {
            "id": self.event_id,
            "at": time_text(self.at),
            "account_id": self.actor.id if self.actor else None,
            "who": self.actor.name if self.actor else "",
            "role": self.actor.role.value if self.actor else "",
            "act": act,
            "entity": entity,
            "entity_id": entity_id,
            "detail": canonical_json(detail),
            "software": __version__,
            "rows": canonical_json(self._rows),
        }
        event["hash"] = event_hash(self._before, event)
        self.connection.execute(insert(events).values(event))
        self._concluded = True

    def check_concluded(self) -> None:
        """Refuse to end an act that wrote rows but no event.

        Raises
        ------
        RuntimeError
            If the code of the act forgot `conclude`.
        """
        if self._rows and not self._concluded:
            raise RuntimeError(f"an act wrote {', '.join(self._rows)} without its event")
