"""Accounts closed and opened, passwords to be changed, countersignatures, unlocks.

A revision is frozen once released: it names its tables itself and imports none of the
package's, which go on changing.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "r0005"
down_revision = "r0004"
branch_labels = None
depends_on = None

TABLES = (
    "account_states",
    "temporary_passwords",
    "countersignatures",
    "unlock_requests",
    "unlock_answers",
)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _integer(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _of(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}")


def _unique(table: str, column: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(column, name=f"uq_{table}_{column}")


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


def _create_accounts() -> None:
    _record_table(
        "account_states",
        _integer("account_id"),
        _text("state"),
        _text("reason"),
        _of("account_states", "account_id", "accounts"),
        indexes=(("account_id",),),
    )
    _record_table(
        "temporary_passwords",
        _integer("password_id"),
        _of("temporary_passwords", "password_id", "passwords"),
        _unique("temporary_passwords", "password_id"),
    )


def _create_signatures() -> None:
    for name in ("countersignatures", "unlock_requests"):
        _record_table(
            name,
            _text("kind"),
            _integer("entity_id"),
            _integer("account_id"),
            _text("content"),
            _text("content_sha256"),
            _of(name, "account_id", "accounts"),
            indexes=(("kind", "entity_id"),),
        )
    _record_table(
        "unlock_answers",
        _integer("unlock_request_id"),
        _integer("account_id"),
        _text("state"),
        _text("content"),
        _text("content_sha256"),
        _of("unlock_answers", "unlock_request_id", "unlock_requests"),
        _of("unlock_answers", "account_id", "accounts"),
        _unique("unlock_answers", "unlock_request_id"),
    )


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
    """Create the tables, the triggers that guard them, and the indexes of the audit filter."""
    _create_accounts()
    _create_signatures()
    for table in TABLES:
        _guard(table)
    for column in ("who", "act", "at"):
        op.create_index(f"ix_events_{column}", "events", [column])
