"""A reading: what a person signed about a visit. Only a reading is a score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lesionscope.core.cdasi import Answer, Part, Score, check_answers, score
from lesionscope.core.measurement import BsaEstimate


class Meaning(StrEnum):
    """What a signature stands for."""

    AUTHORSHIP = "authorship"
    REVIEW = "review"
    APPROVAL = "approval"


class AnswerOrigin(StrEnum):
    """How an answer came about."""

    ENTERED = "entered"
    """The machine suggested nothing."""
    CONFIRMED = "confirmed"
    """The reader kept the suggested level."""
    OVERRIDDEN = "overridden"
    """The reader chose another level than the one suggested."""


def origin_of(answer: object, suggested: object | None) -> AnswerOrigin:
    """Return how an answer came about, given what was suggested for it; None is nothing.

    Examples
    --------
    >>> origin_of(2, 2).value, origin_of(1, 2).value, origin_of(1, None).value
    ('confirmed', 'overridden', 'entered')
    """
    if suggested is None:
        return AnswerOrigin.ENTERED
    return AnswerOrigin.CONFIRMED if answer == suggested else AnswerOrigin.OVERRIDDEN


@dataclass(frozen=True, eq=False)
class Reading:
    """The signed scores of one visit by one reader.

    Attributes
    ----------
    id, visit_id, reader_id : int
        Rows in the record.
    reader_name : str
        Full name under the signature.
    signed_at : datetime
        UTC.
    meaning : Meaning
        What the signature stands for.
    answers : mapping of str to int or str
        CDASI field key to level or "not assessable".
    origins : mapping of str to AnswerOrigin
        How each answer came about.
    bsa : BsaEstimate or None
        Involved body surface area of the visit that the reader signed, protocol convention.
    measurement_ids : tuple of int
        The measurements that lay before the reader.
    suggestions_shown : bool
        Whether the machine's suggestions were visible.
    content_sha256 : str
        Hash of what was signed.
    supersedes : int or None
        The reading that this one replaces; the old one stays.
    reason : str
        Why it replaces the older one.
    """

    id: int
    visit_id: int
    reader_id: int
    reader_name: str
    signed_at: datetime
    meaning: Meaning
    answers: Mapping[str, Answer]
    origins: Mapping[str, AnswerOrigin]
    bsa: BsaEstimate | None
    measurement_ids: tuple[int, ...]
    suggestions_shown: bool
    content_sha256: str
    supersedes: int | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        check_answers(self.answers)
        if self.signed_at.tzinfo is None:
            raise ValueError("signed_at must carry its time zone (UTC)")
        if self.supersedes is not None and not self.reason.strip():
            raise ValueError("a reading that supersedes another needs a reason")

    def score(self, part: Part) -> Score:
        """Total one part of the form, see `lesionscope.core.cdasi.score`."""
        return score(part, self.answers)
