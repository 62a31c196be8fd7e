from __future__ import annotations

import numpy as np
import pytest

from lesionscope.imaging.patch import Patch
from lesionscope.pages import clicks
from lesionscope.pages.components.click_relay import Click, Question
from lesionscope.pages.measuring import Bench
from tests.pages.conftest import Clinic

LESION = np.zeros((120, 160), bool)
LESION[20:60, 20:60] = True


def ask(
    clinic: Clinic, click: Click, at: tuple[int, int], mask: np.ndarray = LESION
) -> clicks.Answer:
    bench = Bench(clinic.store, clinic.owner, None)
    question = Question(click, at, mask, None)
    return clicks.answered(bench, clinic.arm, clinic.measurement, question)


def whole(patch: Patch | None) -> np.ndarray:
    mask = np.zeros((120, 160), bool)
    if patch is not None:
        height, width = patch.mask.shape
        mask[patch.top : patch.top + height, patch.left : patch.left + width] = patch.mask
    return mask


def test_a_click_out_takes_the_area_that_was_clicked(clinic: Clinic) -> None:
    other = np.zeros((120, 160), bool)
    other[80:100, 60:90] = True
    answer = ask(clinic, Click.REMOVE, (70, 90), LESION | other)
    assert np.array_equal(whole(answer.removed), other)
    assert answer.added is None


@pytest.mark.parametrize(
    ("click", "at", "words"),
    [(Click.REMOVE, (150, 10), clicks.OUTSIDE), (Click.ADD, (150, 10), clicks.NO_EDGE)],
)
def test_a_click_on_nothing_says_so(
    clinic: Clinic, click: Click, at: tuple[int, int], words: str
) -> None:
    answer = ask(clinic, click, at)
    assert answer.words == words
    assert not whole(answer.added).any()
    assert not whole(answer.removed).any()


def test_what_a_reader_drew_outlives_a_click_on_clear_skin(clinic: Clinic) -> None:
    # The photo is of one colour: against any of its skin nothing is lesion, and all of the
    # software's outline goes. What was drawn stays, what was taken out stays out.
    drawn = LESION.copy()
    drawn[100:110, 20:40] = True
    drawn[20:30, 20:60] = False
    answer = ask(clinic, Click.CLEAR_SKIN, (130, 40), drawn)
    after = drawn & ~whole(answer.removed) | whole(answer.added)
    stays = np.zeros((120, 160), bool)
    stays[100:110, 20:40] = True
    assert np.array_equal(after, stays)
