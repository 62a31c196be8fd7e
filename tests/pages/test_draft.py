from __future__ import annotations

import json

import pytest

from lesionscope.core.cdasi import ITEMS, NOT_ASSESSABLE
from lesionscope.core.reading import AnswerOrigin
from lesionscope.pages.draft import GROUPS, Draft, Suggested, draft_from, worst

RED = Suggested(2, 0.71, "a* +9.8", 1)


def test_the_groups_hold_every_field_once() -> None:
    keys = [item.key for group in GROUPS.values() for item in group]
    assert sorted(keys) == sorted(item.key for item in ITEMS)
    assert len(keys) == len(set(keys)) == 81


def test_nothing_is_answered_before_an_act() -> None:
    draft = Draft(suggestions_shown=True)
    assert draft.answers == {}
    assert draft.confirm({"arm.erythema": RED}).answers == {"arm.erythema": 2}


@pytest.mark.parametrize(
    ("answer", "seen", "origin"),
    [
        (2, True, AnswerOrigin.CONFIRMED),
        (1, True, AnswerOrigin.OVERRIDDEN),
        (NOT_ASSESSABLE, True, AnswerOrigin.OVERRIDDEN),
        (2, False, AnswerOrigin.ENTERED),
    ],
)
def test_the_origin_tells_what_the_reader_did(
    answer: int | str, seen: bool, origin: AnswerOrigin
) -> None:
    draft = Draft(suggestions_shown=seen).answer("arm.erythema", answer, RED)
    assert draft.origins == {"arm.erythema": origin}


def test_without_a_suggestion_an_answer_is_entered() -> None:
    draft = Draft(suggestions_shown=True).answer("arm.calcinosis", 1, None)
    assert draft.origins == {"arm.calcinosis": AnswerOrigin.ENTERED}


def test_confirming_keeps_what_the_reader_put_before() -> None:
    draft = Draft(suggestions_shown=True).answer("arm.erythema", 0, RED)
    assert draft.confirm({"arm.erythema": RED}).answers == {"arm.erythema": 0}


def test_a_field_becomes_blank_again() -> None:
    draft = Draft().answer("arm.erythema", 1, None).answer("arm.erythema", None, None)
    assert draft == Draft()


def test_a_level_outside_the_form_is_refused() -> None:
    with pytest.raises(ValueError, match="0 to 3"):
        Draft().answer("arm.erythema", 4, None)


def test_the_worst_photo_of_a_location_is_suggested() -> None:
    mild, sure = Suggested(1, 0.9, "", 2), Suggested(2, 0.8, "", 3)
    kept = worst([("arm.erythema", mild), ("arm.erythema", RED), ("arm.erythema", sure)])
    assert kept == {"arm.erythema": sure}


def test_a_draft_survives_the_record() -> None:
    draft = Draft(suggestions_shown=True, supersedes=4).fill(
        ["arm.erythema", "arm.scale"], NOT_ASSESSABLE, {"arm.erythema": RED}
    )
    assert draft_from(json.loads(json.dumps(draft.content()))) == draft
    assert draft_from(None) == Draft()
