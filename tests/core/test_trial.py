from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesionscope.core.people import Visit
from lesionscope.core.schedule import PlannedVisit, Shot
from lesionscope.core.sites import Side
from lesionscope.core.trial import NOT_PLANNED, Timing, missing_shots, place_visits

DAY0 = date(2026, 3, 2)


def planned(name: str, label: str, day: int, early: int = 0, late: int = 0) -> PlannedVisit:
    return PlannedVisit(name, label, day, early, late, None, (), "s")


SCHEDULE = (
    planned("screening", "Screening", -14, 7, 7),
    planned("baseline", "Baseline", 0),
    planned("week_4", "Week 4", 28, 3, 5),
    planned("week_12", "Week 12", 84, 7, 7),
)


def held(number: int, day: int, label: str) -> Visit:
    return Visit(number, 1, DAY0 + timedelta(days=day), label)


BASELINE = held(1, 0, "Baseline")


def timing_of(day: int, label: str = "Week 4") -> tuple[Timing, int]:
    course = place_visits(SCHEDULE, [BASELINE, held(2, day, label)], today=DAY0)
    return course.placed[2].timing, course.placed[2].days_off


@pytest.mark.parametrize(
    ("day", "timing", "off"),
    [
        (24, Timing.EARLY, -1),
        (25, Timing.IN_WINDOW, 0),
        (28, Timing.IN_WINDOW, 0),
        (33, Timing.IN_WINDOW, 0),
        (34, Timing.LATE, 1),
    ],
)
def test_each_edge_of_a_window(day: int, timing: Timing, off: int) -> None:
    assert timing_of(day) == (timing, off)


@pytest.mark.parametrize(
    ("day", "timing"),
    [
        (24, Timing.NOT_YET_DUE),
        (25, Timing.DUE),
        (33, Timing.DUE),
        (34, Timing.MISSING),
    ],
)
def test_a_visit_that_was_not_held_is_missing_only_once_its_window_has_closed(
    day: int, timing: Timing
) -> None:
    course = place_visits(SCHEDULE, [BASELINE], today=DAY0 + timedelta(days=day))
    assert course.placed[2].timing is timing
    assert course.placed[2].held is None


@settings(deadline=None)
@given(st.integers(-3, 200), st.integers(1, 90), st.integers(0, 30), st.integers(0, 30))
def test_days_off_is_the_distance_to_the_window(day: int, on: int, early: int, late: int) -> None:
    early = min(early, on - 1)
    schedule = (planned("baseline", "Baseline", 0), planned("v", "V", on, early, late))
    visit = place_visits(schedule, [BASELINE, held(2, day, "V")], today=DAY0).placed[1]
    window = range(on - early, on + late + 1)
    assert abs(visit.days_off) == min(abs(day - inside) for inside in window)
    assert (visit.timing is Timing.IN_WINDOW) == (day in window)
    assert (visit.timing is Timing.EARLY) == (day < on - early)
    assert (visit.timing is Timing.LATE) == (day > on + late)
    assert visit.study_day == day


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(-40, 120), st.sampled_from(["Baseline", "Week 4", "week_12", "", "X"])
        ),
        max_size=12,
    ),
    st.integers(-50, 200),
    st.integers(-3000, 3000),
)
def test_every_held_visit_is_placed_once_or_unscheduled_and_dates_may_shift(
    visits: list[tuple[int, str]], today: int, shift: int
) -> None:
    given_ = [held(number, day, label) for number, (day, label) in enumerate(visits)]
    course = place_visits(SCHEDULE, given_, today=DAY0 + timedelta(days=today))
    placed = [one.held.id for one in course.placed if one.held]
    assert sorted([*placed, *(one.id for one in course.unscheduled)]) == list(range(len(visits)))
    moved = [Visit(v.id, 1, v.day + timedelta(days=shift), v.label) for v in given_]
    later = place_visits(SCHEDULE, moved, today=DAY0 + timedelta(days=today + shift))
    assert [one.timing for one in later.placed] == [one.timing for one in course.placed]


def test_without_a_baseline_nothing_can_be_placed() -> None:
    course = place_visits(SCHEDULE, [held(2, 28, "Week 4")], today=DAY0)
    assert {one.timing for one in course.placed} == {Timing.NO_BASELINE}
    assert [one.id for one in course.unscheduled] == [2]
    assert course.placed[2].describe() == "Week 4: no baseline visit to count from"


def test_a_visit_of_another_name_takes_the_window_it_lies_in() -> None:
    course = place_visits(SCHEDULE, [BASELINE, held(2, 30, "Visit 2")], today=DAY0)
    assert course.placed[2].held is not None
    assert course.placed[2].held.id == 2


def test_the_name_goes_before_the_window() -> None:
    # Held in the window of week 12 and called week 4: it is a late week 4.
    course = place_visits(SCHEDULE, [BASELINE, held(2, 84, "week 4")], today=DAY0)
    assert course.placed[2].describe() == "Week 4: 51 days late"
    assert course.placed[3].held is None


