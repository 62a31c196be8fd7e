"""The audit trail: reading it, and proving that nothing of the record was changed since."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Select, func, select
from sqlalchemy.exc import DatabaseError

from lesionscope.core.people import Act, Reader
from lesionscope.store.chain import time_text
from lesionscope.store.entries import Event
from lesionscope.store.heads import Heads
from lesionscope.store.proof import kept_files, record_faults
from lesionscope.store.tables import Row, events


@dataclass(frozen=True)
class EventFilter:
    """Which events to show; what is None or empty is not asked for.

    Attributes
    ----------
    who : str
        Name of the account that acted.
    act : str
        What was done, such as ``"sign reading"``.
    entity : str
        Kind of thing that it was done to, such as ``"photo"``.
    entity_id : int or None
        Which one.
    first, last : date or None
        Days in UTC, both included.
    """

    who: str = ""
    act: str = ""
    entity: str = ""
    entity_id: int | None = None
    first: date | None = None
    last: date | None = None

    def describe(self) -> str:
        """Say in words what is asked for.

        Examples
        --------
        >>> EventFilter(who="ana", first=date(2026, 3, 1)).describe()
        'who ana, from 2026-03-01'
        """
        parts = (
            ("who", self.who),
            ("act", self.act),
            ("on", f"{self.entity} {self.entity_id or ''}".strip()),
            ("from", self.first),
            ("to", self.last),
        )
        return ", ".join(f"{name} {value}" for name, value in parts if value) or "every event"


@dataclass(frozen=True)
class EventChoices:
    """What the events of the record can be asked for.

    Attributes
    ----------
    who, acts, entities : tuple of str
        In the order of the alphabet.
    """

    who: tuple[str, ...]
    acts: tuple[str, ...]
    entities: tuple[str, ...]


class AuditTrail(Heads):
    """The audit trail of the store."""

    def events(
        self,
        by: Reader,
        *,
        limit: int | None = 200,
        entity: str | None = None,
        entity_id: int | None = None,
        only: EventFilter | None = None,
    ) -> list[Event]:
        """Return events, newest first.

        Parameters
        ----------
        by : Reader
            Who asks.
        limit : int or None
            At most so many; None for all.
        entity : str or None
            Only those about this kind of thing, such as ``"photo"``.
        entity_id : int or None
            Only those about the thing with this number.
        only : EventFilter or None
            Only those that it asks for, too.

        Returns
        -------
        list of Event

        Raises
        ------
        NotAllowed
            If `by` may not read the audit trail.
        """
        found = _filtered(select(events), only or EventFilter())
        found = _filtered(found, EventFilter(entity=entity or "", entity_id=entity_id))
        found = found.order_by(events.c.id.desc()).limit(limit)
        with self._reading(by, Act.READ_AUDIT) as connection:
            return [_event_of(dict(row)) for row in connection.execute(found).mappings()]

    def count_events(self, by: Reader, only: EventFilter) -> int:
        """Return how many events a filter asks for.

        Raises
        ------
        NotAllowed
            If `by` may not read the audit trail.
        """
        with self._reading(by, Act.READ_AUDIT) as connection:
            counted = _filtered(select(func.count()).select_from(events), only)
            return int(connection.execute(counted).scalar_one())

    def event_choices(self, by: Reader) -> EventChoices:
        """Return who acted in this record, which acts there were, and on what.

        Raises
        ------
        NotAllowed
            If `by` may not read the audit trail.
        """
        with self._reading(by, Act.READ_AUDIT) as connection:
            columns = (events.c.who, events.c.act, events.c.entity)
            return EventChoices(*(_values(connection, column) for column in columns))

    def verify(self) -> list[str]:
        """Prove the record whole, or name the first broken link of each kind.

        It walks the hash chain of the events, compares every row with the hash in its event,
        every file of the vault with its sha256, and every signed document with the hash of what
        was signed and the hashes of all that it names. Who can write to the database file and
        knows this software can forge the whole chain anew, or cut its end off; only a chain head
        kept elsewhere shows that, see `head_fault`.

        Returns
        -------
        list of str
            Empty when all is whole.
        """
        first: dict[str, str] = {}
        kept: dict[str, tuple[int, str]] = {}
        try:
            with self._reading(None, None) as connection:
                for kind, sentence in record_faults(connection):
                    first.setdefault(kind, sentence)
                kept = kept_files(connection)
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


def _filtered(found: Select[Any], only: EventFilter) -> Select[Any]:
    equal = {"who": only.who, "act": only.act, "entity": only.entity, "entity_id": only.entity_id}
    for column, value in equal.items():
        if value not in ("", None):
            found = found.where(events.c[column] == value)
    if only.first is not None:
        found = found.where(events.c.at >= _midnight(only.first))
    if only.last is not None:
        found = found.where(events.c.at < _midnight(only.last + timedelta(days=1)))
    return found


def _values(connection: Connection, column: Column[str]) -> tuple[str, ...]:
    """Return the values of an indexed column; DISTINCT would read every row of the table."""
    found: list[str] = []
    while True:
        after = found[-1] if found else ""
        value = connection.scalar(select(func.min(column)).where(column > after))
        if value is None:
            return tuple(found)
        found.append(value)


def _midnight(day: date) -> str:
    return time_text(datetime.combine(day, time(), UTC))


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
