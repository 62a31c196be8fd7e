"""The first record: accounts, patients, visits, photos, measurements, readings, audit trail.

A revision is frozen once released: it names its tables itself and imports none of the
package's, which go on changing.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None
branch_labels = None
depends_on = None

RECORD = (
    "events",
    "accounts",
    "passwords",
    "patients",
    "visits",
    "photos",
    "assignments",
    "withdrawals",
    "measurements",
    "measurement_files",
    "drafts",
    "readings",
)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _integer(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=null)


def _of(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}")


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=f"uq_{table}_{'_'.join(columns)}")


def _record_table(name: str, *items: Any, indexes: tuple[tuple[str, ...], ...] = ()) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        *[item for item in items if isinstance(item, sa.Column)],
        _integer("event_id"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        *[item for item in items if not isinstance(item, sa.Column)],
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["events.id"],
            name=f"fk_{name}_event_id",
            deferrable=True,
            initially="DEFERRED",
        ),
        sqlite_autoincrement=True,
    )
    for columns in (("event_id",), *indexes):
        op.create_index(f"ix_{name}_{'_'.join(columns)}", name, list(columns))


def _create_events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        _text("at"),
        _integer("account_id", null=True),
        *[_text(name) for name in ("who", "role", "act", "entity")],
        _integer("entity_id", null=True),
        *[_text(name) for name in ("detail", "software", "rows", "hash")],
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_entity", "events", ["entity"])
    op.create_index("ix_events_entity_entity_id", "events", ["entity", "entity_id"])


def _create_people() -> None:
    _record_table(
        "accounts",
        *[_text(name) for name in ("name", "name_key", "full_name", "role")],
        _unique("accounts", "name_key"),
    )
    _record_table(
        "passwords",
        _integer("account_id"),
        _text("hash"),
        _of("passwords", "account_id", "accounts"),
        indexes=(("account_id",),),
    )
    _record_table(
        "patients", _text("pseudonym"), _text("pseudonym_key"), _unique("patients", "pseudonym_key")
    )
    _record_table(
        "visits",
        _integer("patient_id"),
        _text("day"),
        _text("label"),
        _of("visits", "patient_id", "patients"),
        _unique("visits", "patient_id", "day", "label"),
    )


def _create_photos() -> None:
    _record_table(
        "photos",
        _integer("visit_id"),
        _text("sha256"),
        _integer("size"),
        _text("name"),
        _of("photos", "visit_id", "visits"),
        indexes=(("visit_id",),),
    )
    _record_table(
        "assignments",
        _integer("photo_id"),
        *[_text(name) for name in ("view", "site", "side")],
        _of("assignments", "photo_id", "photos"),
        indexes=(("photo_id",),),
    )
    _record_table(
        "withdrawals",
        _integer("photo_id"),
        _text("reason"),
        _of("withdrawals", "photo_id", "photos"),
        _unique("withdrawals", "photo_id"),
    )


def _create_measurements() -> None:
    _record_table(
        "measurements",
        _integer("photo_id"),
        *[_text(name) for name in ("drawn_by", "document", "document_sha256")],
        _of("measurements", "photo_id", "photos"),
        indexes=(("photo_id",),),
    )
    _record_table(
        "measurement_files",
        _integer("measurement_id"),
        _text("key"),
        _text("sha256"),
        _integer("size"),
        _of("measurement_files", "measurement_id", "measurements"),
        _unique("measurement_files", "measurement_id", "key"),
    )


def _create_readings() -> None:
    _record_table(
        "drafts",
        _integer("visit_id"),
        _integer("account_id"),
        _text("content"),
        _of("drafts", "visit_id", "visits"),
        _of("drafts", "account_id", "accounts"),
        indexes=(("visit_id", "account_id"),),
    )
    _record_table(
        "readings",
        _integer("visit_id"),
        _integer("account_id"),
        _integer("supersedes", null=True),
        _text("content"),
        _text("content_sha256"),
        _of("readings", "visit_id", "visits"),
        _of("readings", "account_id", "accounts"),
        _of("readings", "supersedes", "readings"),
        _unique("readings", "supersedes"),
        indexes=(("visit_id",),),
    )


def _create_sign_in() -> None:
    op.create_table(
        "sign_in_tries",
        _text("name_sha256"),
        _integer("tries"),
        _text("last_at"),
        sa.PrimaryKeyConstraint("name_sha256", name="pk_sign_in_tries"),
    )
    op.create_table(
        "sessions",
        _text("token_sha256"),
        _integer("account_id"),
        _text("opened_at"),
        _text("used_at"),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_sessions"),
        _of("sessions", "account_id", "accounts"),
    )
    op.create_index("ix_sessions_account_id", "sessions", ["account_id"])


def _guard_sqlite(table: str) -> None:
    for verb in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _guard_postgresql(table: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _guard_record() -> None:
    """Have the database itself refuse to change or delete what was recorded."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
        for table in RECORD:
            _guard_postgresql(table)
        return
    for table in RECORD:
        _guard_sqlite(table)


def upgrade() -> None:
    """Create every table, then the triggers that keep the record append-only."""
    _create_events()
    _create_people()
    _create_photos()
    _create_measurements()
    _create_readings()
    _create_sign_in()
    _guard_record()
