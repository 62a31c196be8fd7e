"""The patient's body: heights and weights, and the area of the own hand.

A revision is frozen once released: it names its tables itself and imports none of the
package's, which go on changing.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "r0002"
down_revision = "r0001"
branch_labels = None
depends_on = None


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _of(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}")


def _record_table(name: str, *columns: sa.Column[Any], keys: tuple[Any, ...]) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        *columns,
        sa.Column("event_id", sa.Integer(), nullable=False),
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
    for column in ("event_id", "patient_id"):
        op.create_index(f"ix_{name}_{column}", name, [column])


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
        "body_sizes",
        sa.Column("visit_id", sa.Integer(), nullable=True),
        _text("height_cm"),
        _text("weight_kg"),
        _text("sex", null=True),
        keys=(
            _of("body_sizes", "patient_id", "patients"),
            _of("body_sizes", "visit_id", "visits"),
        ),
    )
    _record_table(
        "handprints",
        _text("cm2"),
        _text("sd_of_log"),
        _text("photo_sha256", null=True),
        _text("reason"),
        keys=(_of("handprints", "patient_id", "patients"),),
    )
    _guard("body_sizes")
    _guard("handprints")
