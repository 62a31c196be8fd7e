"""A tidy table: one row per thing, one column per fact, every column described.

References
----------
Wickham 2014, J Stat Softw 59(10): tidy data. W3C Recommendation 2015, "Metadata Vocabulary for
Tabular Data" (CSVW), whose words the codebook uses.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lesionscope.exchange.csv_table import Cell, csv_table

Value = str | int | float | bool | date | datetime | None
"""None is not known or not applicable, and never zero."""


class Kind(StrEnum):
    """Datatype of a column, by its CSVW name."""

    TEXT = "string"
    WHOLE = "integer"
    NUMBER = "number"
    YES_NO = "boolean"
    DAY = "date"
    TIME = "dateTimeStamp"


_PARQUET: dict[Kind, pa.DataType] = {
    Kind.TEXT: pa.string(),
    Kind.WHOLE: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.YES_NO: pa.bool_(),
    Kind.DAY: pa.date32(),
    Kind.TIME: pa.timestamp("us", tz="UTC"),
}


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name : str
        Letters, digits and underscores: a name in R and pandas as it is.
    kind : Kind
        Datatype.
    about : str
        What it holds, in words.
    unit : str
        UCUM code; empty where there is none.
    required : bool
        Whether every row has it.
    """

    name: str
    kind: Kind
    about: str
    unit: str = ""
    required: bool = False

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise ValueError(f"a column must be named like a variable, got {self.name!r}")


@dataclass(frozen=True, eq=False)
class TidyTable:
    """A table with its description.

    Attributes
    ----------
    name : str
        Of its files, without an ending.
    about : str
        What one row is, and whether the machine or a person says it.
    columns : tuple of Column
        In the order of the file.
    rows : sequence of tuple
        Values in the order of the columns.
    key : tuple of str
        Columns that name a row.
    refers : mapping of str to (str, str), as a tuple of (column, table, column)
        Columns that name a row of another table.
    """

    name: str
    about: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Value, ...]]
    key: tuple[str, ...]
    refers: tuple[tuple[str, str, str], ...] = ()

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        stray = ({*self.key} | {one[0] for one in self.refers}) - {*names}
        if stray or len(set(names)) != len(names):
            raise ValueError(f"{self.name}: columns must be named once each, see {stray or names}")
        for row in self.rows:
            if len(row) != len(names):
                raise ValueError(f"{self.name}: a row must have {len(names)} values: {row}")


def csv_bytes(table: TidyTable) -> bytes:
    """Write a table as CSV, with formulas defused.

    Returns
    -------
    bytes
        See `lesionscope.exchange.csv_table.csv_table`; days and times in ISO 8601, yes and no as
        ``true`` and ``false``, what is not known as an empty cell.
    """
    names = [column.name for column in table.columns]
    return csv_table(names, [[_cell(value) for value in row] for row in table.rows])


def parquet_bytes(table: TidyTable) -> bytes:
    """Write a table as Parquet, typed, with the descriptions of its columns as metadata.

    Returns
    -------
    bytes
        Texts as they are: no program runs a cell of Parquet, so nothing needs to be defused.
    """
    schema = pa.schema(
        [
            pa.field(
                column.name,
                _PARQUET[column.kind],
                nullable=not column.required,
                metadata={"description": column.about, "unit": column.unit},
            )
            for column in table.columns
        ],
        metadata={"title": table.name, "description": table.about},
    )
    columns = list(zip(*table.rows, strict=True)) or [()] * len(schema)
    arrays = [
        pa.array(list(values), type=one.type) for values, one in zip(columns, schema, strict=True)
    ]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), out)
    return out.getvalue()


def _cell(value: Value) -> Cell:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):  # a datetime too
        return value.isoformat()
    return value


def codebook(tables: Sequence[TidyTable], facts: dict[str, Any]) -> dict[str, Any]:
    """Describe tables as CSVW metadata: every file, column, datatype, unit, key and reference.

    Parameters
    ----------
    tables : sequence of TidyTable
        Each lies beside the codebook as ``name.csv``.
    facts : dict
        What holds for all of them, by common properties such as ``"dc:title"``.

    Returns
    -------
    dict
        Plain JSON.
    """
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        **facts,
        "dialect": {"encoding": "utf-8", "header": True, "lineTerminators": ["\r\n"]},
        "tables": [_described(table) for table in tables],
    }


def _described(table: TidyTable) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "columns": [_column(column) for column in table.columns],
        "primaryKey": list(table.key),
    }
    if table.refers:
        schema["foreignKeys"] = [
            {
                "columnReference": mine,
                "reference": {"resource": f"{other}.csv", "columnReference": theirs},
            }
            for mine, other, theirs in table.refers
        ]
    return {
        "url": f"{table.name}.csv",
        "dc:title": table.name,
        "dc:description": table.about,
        "tableSchema": schema,
    }


def _column(column: Column) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": column.name,
        "titles": column.name,
        "datatype": column.kind.value,
        "required": column.required,
        "dc:description": column.about,
    }
    if column.unit:
        described["schema:unitCode"] = column.unit
    return described
