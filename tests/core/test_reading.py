from datetime import UTC, datetime

import pytest

from lesionscope.core.cdasi import ITEMS, Part
from lesionscope.core.reading import Meaning, Reading


def reading(**changed: object) -> Reading:
    given: dict[str, object] = {
        "id": 1,
        "visit_id": 1,
        "reader_id": 1,
        "reader_name": "A Reader",
        "signed_at": datetime(2026, 1, 2, tzinfo=UTC),
        "meaning": Meaning.AUTHORSHIP,
        "answers": {item.key: 0 for item in ITEMS},
        "origins": {},
        "bsa": None,
        "measurement_ids": (),
        "suggestions_shown": True,
        "content_sha256": "0" * 64,
    }
    return Reading(**(given | changed))  # type: ignore[arg-type]


def test_a_reading_has_two_totals() -> None:
    signed = reading()
    assert signed.score(Part.ACTIVITY).total == 0
    assert signed.score(Part.DAMAGE).total == 0


def test_a_reading_outside_the_rubric_cannot_exist() -> None:
    with pytest.raises(ValueError, match="0 to 3"):
        reading(answers={"arm.erythema": 9})


def test_times_carry_their_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        reading(signed_at=datetime(2026, 1, 2))


def test_superseding_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="reason"):
        reading(supersedes=1)
    assert reading(supersedes=1, reason="wrong side").supersedes == 1
