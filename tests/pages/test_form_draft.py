from __future__ import annotations

import pytest

from lesionscope.core.patient_reported import dlqi
from lesionscope.core.pga import FIVE_LEVELS, VISUAL_ANALOGUE, pga
from lesionscope.core.reading import AnswerOrigin
from lesionscope.pages.form_draft import FormDraft, form_draft_from

DLQI = dlqi()


def test_an_answer_is_put_down_changed_and_taken_back() -> None:
    draft = FormDraft().answer(DLQI, "sport", 2).answer(DLQI, "work", 3)
    assert draft.answers == {"sport": 2, "work": 3}
    assert draft.answer(DLQI, "sport", None).answers == {"work": 3}
    with pytest.raises(ValueError, match="sport must be 0 to 3"):
        draft.answer(DLQI, "sport", 4)


def test_filling_leaves_what_was_answered() -> None:
    draft = FormDraft().answer(DLQI, "sport", 2).fill(DLQI, ("sport", "work"), 0)
    assert draft.answers == {"sport": 2, "work": 0}


def test_a_draft_comes_back_from_the_record() -> None:
    draft = FormDraft({"sport": 2}, supersedes=4)
    assert form_draft_from(draft.content(DLQI), DLQI) == draft
    assert form_draft_from(None, DLQI) == FormDraft()


def test_an_answer_on_another_scale_is_no_answer_any_more() -> None:
    on_five = FormDraft({"skin_activity": 3}).content(pga(FIVE_LEVELS))
    kept = form_draft_from(on_five, pga(VISUAL_ANALOGUE))
    assert (kept.answers, kept.rescaled) == ({}, ("skin_activity",))
    assert form_draft_from(on_five, pga(FIVE_LEVELS)).answers == {"skin_activity": 3}


def test_origins_follow_from_what_was_proposed() -> None:
    draft = FormDraft({"sport": 2, "work": 1, "house": 0})
    assert draft.origins({"sport": 2, "work": 3}) == {
        "sport": AnswerOrigin.CONFIRMED,
        "work": AnswerOrigin.OVERRIDDEN,
        "house": AnswerOrigin.ENTERED,
    }
