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
    Index(None, "who"),
    Index(None, "act"),
    Index(None, "at"),
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

temporary_passwords = _record_table(
    "temporary_passwords", _of("passwords"), UniqueConstraint("password_id")
)
"""Passwords that the owner set: the person must choose another before doing anything."""

account_states = _record_table(
    "account_states", _of("accounts"), _text("state"), _text("reason"), Index(None, "account_id")
)
"""Accounts closed and opened again; the newest counts, and an account without one is open."""

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

forms = _record_table(
    "forms",
    _of("visits"),
    _of("accounts"),
    Column("supersedes", Integer, ForeignKey("forms.id"), nullable=True),
    _text("instrument"),
    _text("content"),
    _text("content_sha256"),
    UniqueConstraint("supersedes"),
    Index(None, "visit_id"),
)
"""Signed forms of the instruments beside CDASI: `content` is everything that was signed."""

form_drafts = _record_table(
    "form_drafts",
    _of("visits"),
    _of("accounts"),
    _text("instrument"),
    _text("content"),
    Index(None, "visit_id", "account_id"),
)
"""Unsigned forms, each version appended; the newest of a reader, visit and instrument counts."""

countersignatures = _record_table(
    "countersignatures",
    _text("kind"),
    Column("entity_id", Integer, nullable=False),
    _of("accounts"),
    _text("content"),
    _text("content_sha256"),
    Index(None, "kind", "entity_id"),
)
"""Reviews and approvals of what was signed, which `content` names by its hash."""

unlock_requests = _record_table(
    "unlock_requests",
    _text("kind"),
    Column("entity_id", Integer, nullable=False),
    _of("accounts"),
    _text("content"),
    _text("content_sha256"),
    Index(None, "kind", "entity_id"),
)
unlock_answers = _record_table(
    "unlock_answers",
    _of("unlock_requests"),
    _of("accounts"),
    _text("state"),
    _text("content"),
    _text("content_sha256"),
    UniqueConstraint("unlock_request_id"),
)
"""What a second person answered to a request to unlock."""

protocols = _record_table(
    "protocols",
    _text("study_id"),
    _text("version"),
    _text("document"),
    _text("document_sha256"),
    _text("content_sha256"),
    Column("supersedes", Integer, ForeignKey("protocols.id"), nullable=True),
    _text("reason"),
    UniqueConstraint("supersedes"),
)
"""Protocols of the study, each the file as it came; the newest counts."""

visit_plans = _record_table(
    "visit_plans",
    _of("visits"),
    _text("planned", null=True),
    _text("reason"),
    Index(None, "visit_id"),
)
"""Which planned visit a visit is, as a person said; the newest of a visit counts, and one without
a planned visit leaves the question to name and day again."""

person_checks = _record_table(
    "person_checks",
    _of("patients"),
    _of("protocols"),
    _text("criterion"),
    _text("wording"),
    _text("answer"),
    _text("reason"),
    Index(None, "patient_id"),
)
"""Eligibility criteria that a person answered; the newest of a patient and criterion counts."""

ages = _record_table(
    "ages",
    _of("patients"),
    Column("years", Integer, nullable=False),
    _text("reason"),
    Index(None, "patient_id"),
)
"""Completed years at screening; the newest counts. No date of birth is kept."""

patient_events = _record_table(
    "patient_events",
    _of("patients"),
    _text("day"),
    _text("kind"),
    _text("words"),
    Index(None, "patient_id"),
)
patient_event_withdrawals = _record_table(
    "patient_event_withdrawals",
    _of("patient_events"),
    _text("reason"),
    UniqueConstraint("patient_event_id"),
)

releases = _record_table(
    "releases",
    _of("photos"),
    Column("released", Integer, nullable=False),
    _text("view_sha256", null=True),
    Column("view_size", Integer, nullable=True),
    _text("masks"),
    _text("reason"),
    Index(None, "photo_id"),
)
"""Photos released for blinded reading, with the picture that may be shown; the newest counts."""

campaigns = _record_table("campaigns", _text("code"), _text("content"), _text("content_sha256"))
campaign_steps = _record_table(
    "campaign_steps",
    _of("campaigns"),
    _text("standing"),
    _text("words"),
    Index(None, "campaign_id"),
)
"""Pauses, resumptions and early ends of campaigns; the newest counts."""

cases = _record_table(
    "cases",
    _of("campaigns"),
    _of("visits"),
    Column("number", Integer, nullable=False),
    _text("content"),
    UniqueConstraint("campaign_id", "number"),
)
case_slots = _record_table(
    "case_slots",
    _of("cases"),
    _of("accounts"),
    _text("code"),
    Column("place", Integer, nullable=False),
    Column("repeat", Integer, nullable=False),
    Column("settles", Integer, nullable=False),
    Column("swapped", Integer, nullable=False),
    UniqueConstraint("code"),
    Index(None, "case_id"),
    Index(None, "account_id"),
)
"""One showing of a case to one reader, under a code that nobody else knows the case by."""

case_drafts = _record_table(
    "case_drafts", _of("case_slots"), _text("content"), Index(None, "case_slot_id")
)
case_reads = _record_table(
    "case_reads",
    _of("case_slots"),
    Column("supersedes", Integer, ForeignKey("case_reads.id"), nullable=True),
    _text("content"),
    _text("content_sha256"),
    UniqueConstraint("supersedes"),
    Index(None, "case_slot_id"),
)
"""Locked reads: `content` is everything that was signed; the newest of a slot counts."""

case_unlocks = _record_table(
    "case_unlocks", _of("case_reads"), _text("step"), _text("words"), Index(None, "case_read_id")
)
"""Requests to unlock a locked read, and what a second person answered; the newest counts."""

queries = _record_table("queries", _of("case_slots"), _text("words"), Index(None, "case_slot_id"))
query_steps = _record_table(
    "query_steps",
    Column("query_id", Integer, ForeignKey("queries.id"), nullable=False),
    _text("step"),
    _text("words"),
    Index(None, "query_id"),
)
"""Answers, closings and re-openings of a query to the site; the newest is its state."""

imported_scores = _record_table(
    "imported_scores",
    _of("visits"),
    _text("instrument"),
    _text("item"),
    _text("value"),
    _text("rater"),
    Column("line", Integer, nullable=False),
    Index(None, "visit_id"),
)
"""Scores that came in from a file, signed elsewhere; the newest of a visit and item counts."""

ROW_TABLES: tuple[Table, ...] = (
    accounts,
    passwords,
    temporary_passwords,
    account_states,
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
    forms,
    form_drafts,
    countersignatures,
    unlock_requests,
    unlock_answers,
    protocols,
    visit_plans,
    person_checks,
    ages,
    patient_events,
    patient_event_withdrawals,
    releases,
    campaigns,
    campaign_steps,
    cases,
    case_slots,
    case_drafts,
    case_reads,
    case_unlocks,
    queries,
    query_steps,
    imported_scores,
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
