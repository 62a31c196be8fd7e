"""Exports: what left the record, by whose hand, so that a paper or a table can be traced back."""

from __future__ import annotations

import re

from lesionscope.core.people import Act, Reader
from lesionscope.store.record import Record, require
from lesionscope.store.tables import visits

_SHA256 = re.compile(r"[0-9a-f]{64}")


class Exports(Record):
    """Exports of the store."""

    def record_export(
        self, by: Reader, what: str, *, sha256: str, visit_id: int | None = None
    ) -> None:
        """Write into the audit trail that a file leaves the record.

        Parameters
        ----------
        by : Reader
            Who takes it.
        what : str
            Kind of file, such as ``"visit report"``.
        sha256 : str
            Of its bytes: a file found later can be told to be this one.
        visit_id : int or None
            The visit that it is about; None when it is about the whole record.

        Raises
        ------
        NotAllowed
            If `by` may not export.
        NotInRecord
            If there is no such visit.
        ValueError
            If the file is not named or `sha256` is not 64 hex digits.
        """
        if not what.strip():
            raise ValueError("an export must say what it is")
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"sha256 must be 64 hex digits, got {sha256[:80]!r}")
        with self._acting(by, Act.EXPORT) as entry:
            if visit_id is not None:
                require(entry.connection, visits, visit_id, "visit")
            entity = "record" if visit_id is None else "visit"
            entry.conclude("export", entity, visit_id, what=what.strip(), sha256=sha256)
