from __future__ import annotations

from pathlib import Path

import pytest

from lesionscope.core.people import RIGHTS, Act, Role
from lesionscope.store.drawing import BEGIN, END, data_model, main, redrawn
from lesionscope.store.tables import ROW_TABLES, events, metadata

DOCUMENT = Path(__file__).parents[2] / "docs" / "record.md"


def rights_table() -> str:
    """Return the table of role and act as the documents show it."""
    lines = [f"| act | {' | '.join(Role)} |", "|---" * (len(Role) + 1) + "|"]
    for act in Act:
        cells = ["x" if act in RIGHTS[role] else "" for role in Role]
        lines.append(f"| {act} | {' | '.join(cells)} |")
    return "\n".join(lines)


def test_the_drawing_in_the_document_is_that_of_the_tables() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert redrawn(text) == text, "python -m lesionscope.store.drawing docs/record.md"


def test_the_rights_in_the_document_are_those_of_the_code() -> None:
    assert rights_table() in DOCUMENT.read_text(encoding="utf-8")


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_every_table_is_drawn_once_with_every_column(table: str) -> None:
    drawn = data_model()
    assert drawn.count(f"\n    {table} {{\n") == 1
    box = drawn.split(f"\n    {table} {{\n")[1].split("}")[0]
    assert [line.split()[1] for line in box.strip().splitlines()] == [
        column.name for column in metadata.tables[table].c
    ]


@pytest.mark.parametrize("table", list(ROW_TABLES), ids=lambda table: table.name)
def test_every_reference_is_a_line(table) -> None:  # type: ignore[no-untyped-def]
    for column in table.c:
        for key in column.foreign_keys:
            line = f"--o{{ {table.name} : {column.name}"
            one = f"--o| {table.name} : {column.name}"
            assert (line in data_model() or one in data_model()) is (key.column.table is not events)


def test_a_document_is_drawn_anew_between_its_marks(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    main([str(path)])
    text = path.read_text()
    assert text == f"before\n{BEGIN}\n\n{data_model()}\n\n{END}\nafter\n"
    with pytest.raises(ValueError, match="must have the lines"):
        redrawn("no marks")
