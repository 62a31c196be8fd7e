"""Countersignatures: a second person reviews or approves what another signed.

References
----------
21 CFR 11.50 (name, time and meaning of a signature) and 11.70 (a signature cannot be moved to
another record).
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, select

from lesionscope.core.people import Act, Reader
from lesionscope.core.reading import Meaning
from lesionscope.core.signature import COUNTER_MEANINGS, Countersignature, SignedKind, UnlockState
from lesionscope.store.accounts import Accounts
from lesionscope.store.refusals import AlreadyThere, NotAllowed, NotInRecord
from lesionscope.store.signed import signature_content, signed_columns
from lesionscope.store.tables import (
    Row,
    countersignatures,
    forms,
    readings,
    unlock_answers,
    unlock_requests,
)

SIGNED: dict[SignedKind, tuple[Table, Act]] = {
    SignedKind.READING: (readings, Act.SIGN_READING),
    SignedKind.FORM: (forms, Act.ENTER_FORM),
}
"""Where each kind of signed thing lies, and the right that a person who corrects it has."""


class Countersignatures(Accounts):
    """Countersignatures of the store."""

    def countersign(
        self,
        by: Reader,
        kind: SignedKind,
        entity_id: int,
        password: str,
        *,
        meaning: Meaning,
        words: str = "",
    ) -> Countersignature:
        """Review or approve what another person signed; it stays as it is.

        Parameters
        ----------
        by : Reader
            Who countersigns: another person than its author.
        kind : SignedKind
            Kind of what was signed.
        entity_id : int
            Which one; the one that stands, not one that was superseded.
        password : str
            The signer's own, again.
        meaning : Meaning
            Review, or approval, which locks what was signed.
        words : str
            What to write beside it.

        Returns
        -------
        Countersignature

        Raises
        ------
        NotAllowed
            If `by` may not sign readings, or is the author.
        SignInRefused
            If the password is wrong, or there were too many wrong tries.
        NotInRecord
            If there is no such thing.
        AlreadyThere
            If `by` gave it this countersignature already.
        ValueError
            If it was superseded, or `meaning` is authorship.
        """
        kind, meaning = SignedKind(kind), Meaning(meaning)
        if meaning not in COUNTER_MEANINGS:
            raise ValueError("a countersignature is a review or an approval, not authorship")
        with self._reading(by, Act.SIGN_READING) as connection:
            _check_countersign(connection, by, kind, entity_id, meaning)
        about = {"kind": kind.value, "entity_id": entity_id}
        self._prove(by.name, password, refusal="countersigning refused", of=f"{kind} {entity_id}")
        with self._acting(by, Act.SIGN_READING) as entry:
            signed = _check_countersign(entry.connection, by, kind, entity_id, meaning)
            content = {
                **signature_content(entry, by, meaning),
                "of": signed_content(kind, signed),
                "words": words.strip(),
            }
            row = signed_columns(content) | about | {"account_id": by.id}
            row["id"] = entry.append(countersignatures, **row)
            entry.conclude(
                "countersign",
                kind.value,
                entity_id,
                visit_id=signed["visit_id"],
                meaning=meaning.value,
                signed_sha256=signed["content_sha256"],
                content_sha256=row["content_sha256"],
                words=words.strip(),
            )
        return countersignature_of(row)

    def countersignatures(
        self, by: Reader, kind: SignedKind, entity_id: int
    ) -> list[Countersignature]:
        """Return every countersignature of something signed, oldest first.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        NotInRecord
            If there is no such thing.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            signed_row(connection, SignedKind(kind), entity_id)
            found = _of_thing(SignedKind(kind), entity_id).order_by(countersignatures.c.id)
            rows = connection.execute(found).mappings()
            return [countersignature_of(dict(row)) for row in rows]

    def locked_by(self, by: Reader, kind: SignedKind, entity_id: int) -> Countersignature | None:
        """Return the approval that locks something signed, or None when it may be superseded.

        Raises
        ------
        NotAllowed
            If `by` may not read the record.
        NotInRecord
            If there is no such thing.
        """
        with self._reading(by, Act.READ_RECORD) as connection:
            signed_row(connection, SignedKind(kind), entity_id)
            return locking_approval(connection, SignedKind(kind), entity_id)


