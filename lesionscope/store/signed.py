"""What every signed document holds: whose visit, who signed and when, and what it rests on.

References
----------
21 CFR 11.50 (name, time and meaning of a signature) and 11.70 (a signature cannot be moved to
another record).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import Connection, select

from lesionscope.core.people import Reader
from lesionscope.core.reading import Meaning
from lesionscope.store.chain import Entry, canonical_json, sha256_of, time_text
from lesionscope.store.measurements import files_of
from lesionscope.store.patients import visit_of
from lesionscope.store.photos import refuse_withdrawn
from lesionscope.store.refusals import NotInRecord
from lesionscope.store.tables import Row, measurements, patients, photos


class Signed(Protocol):
    """A signed document that a later one can supersede."""

    @property
    def id(self) -> int:
        """Row in the record."""

    @property
    def reader_name(self) -> str:
        """Full name under the signature."""


def signed_columns(content: Row) -> Row:
    """Return the columns that hold a signed document: its text, and the hash of that."""
    text = canonical_json(content)
    return {"content": text, "content_sha256": sha256_of(text)}


def said_otherwise(old: Mapping[str, Any], new: Mapping[str, Any]) -> Row:
    """Return old and new value of what a new document says otherwise; None is no value."""
    keys = sorted({*old, *new})
    return {k: [old.get(k), new.get(k)] for k in keys if old.get(k) != new.get(k)}


def refuse_other_meaning(meaning: Meaning) -> None:
    """Refuse to sign something new as if it were another person's.

    Raises
    ------
    ValueError
        If the meaning is not authorship.
    """
    if Meaning(meaning) is not Meaning.AUTHORSHIP:
        raise ValueError(
            f"what is signed first is signed by its author, got {Meaning(meaning)}; "
            "a second person reviews or approves it by a countersignature"
        )


def visit_content(connection: Connection, visit_id: int) -> Row:
    """Return the visit as a signature names it.

    Raises
    ------
    NotInRecord
        If there is no such visit.
    """
    visit = visit_of(connection, visit_id)
    pseudonym = select(patients.c.pseudonym).where(patients.c.id == visit.patient_id)
    return {
        "id": visit.id,
        "patient_id": visit.patient_id,
        "pseudonym": connection.scalar(pseudonym),
        "day": visit.day.isoformat(),
        "label": visit.label,
    }


def signature_content(entry: Entry, by: Reader, meaning: Meaning) -> Row:
    """Return who signs, when (UTC), and what the signature stands for."""
    actor = entry.actor or by
    reader = {
        "id": actor.id,
        "name": actor.name,
        "full_name": actor.full_name,
        "role": actor.role.value,
    }
    return {
        "reader": reader,
        "signed_at": time_text(entry.at),
        "meaning": Meaning(meaning).value,
    }


def measurement_content(connection: Connection, visit_id: int, measurement_id: int) -> Row:
    """Return a measurement that lay before the signer, by the hashes of all of it.

    Raises
    ------
    NotInRecord
        If there is no such measurement.
    ValueError
        If it is of another visit, or of a withdrawn photo.
    """
    found = (
        select(measurements, photos.c.visit_id, photos.c.sha256.label("photo_sha256"))
        .join(photos, photos.c.id == measurements.c.photo_id)
        .where(measurements.c.id == measurement_id)
    )
    row = connection.execute(found).one_or_none()
    if row is None:
        raise NotInRecord(f"there is no measurement {measurement_id} in the record")
    if row.visit_id != visit_id:
        raise ValueError(
            f"measurement {measurement_id} must be of visit {visit_id}, it is of {row.visit_id}"
        )
    refuse_withdrawn(connection, row.photo_id)
    return {
        "id": measurement_id,
        "document_sha256": sha256_of(row.document),
        "photo_sha256": row.photo_sha256,
        "files": files_of(connection, measurement_id),
    }


def check_supersedes(
    before: Signed | None, supersedes: int | None, reason: str, *, noun: str, where: str
) -> None:
    """Refuse a signature beside one that stands, or one that replaces it without a reason.

    Parameters
    ----------
    before : Signed or None
        What stands.
    supersedes : int or None
        What the new signature says it replaces.
    reason : str
        Why.
    noun, where : str
        What is signed, such as ``"reading"``, and of what, such as ``"visit 3"``.

    Raises
    ------
    ValueError
        Saying what stands and what was given.
    """
    current = before.id if before else None
    if supersedes is not None and not reason.strip():
        raise ValueError(f"a {noun} that supersedes another needs a reason")
    if supersedes == current:
        return
    if before is None:
        raise ValueError(f"{where} has no {noun} {supersedes} to supersede")
    told = "none" if supersedes is None else f"{noun} {supersedes}"
    raise ValueError(
        f"{where} already has {noun} {before.id}, signed by {before.reader_name}; "
        f"a new one must supersede that {noun} and say why, got {told}"
    )
