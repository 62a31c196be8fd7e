from dataclasses import replace

import numpy as np
import pytest

from lesionscope.core.comparison import Fate
from lesionscope.core.lesion_course import LesionCourse
from lesionscope.core.measurement import Calibration, CalibrationSource, Estimate, Interval
from lesionscope.exchange.course_files import course_document, course_from
from lesionscope.series import (
    AreaUnit,
    Layer,
    area_trend,
    area_unit,
    at_series_size,
    erythema_trend,
    lesion_courses,
)
from tests.imaging.textured_skin import SIZE, disc, photo, texture
from tests.test_follow_up import measured

UNIT = AreaUnit(0.01, "cm²")
DAYS = [0.0, 30.0, 60.0]
STABLE = disc(150, 150, 40)
SHRINKS = [disc(400, 200, radius) for radius in (60, 42, 30)]
COMES = [disc(600, 450, radius) for radius in (0, 20, 35)]
GOES = [disc(150, 450, radius) for radius in (30, 0, 0)]
NEVER = np.zeros(SIZE, bool)


def layer(visit: int, *, shared: np.ndarray | None = None, shift: int = 0) -> Layer:
    lesion = STABLE | SHRINKS[visit] | COMES[visit] | GOES[visit]
    lesion = np.roll(lesion, shift, axis=1)
    blood = np.where(lesion, np.float32(0.4 - 0.1 * visit), np.float32(0.0))
    seen = np.ones(SIZE, bool) if shared is None else shared
    chance = lesion.astype(np.float32)
    return Layer(lesion, seen, chance, blood.astype(np.float32), 0.01)


def at(courses: tuple[LesionCourse, ...], x: float, y: float) -> LesionCourse:
    side = max(SIZE)
    return min(courses, key=lambda c: np.hypot(c.centre[0] * side - x, c.centre[1] * side - y))


@pytest.fixture(scope="module")
def courses() -> tuple[LesionCourse, ...]:
    found, _ = lesion_courses([layer(0), layer(1, shift=2), layer(2, shift=-1)], 3.0, UNIT)
    return found


def test_every_lesion_is_one_through_the_visits(courses: tuple[LesionCourse, ...]) -> None:
    assert [course.number for course in courses] == [1, 2, 3, 4]
    shrinks = at(courses, 400, 200)
    assert shrinks.number == 1
    areas = [point.area.value for point in shrinks.points if point]
    truth = [mask.sum() * UNIT.per_px for mask in SHRINKS]
    assert areas == pytest.approx(truth, rel=0.01)
    assert [course.fates[2] for course in courses] == [
        Fate.SHRUNK,
        Fate.WITHIN_ERROR,
        Fate.NEW,
        Fate.RESOLVED,
    ]


def test_the_trend_is_the_rate_and_says_where_it_is_error(
    courses: tuple[LesionCourse, ...],
) -> None:
    shrinking = area_trend(at(courses, 400, 200), DAYS)
    assert shrinking is not None
    assert shrinking.per_month == pytest.approx(0.5, abs=0.02)
    assert not shrinking.within_error
    stable = area_trend(at(courses, 150, 150), DAYS)
    assert stable is not None
    assert stable.within_error
    assert area_trend(at(courses, 150, 450), DAYS) is None
    paling = erythema_trend(at(courses, 150, 150), DAYS)
    assert paling is not None
    assert paling.per_month == pytest.approx(-0.1, abs=0.01)
    assert not paling.within_error


def test_a_lesion_out_of_view_is_neither_gone_nor_small() -> None:
    left = np.arange(SIZE[1])[None].repeat(SIZE[0], 0) < 300
    found, _ = lesion_courses([layer(0), layer(1, shared=left), layer(2)], 3.0, UNIT)
    shrinks = at(found, 400, 200)
    assert shrinks.points[1] is None
    assert shrinks.fates[1] is Fate.NOT_IN_BOTH
    assert shrinks.fates[2] is Fate.SHRUNK
    trend = area_trend(shrinks, DAYS)
    assert trend is not None
    assert trend.visits == 2
    assert trend.per_month == pytest.approx(0.5, abs=0.02)


def test_areas_are_read_on_skin_that_every_view_shows() -> None:
    """A third of the lesion hidden at one visit: the areas of all visits shrink alike."""
    most = np.arange(SIZE[1])[None].repeat(SIZE[0], 0) < 415
    always = Layer(
        SHRINKS[0], np.ones(SIZE, bool), SHRINKS[0].astype("f4"), np.zeros(SIZE, "f4"), 0.01
    )
    found, _ = lesion_courses([always, replace(always, shared=most)], 3.0, UNIT)
    areas = [point.area.value for point in found[0].points if point]
    assert areas[0] == areas[1]
    assert found[0].fates[1] is Fate.WITHIN_ERROR


def test_numbers_lie_under_the_lesions(courses: tuple[LesionCourse, ...]) -> None:
    _, numbers = lesion_courses([layer(0), layer(1), layer(2)], 3.0, UNIT)
    assert numbers[200, 400] == at(courses, 400, 200).number
    assert (numbers > 0).sum() == np.logical_or.reduce([layer(i).lesion for i in range(3)]).sum()


def test_skin_without_lesions_has_no_course() -> None:
    clear = Layer(NEVER, ~NEVER, NEVER.astype(np.float32), NEVER.astype(np.float32), 0.01)
    found, numbers = lesion_courses([clear, clear], 3.0, UNIT)
    assert found == ()
    assert not numbers.any()


def test_a_course_comes_back_from_its_document(courses: tuple[LesionCourse, ...]) -> None:
    for course in courses:
        again = course_from(course_document(course))
        assert again.fates == course.fates
        assert again.points == course.points
        assert [c is None for c in again.area_changes] == [c is None for c in course.area_changes]


def test_a_large_photo_is_compared_small_with_the_scale_of_its_pixels() -> None:
    rgb = photo(texture(1))
    whole = measured(rgb, STABLE, mm_per_px=0.5)
    small = at_series_size(whole.photo, whole.found, 400)
    assert small.photo.size == (300, 400)
    assert small.photo.sha256 == whole.photo.sha256
    assert small.found.calibration.mm_per_px == pytest.approx(1.0)
    assert small.found.lesion_map.mask.sum() == pytest.approx(STABLE.sum() / 4, rel=0.05)
    assert at_series_size(whole.photo, whole.found, 4000).photo is whole.photo


def test_the_unit_follows_what_was_measured() -> None:
    scaled = measured(photo(texture(1)), STABLE, mm_per_px=0.5)
    assert area_unit(scaled) == AreaUnit(0.0025, "cm²")
    area = Estimate(20.0, Interval(15.0, 25.0), "cm2")
    told = replace(scaled.found, area_cm2=area)
    assert area_unit(type(scaled)(scaled.photo, told)).per_px == pytest.approx(20 / STABLE.sum())
    bare = replace(scaled.found, calibration=Calibration(CalibrationSource.NONE))
    assert area_unit(type(scaled)(scaled.photo, bare)).name.startswith("%")


def test_a_course_needs_one_entry_for_each_visit(courses: tuple[LesionCourse, ...]) -> None:
    with pytest.raises(ValueError, match="one entry"):
        replace(courses[0], fates=courses[0].fates[:1])
    with pytest.raises(ValueError, match="shows"):
        replace(courses[0], points=(None, None, None))
