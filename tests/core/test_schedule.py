import dataclasses

import pytest

from lesionscope.core.schedule import (
    PlannedVisit,
    Shot,
    ShotList,
    check_schedule,
    shot_from,
)
from lesionscope.core.sites import VIEWS, Side


def planned(name: str, day: int, early: int = 0, late: int = 0) -> PlannedVisit:
    return PlannedVisit(name, name.title(), day, early, late, None, ("cdasi",), "s")


@pytest.mark.parametrize("view", [view.id for view in VIEWS if view.id != "other"])
@pytest.mark.parametrize("side", [None, Side.LEFT, Side.RIGHT])
def test_a_shot_is_read_as_it_is_written(view: str, side: Side | None) -> None:
    shot = Shot(view, side)
    assert shot_from(str(shot)) == shot


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("elbow", "view must be one of"),
        ("arm both", "a side must be left or right"),
        ("arm left right", "a side must be left or right"),
        ("other", "asks for nothing"),
    ],
)
def test_a_shot_that_no_photographer_could_take_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        shot_from(text)
    with pytest.raises(ValueError, match="has no side"):
        Shot("arm", Side.MIDLINE)


def test_a_shot_list_has_each_shot_once_and_at_least_one() -> None:
    with pytest.raises(ValueError, match="at least one shot"):
        ShotList("a", (), "s")
    with pytest.raises(ValueError, match="got twice: arm left"):
        ShotList("a", (Shot("arm", Side.LEFT), Shot("face"), Shot("arm", Side.LEFT)), "s")


def test_neighbouring_windows_may_touch_and_not_overlap() -> None:
    base = planned("base", 0)
    check_schedule([base, planned("one", 10, 3, 4), planned("two", 20, 5, 0)])
    with pytest.raises(ValueError, match="one ends on day 15 and two begins on day 15"):
        check_schedule([base, planned("one", 10, 3, 5), planned("two", 20, 5, 0)])
    with pytest.raises(ValueError, match="base ends on day 0 and one begins on day 0"):
        check_schedule([base, planned("one", 10, 10, 0)])


def test_days_are_counted_from_exactly_one_baseline_in_order() -> None:
    with pytest.raises(ValueError, match="exactly one visit must be the baseline, day 0, got 0"):
        check_schedule([planned("one", 10)])
    with pytest.raises(ValueError, match="got 2"):
        check_schedule([planned("base", 0), planned("again", 0)])
    with pytest.raises(ValueError, match="in the order of their days, one is not"):
        check_schedule([planned("base", 0), planned("two", 20), planned("one", 10)])


def test_two_visits_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="got twice: base"):
        check_schedule([planned("base", 0), planned("base", 9)])
    named_alike = dataclasses.replace(planned("one", 9), label=" BASE ")
    with pytest.raises(ValueError, match="got twice: base"):
        check_schedule([planned("base", 0), named_alike])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": "Week 4"}, "an id is lower case"),
        ({"label": " "}, "needs a label"),
        ({"day": 4000}, "within 3660 days, got 4000"),
        ({"days_late": -1}, "0 or more days wide"),
        ({"day": 0, "days_early": 1}, "the baseline is day 0 by definition"),
        ({"instruments": ("bsa", "bsa")}, "listed once"),
    ],
)
def test_an_impossible_visit_is_refused(change: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        dataclasses.replace(planned("one", 10, 1, 1), **change)
