"""What happens to a patient between and at the visits, so that a change can be understood."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

LONGEST_WORDS = 200
"""Characters that an event may be described in: it stands beside a chart."""


class EventKind(StrEnum):
    """Kind of an event of a patient."""

    DOSE = "dose"
    """The study treatment was started, changed, paused or stopped."""
    FLARE = "flare"
    """The disease got worse."""
    OTHER_TREATMENT = "other treatment"
    """Anything else that acts on the skin or the disease, such as a steroid."""
    ADVERSE_EVENT = "adverse event"
    SUN = "sun exposure"
    OTHER = "other"


@dataclass(frozen=True)
class PatientEvent:
    """One event of a patient, as it was recorded.

    Attributes
    ----------
    id, patient_id : int
        Rows in the record.
    day : date
        Day on which it happened.
    kind : EventKind
        What sort of event.
    words : str
        What happened, 1 to `LONGEST_WORDS` characters on one line, without personal data.
    recorded_at : datetime
        UTC.
    recorded_by : str
        Full name of who recorded it.
    withdrawn : str
        Why it was withdrawn; empty while it counts.
    """

    id: int
    patient_id: int
    day: date
    kind: EventKind
    words: str
    recorded_at: datetime
    recorded_by: str
    withdrawn: str = ""

    def __post_init__(self) -> None:
        check_event_words(self.words)
        if self.recorded_at.tzinfo is None:
            raise ValueError("recorded_at must carry its time zone (UTC)")

    def describe(self) -> str:
        """Say the event on one line, such as ``"Flare: face, after a day at the sea"``."""
        return f"{self.kind.value.capitalize()}: {self.words}"


def check_event_words(words: str) -> None:
    """Refuse a description that says nothing, is too long, or has more than one line.

    Raises
    ------
    ValueError
        With what was needed.
    """
    if not 1 <= len(words.strip()) <= LONGEST_WORDS or not words.isprintable():
        raise ValueError(
            f"an event is described in 1 to {LONGEST_WORDS} characters on one line, "
            f"got {len(words.strip())}"
        )