def test_of_two_visits_of_one_name_the_nearest_counts_and_the_other_is_named() -> None:
    course = place_visits(
        SCHEDULE, [BASELINE, held(2, 20, "Week 4"), held(3, 29, "Week 4")], today=DAY0
    )
    assert course.placed[2].held is not None
    assert course.placed[2].held.id == 3
    assert [one.id for one in course.unscheduled] == [2]


def test_a_visit_before_the_baseline_is_placed_by_its_negative_day() -> None:
    course = place_visits(SCHEDULE, [BASELINE, held(2, -10, "Screening")], today=DAY0)
    assert (course.placed[0].timing, course.placed[0].study_day) == (Timing.IN_WINDOW, -10)


def test_what_is_said_of_a_visit() -> None:
    course = place_visits(
        SCHEDULE, [BASELINE, held(2, 24, "Week 4")], today=DAY0 + timedelta(days=80)
    )
    assert [one.describe() for one in course.placed] == [
        "Screening: missing, its window closed on 2026-02-23",
        "Baseline: in window (day 0)",
        "Week 4: 1 day early",
        "Week 12: due, 2026-05-18 to 2026-06-01",
    ]


@pytest.mark.parametrize(
    ("shot", "taken", "shown"),
    [
        (Shot("face"), [Side.MIDLINE], True),
        (Shot("face"), [Side.LEFT], False),
        (Shot("hands"), [Side.LEFT, Side.RIGHT], True),
        (Shot("arm", Side.LEFT), [Side.LEFT], True),
        (Shot("arm", Side.LEFT), [Side.RIGHT], False),
        (Shot("arm", Side.LEFT), [Side.MIDLINE], True),
        (Shot("arm", Side.LEFT), [], False),
    ],
)
def test_which_photo_shows_what_a_shot_asks_for(shot: Shot, taken: list[Side], shown: bool) -> None:
    photos = [(shot.view, side) for side in taken]
    assert missing_shots([shot], photos) == (() if shown else (shot,))
    assert missing_shots([shot], [("back", Side.MIDLINE)]) == (shot,)


sides = st.sampled_from(Side)
views = st.sampled_from(["face", "arm", "hands"])


@settings(deadline=None)
@given(st.lists(st.tuples(views, sides)), st.tuples(views, sides))
def test_one_more_photo_never_makes_more_missing(
    taken: list[tuple[str, Side]], more: tuple[str, Side]
) -> None:
    required = [Shot("face"), Shot("arm", Side.LEFT), Shot("arm", Side.RIGHT), Shot("hands")]
    before = missing_shots(required, taken)
    after = missing_shots(required, [*taken, more])
    assert set(after) <= set(before)
    assert (
        missing_shots(required, [(view, Side.MIDLINE) for view in ("face", "arm", "hands")]) == ()
    )


def test_what_a_person_chose_comes_before_name_and_day() -> None:
    named, other = held(2, 28, "Week 4"), held(3, 30, "Extra")
    visits = [BASELINE, named, other]
    by_name = place_visits(SCHEDULE, visits, today=DAY0)
    assert by_name.placed[2].held == named
    assert by_name.unscheduled == (other,)
    chosen = place_visits(SCHEDULE, visits, today=DAY0, chosen={3: "week_4"})
    assert chosen.placed[2].held == other
    assert chosen.unscheduled == (named,)
    neither = place_visits(SCHEDULE, visits, today=DAY0, chosen={2: NOT_PLANNED, 3: NOT_PLANNED})
    assert neither.placed[2].held is None
    assert neither.unscheduled == (named, other)


def test_a_chosen_baseline_is_the_day_that_counts() -> None:
    first, second = held(1, 0, "Baseline"), held(2, 7, "Baseline, repeated")
    course = place_visits(SCHEDULE, [first, second], today=DAY0, chosen={2: "baseline"})
    assert course.placed[1].held == second
    assert course.placed[2].opens == DAY0 + timedelta(days=7 + 25)
    assert course.unscheduled == (first,)


def test_a_choice_that_the_schedule_lost_counts_as_none() -> None:
    visits = [BASELINE, held(2, 28, "Week 4")]
    course = place_visits(SCHEDULE, visits, today=DAY0, chosen={2: "week_3"})
    assert course.placed[2].held == visits[1]


@given(
    days=st.lists(st.integers(0, 120), max_size=6, unique=True),
    data=st.data(),
)
@settings(max_examples=60, deadline=None)
def test_no_visit_is_lost_or_counted_twice(days: list[int], data: st.DataObject) -> None:
    visits = [BASELINE] + [held(n, day, f"V{n}") for n, day in enumerate(days, start=2)]
    plans = [plan.id for plan in SCHEDULE] + [NOT_PLANNED]
    wishes = data.draw(st.lists(st.sampled_from(plans), max_size=len(visits)))
    chosen = {visit.id: plan for visit, plan in zip(visits, wishes, strict=False)}
    course = place_visits(SCHEDULE, visits, today=DAY0, chosen=chosen)
    placed = [one.held for one in course.placed if one.held is not None]
    assert sorted(v.id for v in [*placed, *course.unscheduled]) == [v.id for v in visits]
    assert all(v.id not in {p.id for p in placed} for v in course.unscheduled)
