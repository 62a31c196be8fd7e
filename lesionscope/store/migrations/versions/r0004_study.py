"""The protocol of the study, what it asks of visits and patients, and events of a patient.

A revision is frozen once released: it names its tables itself and imports none of the
package's, which go on changing.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "r0004"
down_revision = "r0003"
branch_labels = None
depends_on = None


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _integer(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=null)


def _of(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}")


def _record_table(name: str, *items: Any, indexes: tuple[str, ...] = ()) -> None:
    op.create_table(
        name,
        _integer("id"),
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
    for column in ("event_id", *indexes):
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


def _create_protocols() -> None:
    names = ("study_id", "version", "document", "document_sha256", "content_sha256")
    _record_table(
        "protocols",
        *[_text(name) for name in names],
        _integer("supersedes", null=True),
        _text("reason"),
        _of("protocols", "supersedes", "protocols"),
        sa.UniqueConstraint("supersedes", name="uq_protocols_supersedes"),
    )


def _create_answers() -> None:
    _record_table(
        "visit_plans",
        _integer("visit_id"),
        _text("planned", null=True),
        _text("reason"),
        _of("visit_plans", "visit_id", "visits"),
        indexes=("visit_id",),
    )
    _record_table(
        "person_checks",
        _integer("patient_id"),
        _integer("protocol_id"),
        *[_text(name) for name in ("criterion", "wording", "answer", "reason")],
        _of("person_checks", "patient_id", "patients"),
        _of("person_checks", "protocol_id", "protocols"),
        indexes=("patient_id",),
    )
    _record_table(
        "ages",
        _integer("patient_id"),
        _integer("years"),
        _text("reason"),
        _of("ages", "patient_id", "patients"),
        indexes=("patient_id",),
    )


def _create_patient_events() -> None:
    _record_table(
        "patient_events",
        _integer("patient_id"),
        *[_text(name) for name in ("day", "kind", "words")],
        _of("patient_events", "patient_id", "patients"),
        indexes=("patient_id",),
    )
    table = "patient_event_withdrawals"
    _record_table(
        table,
        _integer("patient_event_id"),
        _text("reason"),
        _of(table, "patient_event_id", "patient_events"),
        sa.UniqueConstraint("patient_event_id", name=f"uq_{table}_patient_event_id"),
    )


def upgrade() -> None:
    """Create the tables and the triggers that keep them append-only."""
    _create_protocols()
    _create_answers()
    _create_patient_events()
    for table in (
        "protocols",
        "visit_plans",
        "person_checks",
        "ages",
        "patient_events",
        "patient_event_withdrawals",
    ):
        _guard(table)
