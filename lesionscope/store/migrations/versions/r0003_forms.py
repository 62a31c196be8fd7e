"""Forms of the instruments beside CDASI: signed, and drafts of them.

A revision is frozen once released: it names its tables itself and imports none of the
package's, which go on changing.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "r0003"
down_revision = "r0002"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _of(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}")


def _record_table(name: str, *columns: sa.Column[Any], keys: tuple[Any, ...] = ()) -> None:
    """Create a table of a reader's work on a visit, the event of its act among the columns."""
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        *columns,
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        *keys,
        _of(name, "visit_id", "visits"),
        _of(name, "account_id", "accounts"),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["events.id"],
            name=f"fk_{name}_event_id",
            deferrable=True,
            initially="DEFERRED",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(f"ix_{name}_event_id", name, ["event_id"])


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
    """Create both tables and the triggers that keep them append-only."""
    _record_table(
        "forms",
        sa.Column("supersedes", sa.Integer(), nullable=True),
        _text("instrument"),
        _text("content"),
        _text("content_sha256"),
        keys=(
            _of("forms", "supersedes", "forms"),
            sa.UniqueConstraint("supersedes", name="uq_forms_supersedes"),
        ),
    )
    op.create_index("ix_forms_visit_id", "forms", ["visit_id"])
    _record_table("form_drafts", _text("instrument"), _text("content"))
    op.create_index("ix_form_drafts_visit_id_account_id", "form_drafts", ["visit_id", "account_id"])
    _guard("forms")
    _guard("form_drafts")
