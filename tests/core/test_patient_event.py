from datetime import UTC, date, datetime

import pytest

from lesionscope.core.patient_event import LONGEST_WORDS, EventKind, PatientEvent

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def event(words: str = "face, after a day at the sea", at: datetime = NOW) -> PatientEvent:
    return PatientEvent(1, 1, date(2026, 2, 1), EventKind.FLARE, words, at, "Ana")


def test_an_event_says_what_happened() -> None:
    assert event().describe() == "Flare: face, after a day at the sea"


@pytest.mark.parametrize("words", ["", "  ", "two\nlines", "x" * (LONGEST_WORDS + 1)])
def test_words_that_say_nothing_or_too_much_are_refused(words: str) -> None:
    with pytest.raises(ValueError, match="1 to 200 characters on one line"):
        event(words)


def test_a_time_needs_its_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        event(at=datetime(2026, 3, 1))
