"""Countersignatures and unlocks: what other people add to something that was signed.

A reading or form is signed by its author. Others may review or approve it: their signature names
the hash of what lay before them, and changes nothing of it. What was approved is locked: it can be
superseded only after one person asked for that with a reason and a second person agreed.

References
----------
21 CFR 11.50 (name, time and meaning of a signature) and 11.70 (a signature cannot be moved to
another record). ICH E6(R3) section 4.2 (changes to locked data are justified and authorised).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lesionscope.core.reading import Meaning

COUNTER_MEANINGS = (Meaning.REVIEW, Meaning.APPROVAL)
"""What a countersignature may stand for; authorship is the first signature's."""


class SignedKind(StrEnum):
    """Kind of thing that is signed, and can be countersigned and unlocked."""

    READING = "reading"
    FORM = "form"


class UnlockState(StrEnum):
    """What became of a request to unlock."""

    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"


@dataclass(frozen=True)
class Countersignature:
    """A second person's signature under something that was signed.

    Attributes
    ----------
    id : int
        Row in the record.
    kind : SignedKind
        Kind of what was signed.
    entity_id : int
        Row of what was signed.
    signer_id : int
        Account of the second person.
    signer_name : str
        Full name under the countersignature.
    signed_at : datetime
        UTC.
    meaning : Meaning
        Review or approval.
    words : str
        What the signer wrote beside it; may be empty.
    signed_sha256 : str
        Hash of what was countersigned.
    content_sha256 : str
        Hash of the countersignature itself.
    """

    id: int
    kind: SignedKind
    entity_id: int
    signer_id: int
    signer_name: str
    signed_at: datetime
    meaning: Meaning
    words: str
    signed_sha256: str
    content_sha256: str

    def __post_init__(self) -> None:
        if self.meaning not in COUNTER_MEANINGS:
            raise ValueError(f"a countersignature is a review or approval, got {self.meaning}")
        if self.signed_at.tzinfo is None:
            raise ValueError("signed_at must carry its time zone (UTC)")


@dataclass(frozen=True)
class Unlock:
    """A request to unlock something approved, and what a second person answered.

    Attributes
    ----------
    id : int
        Row of the request.
    kind : SignedKind
        Kind of what was signed.
    entity_id, visit_id : int
        Row of what was signed, and of its visit.
    asked_by_id : int
        Account of who asked.
    asked_by : str
        Full name of who asked.
    asked_at : datetime
        UTC.
    reason : str
        Why it should be unlocked.
    state : UnlockState
        Open until it is answered.
    answered_by : str
        Full name of the second person; empty while open.
    answered_at : datetime or None
        UTC.
    answer : str
        What the second person wrote; the reason of a refusal.
    """

    id: int
    kind: SignedKind
    entity_id: int
    visit_id: int
    asked_by_id: int
    asked_by: str
    asked_at: datetime
    reason: str
    state: UnlockState = UnlockState.OPEN
    answered_by: str = ""
    answered_at: datetime | None = None
    answer: str = ""
