import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesionscope.core.sites import Side, Site
from lesionscope.imaging.pairing import SkinView
from lesionscope.overlap import VisitView, seen_again
from tests.imaging.textured_skin import disc, photo, texture

# One large picture of skin; photos of the visit are windows of it, at known places and scales.
WHOLE = (700, 1200)
SKIN = texture(1, WHOLE)
LESION = disc(350, 350, 60, WHOLE) | disc(620, 300, 50, WHOLE) | disc(900, 400, 60, WHOLE)
RGB = photo(SKIN, lesion=LESION)


def window(left: int, right: int, site: Site = Site.ARM, *, coarse: int = 1) -> VisitView:
    cut = np.s_[::coarse, left:right:coarse]
    rgb, lesion = np.ascontiguousarray(RGB[cut]), np.ascontiguousarray(LESION[cut])
    view = SkinView(rgb, np.ones(rgb.shape[:2], bool))
    return VisitView(site, Side.LEFT, view, lesion)


def shown_by(left: int, right: int, other_left: int, other_right: int) -> float:
    """Share of the lesions of the first window that the second shows."""
    columns = np.arange(WHOLE[1])
    mine = LESION & (columns >= left) & (columns < right)
    both = mine & (columns >= other_left) & (columns < other_right)
    return float(both.sum() / mine.sum())


@settings(max_examples=4, deadline=None)
@given(st.integers(350, 700))
def test_the_share_seen_twice_is_the_overlap_of_the_windows(start: int) -> None:
    one, other = seen_again([window(0, 800), window(start, 1200)])
    shares = sorted((one.share, other.share))
    assert shares[0] == 0  # one of the two is the better view and counts whole
    truths = (shown_by(0, 800, start, 1200), shown_by(start, 1200, 0, 800))
    assert shares[1] == pytest.approx(truths[0 if one.share else 1], abs=0.03)
    assert one.cluster == other.cluster


def test_the_nearer_view_counts() -> None:
    near, far = window(200, 800), window(0, 1200, coarse=2)
    for order in ((near, far), (far, near)):
        found = dict(zip(("first", "second"), seen_again(order), strict=True))
        near_found, far_found = (
            (found["first"], found["second"])
            if order[0] is near
            else (found["second"], found["first"])
        )
        assert near_found.share == 0
        assert far_found.share == pytest.approx(shown_by(0, 1200, 200, 800), abs=0.04)


def test_three_views_count_every_lesion_once() -> None:
    views = [window(0, 620), window(250, 950), window(560, 1200)]
    counted = sum(
        (1 - found.share) * view.lesion.sum()
        for found, view in zip(seen_again(views), views, strict=True)
    )
    assert counted == pytest.approx(LESION.sum(), rel=0.03)


def test_sites_that_do_not_border_are_not_looked_at_and_other_skin_stands_alone() -> None:
    elsewhere = window(0, 800, Site.SCALP)
    other = photo(texture(2, (700, 800)))
    stranger = VisitView(
        Site.ARM, Side.LEFT, SkinView(other, np.ones((700, 800), bool)), np.ones((700, 800), bool)
    )
    found = seen_again([window(0, 800), elsewhere, stranger])
    assert [each.share for each in found] == [0, 0, 0]
    assert len({each.cluster for each in found}) == 3
    assert seen_again([]) == ()
