from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lesionscope.exchange.csv_table import csv_table, defused


def read(table: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(table.decode("utf-8-sig"), newline="")))


def test_cells_come_back_as_they_were() -> None:
    rows = [[1, "plain", None], [2.5, 'with "quotes", commas\nand lines', "é 漢"]]
    table = csv_table(["No.", "Text", "Empty"], rows)
    assert table.startswith(b"\xef\xbb\xbfNo.,Text,Empty\r\n")
    assert read(table)[1:] == [
        ["1", "plain", ""],
        ["2.5", 'with "quotes", commas\nand lines', "é 漢"],
    ]


@pytest.mark.parametrize(
    "attack",
    [
        '=HYPERLINK("http://x",A1)',
        "+1+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(1,1)",
        "\t=1+1",
        "\r=1+1",
        "  =1+1",
        "\ufeff=1+1",
        "＝1+1",
    ],
)
def test_a_formula_is_defused(attack: str) -> None:
    (cell,) = read(csv_table(["a"], [[attack]]))[1]
    assert cell == f"'{attack}"


def test_a_name_of_a_column_is_no_formula() -> None:
    assert read(csv_table(["=1"], []))[0] == ["'=1"]


@pytest.mark.parametrize("number", [-3, -0.5, 7])
def test_a_number_stays_a_number(number: float) -> None:
    assert read(csv_table(["a"], [[number]]))[1] == [str(number)]


@given(st.text())
def test_no_text_begins_like_a_formula(text: str) -> None:
    assert (
        not defused(text).lstrip(" \u00a0\ufeff\u200b").startswith(("=", "+", "-", "@", "\t", "\r"))
    )


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="must have 2 cells, got 1"):
        csv_table(["a", "b"], [["x"]])


def test_half_a_character_does_not_stop_the_export() -> None:
    assert b"\\ud800" in csv_table(["a"], [["\ud800"]])
