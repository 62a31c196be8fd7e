import pytest

from lesionscope.core.comparison import Alignment, Change, Comparison, Fate, LesionChange
from lesionscope.core.measurement import Interval
from lesionscope.core.sites import Site

ALIGNED = Alignment(began_with="features", pairs=300, cover=0.9, error_px=2.0)


def test_a_change_is_within_error_when_its_interval_holds_no_change() -> None:
    assert Change(1.2, Interval(0.9, 1.5), 1.0, "ratio").within_error
    assert not Change(0.7, Interval(0.6, 0.8), 1.0, "ratio").within_error
    assert not Change(0.2, Interval(0.1, 0.3), 0.0, "log units").within_error


def test_impossible_values_are_refused() -> None:
    with pytest.raises(ValueError, match="must lie in its interval"):
        Change(2.0, Interval(0.9, 1.5), 1.0, "ratio")
    with pytest.raises(ValueError, match="refused, with a reason"):
        Alignment()
    with pytest.raises(ValueError, match="refused, with a reason"):
        Alignment(refused="other skin", error_px=2.0)


def test_photos_that_are_not_aligned_have_no_change() -> None:
    change = Change(1.2, Interval(0.9, 1.5), 1.0, "ratio")
    with pytest.raises(ValueError, match="have no change"):
        Comparison("a", "b", Site.ARM, Alignment("other skin"), area=change)


def test_lesions_are_counted_by_fate() -> None:
    lesions = tuple(
        LesionChange(n, fate, (0, 0), 1, 1)
        for n, fate in enumerate((Fate.NEW, Fate.NEW, Fate.GROWN))
    )
    found = Comparison("a", "b", Site.ARM, ALIGNED, lesions=lesions)
    assert (found.count(Fate.NEW), found.count(Fate.GROWN), found.count(Fate.RESOLVED)) == (2, 1, 0)
