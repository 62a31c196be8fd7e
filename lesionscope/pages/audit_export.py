"""The audit trail to take away as CSV: made when it is asked for, and then in the trail itself."""

from __future__ import annotations

import hashlib
import json

from lesionscope.core.people import Reader
from lesionscope.exchange.csv_table import csv_table
from lesionscope.pages import session
from lesionscope.store.audit import EventFilter
from lesionscope.store.entries import Event

COLUMNS = (
    "number",
    "utc",
    "who",
    "role",
    "act",
    "entity",
    "entity_id",
    "detail",
    "software",
    "sha256",
)
"""Of the exported file."""


def detail_text(event: Event) -> str:
    """Write the detail of an event in one line."""
    return json.dumps(dict(event.detail), ensure_ascii=False)


def exported(reader: Reader, only: EventFilter) -> bytes:
    """Make the CSV of every event that is asked for; its export is then in the trail."""
    store = session.store()
    rows = [
        (
            event.id,
            event.at.isoformat(),
            event.who,
            event.role,
            event.act,
            event.entity,
            event.entity_id,
            detail_text(event),
            event.software,
            event.hash,
        )
        for event in store.events(reader, limit=None, only=only)
    ]
    table = csv_table(COLUMNS, rows)
    what = f"audit trail, {len(rows)} events: {only.describe()}"
    store.record_export(reader, what, sha256=hashlib.sha256(table).hexdigest())
    return table