def signed_row(connection: Connection, kind: SignedKind, entity_id: int) -> Row:
    """Return the row of something signed.

    Raises
    ------
    NotInRecord
        If there is no such thing.
    """
    table = SIGNED[kind][0]
    found = connection.execute(select(table).where(table.c.id == entity_id)).mappings()
    row = found.one_or_none()
    if row is None:
        raise NotInRecord(f"there is no {kind} {entity_id} in the record")
    return dict(row)


def refuse_superseded(connection: Connection, kind: SignedKind, entity_id: int) -> None:
    """Refuse an act on something that was signed and then superseded.

    Raises
    ------
    ValueError
        Naming what replaced it.
    """
    table = SIGNED[kind][0]
    later = connection.scalar(select(table.c.id).where(table.c.supersedes == entity_id))
    if later is not None:
        raise ValueError(f"{kind} {entity_id} was superseded by {kind} {later}; look at that one")


def locking_approval(
    connection: Connection, kind: SignedKind, entity_id: int
) -> Countersignature | None:
    """Return the approval since the last unlock, if there is one."""
    found = _of_thing(kind, entity_id).where(
        countersignatures.c.event_id > _last_unlock(connection, kind, entity_id)
    )
    for row in connection.execute(found.order_by(countersignatures.c.id)).mappings():
        signature = countersignature_of(dict(row))
        if signature.meaning is Meaning.APPROVAL:
            return signature
    return None


def refuse_locked(connection: Connection, kind: SignedKind, entity_id: int) -> None:
    """Refuse to supersede what was approved and not unlocked since.

    Raises
    ------
    NotAllowed
        Saying who approved it and what to do.
    """
    approval = locking_approval(connection, kind, entity_id)
    if approval is not None:
        raise NotAllowed(
            f"{kind} {entity_id} was approved by {approval.signer_name}; "
            "request an unlock, which a second person must grant"
        )


def signed_content(kind: SignedKind, signed: Row) -> Row:
    """Return how a signed document names another: by its hash."""
    return {
        "kind": kind.value,
        "id": signed["id"],
        "visit_id": signed["visit_id"],
        "content_sha256": signed["content_sha256"],
    }


def _of_thing(kind: SignedKind, entity_id: int) -> Any:
    return select(countersignatures).where(
        countersignatures.c.kind == kind.value, countersignatures.c.entity_id == entity_id
    )


def _last_unlock(connection: Connection, kind: SignedKind, entity_id: int) -> int:
    """Return the event of the newest unlock that was granted, 0 before the first."""
    newest = (
        select(func.max(unlock_answers.c.event_id))
        .join(unlock_requests, unlock_requests.c.id == unlock_answers.c.unlock_request_id)
        .where(
            unlock_requests.c.kind == kind.value,
            unlock_requests.c.entity_id == entity_id,
            unlock_answers.c.state == UnlockState.GRANTED.value,
        )
    )
    return connection.scalar(newest) or 0


def _check_countersign(
    connection: Connection, by: Reader, kind: SignedKind, entity_id: int, meaning: Meaning
) -> Row:
    signed = signed_row(connection, kind, entity_id)
    refuse_superseded(connection, kind, entity_id)
    if signed["account_id"] == by.id:
        raise NotAllowed(f"you signed {kind} {entity_id} yourself; another person countersigns it")
    since = _last_unlock(connection, kind, entity_id)
    mine = _of_thing(kind, entity_id).where(
        countersignatures.c.account_id == by.id, countersignatures.c.event_id > since
    )
    given = [countersignature_of(dict(row)) for row in connection.execute(mine).mappings()]
    if any(one.meaning is meaning for one in given):
        raise AlreadyThere(f"you gave {kind} {entity_id} your {meaning} already")
    return signed


def countersignature_of(row: Row) -> Countersignature:
    """Make a countersignature from what was signed."""
    content: dict[str, Any] = json.loads(row["content"])
    return Countersignature(
        id=row["id"],
        kind=SignedKind(content["of"]["kind"]),
        entity_id=content["of"]["id"],
        signer_id=content["reader"]["id"],
        signer_name=content["reader"]["full_name"],
        signed_at=datetime.fromisoformat(content["signed_at"]),
        meaning=Meaning(content["meaning"]),
        words=content["words"],
        signed_sha256=content["of"]["content_sha256"],
        content_sha256=row["content_sha256"],
    )
