"""The tidy tables of a study as files: CSV and Parquet of each, and the codebook of all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lesionscope.core.study_data import StudyData
from lesionscope.exchange.machine_tables import (
    lesions_table,
    measurements_table,
    photos_table,
    suggestions_table,
    visits_table,
)
from lesionscope.exchange.measurement_json import json_text
from lesionscope.exchange.signed_tables import (
    answers_table,
    countersignatures_table,
    forms_table,
    imported_table,
    readings_table,
    totals_table,
)
from lesionscope.exchange.tidy_table import TidyTable, codebook, csv_bytes, parquet_bytes

CODEBOOK = "csvw-metadata.json"
"""Name that readers of CSVW look for beside the tables."""

MACHINE_AND_SIGNED = (
    "Measurements, lesions and suggestions are the machine's and no scores. Readings, forms, "
    "answers, totals and countersignatures were signed by people. Imported scores came in from "
    "files and were signed by nobody here. A blank is never a zero. Research tool, not a medical "
    "device."
)


def study_tables(data: StudyData) -> tuple[TidyTable, ...]:
    """Make every tidy table of a study.

    Parameters
    ----------
    data : StudyData
        One snapshot of the record.

    Returns
    -------
    tuple of TidyTable
        Visits and photos, then what the machine measured, what people signed, what came in.
    """
    makers = (
        visits_table,
        photos_table,
        measurements_table,
        lesions_table,
        suggestions_table,
        readings_table,
        forms_table,
        answers_table,
        totals_table,
        countersignatures_table,
        imported_table,
    )
    return tuple(make(data) for make in makers)


def study_facts(data: StudyData) -> dict[str, Any]:
    """Say where an export comes from, by common properties of CSVW."""
    return {
        "dc:title": f"Study {data.study}",
        "dc:description": MACHINE_AND_SIGNED,
        "dc:created": data.taken_at.isoformat(),
        "dc:creator": f"LesionScope {data.software}",
        "dc:source": f"Record at chain head {data.chain_head}",
        "dc:conformsTo": f"Protocol version {data.protocol_version}"
        if data.protocol_version
        else "No protocol in the record",
    }


def table_files(data: StudyData) -> Iterator[tuple[str, bytes]]:
    """Yield the name and bytes of every file of the tidy tables.

    Parameters
    ----------
    data : StudyData
        One snapshot of the record.

    Yields
    ------
    (str, bytes)
        ``name.csv`` and ``name.parquet`` of each table, and `CODEBOOK`.
    """
    tables = study_tables(data)
    for table in tables:
        yield f"{table.name}.csv", csv_bytes(table)
        yield f"{table.name}.parquet", parquet_bytes(table)
    yield CODEBOOK, json_text(codebook(tables, study_facts(data))).encode()
