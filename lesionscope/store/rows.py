"""Reading whole tables of the record to prove them, a thousand rows at a time."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Table, select

from lesionscope.store.tables import Row

Fault = tuple[str, str]
"""Kind of a broken link, and the sentence that names it."""


def rows_of(connection: Connection, table: Table, *order: str) -> Iterator[Row]:
    """Yield every row of a table in an order, without holding them all."""
    found = select(table).order_by(*[table.c[name] for name in order])
    # A record outgrows memory; a thousand rows at a time do not.
    result = connection.execute(found.execution_options(yield_per=1000))
    return (dict(row) for row in result.mappings())
