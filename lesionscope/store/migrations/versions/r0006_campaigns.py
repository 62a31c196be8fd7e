"""Photos released for blinded reading, and read campaigns.

A revision is frozen once released: it names its tables itself and imports none of the
package's, which go on changing.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "r0006"
down_revision = "r0005"
branch_labels = None
depends_on = None


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=null)


def _of(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}")


def _once(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=f"uq_{table}_{'_'.join(columns)}")


def _record_table(name: str, *items: Any, found_by: tuple[str, ...] = ()) -> None:
    keys = [item for item in items if isinstance(item, sa.Constraint)]
    op.create_table(
        name,
        _number("id"),
        *[item for item in items if isinstance(item, sa.Column)],
        _number("event_id"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        *keys,
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["events.id"],
            name=f"fk_{name}_event_id",
            deferrable=True,
            initially="DEFERRED",
        ),
        sqlite_autoincrement=True,
    )
    for column in ("event_id", *found_by):
        op.create_index(f"ix_{name}_{column}", name, [column])
    _guard(name)


def _guard(table: str) -> None:
    """Have the database itself refuse to change or delete what was recorded."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for verb in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def upgrade() -> None:
    """Create the tables and the triggers that keep them append-only."""
    _create_releases_and_campaigns()
    _create_reads()
    _create_queries()


def _create_releases_and_campaigns() -> None:
    _record_table(
        "releases",
        _number("photo_id"),
        _number("released"),
        _text("view_sha256", null=True),
        _number("view_size", null=True),
        _text("masks"),
        _text("reason"),
        _of("releases", "photo_id", "photos"),
        found_by=("photo_id",),
    )
    _record_table("campaigns", _text("code"), _text("content"), _text("content_sha256"))
    _record_table(
        "cases",
        _number("campaign_id"),
        _number("visit_id"),
        _number("number"),
        _text("content"),
        _of("cases", "campaign_id", "campaigns"),
        _of("cases", "visit_id", "visits"),
        _once("cases", "campaign_id", "number"),
    )


def _create_reads() -> None:
    _record_table(
        "case_slots",
        _number("case_id"),
        _number("account_id"),
        _text("code"),
        _number("place"),
        _number("repeat"),
        _number("settles"),
        _number("swapped"),
        _of("case_slots", "case_id", "cases"),
        _of("case_slots", "account_id", "accounts"),
        _once("case_slots", "code"),
        found_by=("case_id", "account_id"),
    )
    _record_table(
        "case_drafts",
        _number("case_slot_id"),
        _text("content"),
        _of("case_drafts", "case_slot_id", "case_slots"),
        found_by=("case_slot_id",),
    )
    _record_table(
        "case_reads",
        _number("case_slot_id"),
        _number("supersedes", null=True),
        _text("content"),
        _text("content_sha256"),
        _of("case_reads", "case_slot_id", "case_slots"),
        _of("case_reads", "supersedes", "case_reads"),
        _once("case_reads", "supersedes"),
        found_by=("case_slot_id",),
    )
    _record_table(
        "case_unlocks",
        _number("case_read_id"),
        _text("step"),
        _text("words"),
        _of("case_unlocks", "case_read_id", "case_reads"),
        found_by=("case_read_id",),
    )


def _create_queries() -> None:
    _record_table(
        "queries",
        _number("case_slot_id"),
        _text("words"),
        _of("queries", "case_slot_id", "case_slots"),
        found_by=("case_slot_id",),
    )
    _record_table(
        "query_steps",
        _number("query_id"),
        _text("step"),
        _text("words"),
        _of("query_steps", "query_id", "queries"),
        found_by=("query_id",),
    )
