from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from csvw import TableGroup

from lesionscope.exchange.study_tables import CODEBOOK, study_tables, table_files
from lesionscope.exchange.tidy_table import Column, Kind, TidyTable, csv_bytes, parquet_bytes
from tests.exchange.study_case import FORMULA, study


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tables")
    for name, content in table_files(study()):
        (made / name).write_bytes(content)
    return made


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_there_is_one_row_for_each_thing(folder: Path) -> None:
    counts = {name: len(rows(folder, name)) for name in ("visits", "photos", "measurements")}
    assert counts == {"visits": 3, "photos": 3, "measurements": 4}
    assert len(rows(folder, "lesions")) == 4
    assert len(rows(folder, "readings")) == 3
    # 81 fields a reading; one leaves one blank, which is no row; one itch number beside them.
    assert len(rows(folder, "answers")) == 81 + 81 + 80 + 1


def test_what_is_superseded_is_there_and_marked(folder: Path) -> None:
    standing = [(row["reading_id"], row["current"]) for row in rows(folder, "readings")]
    assert standing == [("1", "false"), ("2", "true"), ("3", "true")]
    newest = {row["measurement_id"]: row["current"] for row in rows(folder, "measurements")}
    assert (newest["1"], newest["2"]) == ("false", "true")


def test_totals_are_those_of_the_form_and_a_gap_is_no_zero(folder: Path) -> None:
    second, third = rows(folder, "readings")[1:]
    assert second["cdasi_activity"] == "8"  # 2 on the arm, 3 doubled on the hands
    assert (third["cdasi_activity"], third["cdasi_activity_answered"]) == ("", "49")
    gap = [row for row in rows(folder, "answers") if row["not_assessable"] == "true"]
    assert [(row["field"], row["value"]) for row in gap] == [("scalp.scale", "")]


def test_machine_and_person_are_told_apart(folder: Path) -> None:
    corrected = {r["measurement_id"]: r["outline_by"] for r in rows(folder, "measurements")}
    assert corrected["2"] == "machine"
    assert corrected["3"] == "machine, outline corrected by a person"
    signed = rows(folder, "readings")[1]
    assert signed["signed_by"] == "Rita Reader"
    assert signed["models_seen"].startswith("lesion_grades-52a5a216")
    assert signed["software"] == "0.1.0"


def test_what_came_in_from_files_stays_apart_from_what_was_signed(folder: Path) -> None:
    came = [
        (r["value"], r["not_assessable"], r["current"]) for r in rows(folder, "imported_scores")
    ]
    assert came == [("2.0", "false", "false"), ("", "true", "true")]
    assert {row["visit_id"] for row in rows(folder, "answers")} == {"1", "3"}


def test_a_formula_is_defused_in_csv_and_whole_in_parquet(folder: Path) -> None:
    assert rows(folder, "readings")[1]["reason"].startswith(f"'{FORMULA}")
    table = pq.read_table(folder / "readings.parquet").to_pylist()
    assert table[1]["reason"].startswith(FORMULA)


def test_csv_and_parquet_say_the_same(folder: Path) -> None:
    for table in study_tables(study()):
        typed = pd.read_parquet(folder / f"{table.name}.parquet")
        plain = pd.read_csv(folder / f"{table.name}.csv", encoding="utf-8-sig")
        assert list(typed.columns) == list(plain.columns)
        assert len(typed) == len(plain) == len(table.rows)
        for column in table.columns:
            if column.kind in (Kind.NUMBER, Kind.WHOLE):
                expected = plain[column.name].astype(float)
                pd.testing.assert_series_equal(
                    typed[column.name].astype(float), expected, rtol=1e-15
                )


def test_every_column_is_in_the_codebook_and_fits_it_for_an_independent_reader(
    folder: Path,
) -> None:
    """Read by the csvw library: datatypes, required cells, keys and references."""
    described = TableGroup.from_file(folder / CODEBOOK)
    assert len(described.tables) == len(study_tables(study()))
    for table in described.tables:
        expected = next(t for t in study_tables(study()) if f"{t.name}.csv" == str(table.url))
        assert len(list(table.iterdicts(strict=True))) == len(expected.rows)
        assert table.check_primary_key() is True
        for column in table.tableSchema.columns:
            assert column.common_props["dc:description"]
    assert described.check_referential_integrity() is True


def test_the_independent_reader_finds_a_wrong_cell(folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    text = (tmp_path / "visits.csv").read_text(encoding="utf-8-sig")
    (tmp_path / "visits.csv").write_text(text.replace("2026-01-05", "5 Jan"), encoding="utf-8-sig")
    visits = next(
        table
        for table in TableGroup.from_file(tmp_path / CODEBOOK).tables
        if str(table.url) == "visits.csv"
    )
    with pytest.raises(ValueError, match="5 Jan"):
        list(visits.iterdicts(strict=True))


def test_the_codebook_says_where_the_tables_come_from(folder: Path) -> None:
    facts: dict[str, Any] = json.loads((folder / CODEBOOK).read_text())
    assert "no scores" in facts["dc:description"]
    assert study().chain_head in facts["dc:source"]


def test_a_study_with_nothing_signed_has_empty_typed_tables() -> None:
    table = next(t for t in study_tables(study()) if t.name == "countersignatures")
    empty = TidyTable(table.name, table.about, table.columns, [], table.key)
    assert csv_bytes(empty).decode("utf-8-sig").count("\r\n") == 1
    typed = pq.read_table(io.BytesIO(parquet_bytes(empty)))
    assert typed.num_rows == 0
    assert str(typed.schema.field("signed_at").type) == "timestamp[us, tz=UTC]"


def test_what_is_wrong_with_a_table_is_said() -> None:
    one = Column("a", Kind.TEXT, "A.")
    with pytest.raises(ValueError, match="named once"):
        TidyTable("t", "T.", (one, one), [], ("a",))
    with pytest.raises(ValueError, match="1 values"):
        TidyTable("t", "T.", (one,), [("x", "y")], ("a",))
    with pytest.raises(ValueError, match="like a variable"):
        Column("a b", Kind.TEXT, "A.")
