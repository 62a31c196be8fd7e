from __future__ import annotations

import pytest

from lesionscope.core.case import Scores, case_items
from lesionscope.core.cdasi import NOT_ASSESSABLE
from lesionscope.core.field import FromPhoto
from lesionscope.core.sites import CDASI_LOCATIONS, Site


def test_only_what_a_photo_can_show_is_asked() -> None:
    for item in case_items([*CDASI_LOCATIONS, Site.GOTTRON_HANDS]):
        assert item.from_photo is not FromPhoto.NEVER
    assert [item.key for item in case_items([Site.ARM])] == [
        "arm.erythema",
        "arm.scale",
        "arm.erosion",
    ]
    assert case_items([Site.ANTERIOR_CHEST, Site.OTHER]) == ()


def test_points_are_the_sum_of_levels() -> None:
    assert Scores({"arm.erythema": 2, "arm.scale": 1}).points == 3
    assert Scores({"arm.erythema": 2, "arm.scale": NOT_ASSESSABLE}).points is None
    assert Scores({}, 3.0).points is None


@pytest.mark.parametrize(("answers", "area"), [({"arm.erythema": 4}, None), ({}, 101), ({}, -0.1)])
def test_scores_outside_the_form_are_refused(answers: dict[str, int], area: float | None) -> None:
    with pytest.raises(ValueError, match=r"erythema|0 to 100"):
        Scores(answers, area)
