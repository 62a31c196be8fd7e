"""The data model drawn from the tables themselves, so that the drawing cannot lag behind.

``python -m lesionscope.store.drawing docs/record.md`` draws it anew between the marks in that file.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Column, Integer, Table, UniqueConstraint

from lesionscope.store.tables import RECORD_TABLES, events, metadata

BEGIN = "<!-- drawn by lesionscope.store.drawing: begin -->"
END = "<!-- drawn by lesionscope.store.drawing: end -->"

SUBJECTS: dict[str, tuple[str, ...]] = {
    "People and the trail": (
        "events",
        "accounts",
        "passwords",
        "temporary_passwords",
        "account_states",
        "sign_in_tries",
        "sessions",
    ),
    "Patients, visits and photos": (
        "patients",
        "visits",
        "body_sizes",
        "handprints",
        "photos",
        "assignments",
        "withdrawals",
        "measurements",
        "measurement_files",
    ),
    "What is signed": (
        "drafts",
        "readings",
        "form_drafts",
        "forms",
        "countersignatures",
        "unlock_requests",
        "unlock_answers",
    ),
    "The study": (
        "protocols",
        "visit_plans",
        "person_checks",
        "ages",
        "patient_events",
        "patient_event_withdrawals",
        "imported_scores",
    ),
}
"""Tables by subject; those of no subject are drawn last, under `REST`."""
REST = "Blinded reading"


def data_model() -> str:
    """Draw every table of the record as diagrams in Mermaid, one for each subject.

    Returns
    -------
    str
        Markdown. The column ``event_id``, which each table has, is not drawn as a line.

    References
    ----------
    Mermaid, "Entity Relationship Diagrams".
    """
    named = {name for names in SUBJECTS.values() for name in names}
    subjects = {title: list(names) for title, names in SUBJECTS.items()}
    subjects[REST] = [t.name for t in RECORD_TABLES if t.name not in named]
    return "\n\n".join(_diagram(title, names) for title, names in subjects.items() if names)


def redrawn(text: str) -> str:
    """Return a document with the drawing between its marks made anew.

    Raises
    ------
    ValueError
        If the marks are not there.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document must have the lines {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n\n{data_model()}\n\n{END}{after}"


def _diagram(title: str, names: Sequence[str]) -> str:
    tables = [metadata.tables[name] for name in names]
    lines = [f"**{title}**", "", "```mermaid", "erDiagram"]
    lines += [line for table in tables for line in _lines(table)]
    lines += [line for table in tables for line in _box(table)]
    return "\n".join([*lines, "```"])


def _lines(table: Table) -> list[str]:
    """Return a line to each table that this one refers to."""
    found = []
    for column in table.c:
        for key in column.foreign_keys:
            if key.column.table is events:
                continue
            one = "|o" if column.nullable else "||"
            many = "o|" if _is_unique(table, column) else "o{"
            found.append(f"    {key.column.table.name} {one}--{many} {table.name} : {column.name}")
    return found


def _box(table: Table) -> list[str]:
    columns = [_column(table, column) for column in table.c]
    return [f"    {table.name} {{", *columns, "    }"]


def _column(table: Table, column: Column[object]) -> str:
    kind = "integer" if isinstance(column.type, Integer) else "text"
    keys = [
        name
        for name, holds in (
            ("PK", column.primary_key),
            ("FK", bool(column.foreign_keys)),
            ("UK", _is_unique(table, column)),
        )
        if holds
    ]
    null = ' "may be empty"' if column.nullable else ""
    return f"        {kind} {column.name} {', '.join(keys)}".rstrip() + null


def _is_unique(table: Table, column: Column[object]) -> bool:
    return any(
        isinstance(constraint, UniqueConstraint) and list(constraint.columns) == [column]
        for constraint in table.constraints
    )


def main(arguments: Sequence[str]) -> None:
    """Draw the data model anew in each document that is named."""
    for name in arguments:
        path = Path(name)
        path.write_text(redrawn(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
