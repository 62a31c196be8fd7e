"""The tables of the record, and beside them the two that are not part of it.

Every row of the record is written once, by one act, and names the event of that act; who wrote
it and when stand in the event. The state of sign-in (wrong tries, open sessions) changes and is
no record of anything, so it lies apart.

Only integers and text are stored: times are ISO 8601 in UTC with microseconds, days are ISO
dates, documents are canonical JSON, decimals are text as Python writes them. What is read back
is then exactly what was hashed.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint
from sqlalchemy.schema import SchemaItem

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _text(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, Text, nullable=null)


def _of(table: str, *, null: bool = False) -> Column[int]:
    """Refer to a row of another table of the record."""
    return Column(f"{table[:-1]}_id", Integer, ForeignKey(f"{table}.id"), nullable=null)


def _record_table(name: str, *items: SchemaItem) -> Table:
    # The event is written last, when the rows of its act are known: hence the deferred key.
    event = Column(
        "event_id",
        Integer,
        ForeignKey("events.id", deferrable=True, initially="DEFERRED"),
        nullable=False,
    )
    # AUTOINCREMENT: a number is never given twice, whatever becomes of its row.
    return Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True),
        *items,
        event,
        Index(None, "event_id"),
        sqlite_autoincrement=True,
    )


events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    _text("at"),
    Column("account_id", Integer, nullable=True),
    _text("who"),
    _text("role"),
    _text("act"),
    _text("entity"),
    Column("entity_id", Integer, nullable=True),
    _text("detail"),
    _text("software"),
    _text("rows"),
    _text("hash"),
    Index(None, "entity"),
    Index(None, "entity", "entity_id"),
    sqlite_autoincrement=True,
)
"""The audit trail: `rows` has the sha256 of each row of the act, `hash` is the link."""

accounts = _record_table(
    "accounts",
    _text("name"),
    _text("name_key"),
    _text("full_name"),
    _text("role"),
    UniqueConstraint("name_key"),
)
passwords = _record_table("passwords", _of("accounts"), _text("hash"), Index(None, "account_id"))
"""Argon2id hashes; the newest of an account counts."""

patients = _record_table(
    "patients", _text("pseudonym"), _text("pseudonym_key"), UniqueConstraint("pseudonym_key")
)
visits = _record_table(
    "visits",
    _of("patients"),
    _text("day"),
    _text("label"),
    UniqueConstraint("patient_id", "day", "label"),
)
body_sizes = _record_table(
    "body_sizes",
    _of("patients"),
    _of("visits", null=True),
    _text("height_cm"),
    _text("weight_kg"),
    _text("sex", null=True),
    Index(None, "patient_id"),
)
"""Heights and weights; of those dated alike, by visit or by event, the newest counts."""

handprints = _record_table(
    "handprints",
    _of("patients"),
    _text("cm2"),
    _text("sd_of_log"),
    _text("photo_sha256", null=True),
    _text("reason"),
    Index(None, "patient_id"),
)
"""Areas of a patient's own hand; the newest counts whose photo, if any, was not withdrawn."""

photos = _record_table(
    "photos",
    _of("visits"),
    _text("sha256"),
    Column("size", Integer, nullable=False),
    _text("name"),
    Index(None, "visit_id"),
)
assignments = _record_table(
    "assignments",
    _of("photos"),
    _text("view"),
    _text("site"),
    _text("side"),
    Index(None, "photo_id"),
)
"""What each photo shows; the newest of a photo counts."""

withdrawals = _record_table(
    "withdrawals", _of("photos"), _text("reason"), UniqueConstraint("photo_id")
)
measurements = _record_table(
    "measurements",
    _of("photos"),
    _text("drawn_by"),
    _text("document"),
    _text("document_sha256"),
    Index(None, "photo_id"),
)
measurement_files = _record_table(
    "measurement_files",
    _of("measurements"),
    _text("key"),
    _text("sha256"),
    Column("size", Integer, nullable=False),
    UniqueConstraint("measurement_id", "key"),
)
drafts = _record_table(
    "drafts",
    _of("visits"),
    _of("accounts"),
    _text("content"),
    Index(None, "visit_id", "account_id"),
)
readings = _record_table(
    "readings",
    _of("visits"),
    _of("accounts"),
    Column("supersedes", Integer, ForeignKey("readings.id"), nullable=True),
    _text("content"),
    _text("content_sha256"),
    UniqueConstraint("supersedes"),
    Index(None, "visit_id"),
)
"""Signed readings: `content` is everything that was signed."""

ROW_TABLES: tuple[Table, ...] = (
    accounts,
    passwords,
    patients,
    visits,
    body_sizes,
    handprints,
    photos,
    assignments,
    withdrawals,
    measurements,
    measurement_files,
    drafts,
    readings,
)
"""The record without its trail: every row belongs to the event of the act that wrote it."""

RECORD_TABLES: tuple[Table, ...] = (events, *ROW_TABLES)
"""Every table that refuses UPDATE and DELETE."""

sign_in_tries = Table(
    "sign_in_tries",
    metadata,
    Column("name_sha256", Text, primary_key=True),
    Column("tries", Integer, nullable=False),
    _text("last_at"),
)
"""Wrong tries per name, known or not; the name itself may be a mistyped password, so its hash."""

sessions = Table(
    "sessions",
    metadata,
    Column("token_sha256", Text, primary_key=True),
    _of("accounts"),
    _text("opened_at"),
    _text("used_at"),
    Index(None, "account_id"),
)
"""Open sessions; the token itself is never stored."""

Row = dict[str, Any]
"""Column name to value, integers and text."""
