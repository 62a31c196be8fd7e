import numpy as np

from lesionscope.imaging.aligned import (
    BOTH_COLOUR,
    change_map,
    lesion_groups,
    pulled,
    pulled_mask,
)
from lesionscope.imaging.body_skin import body_skin
from tests.imaging.textured_skin import disc, field_of

SIZE = (120, 160)


def test_what_is_pulled_lies_in_the_frame_of_the_baseline() -> None:
    shift = field_of(np.array([[1.0, 0, 10], [0, 1.0, -5]]), size=SIZE)
    follow = disc(80, 60, 20, SIZE)
    assert (pulled_mask(follow, shift) == disc(70, 65, 20, SIZE)).all()
    ramp = np.tile(np.arange(160, dtype=np.float32), (120, 1))
    there = pulled(ramp, shift)
    assert there[60, 20] == 30
    assert (there[:, 151:] == 0).all()


def test_lesions_that_nearly_touch_are_one() -> None:
    base, follow = disc(40, 60, 15, SIZE), disc(74, 60, 15, SIZE)
    assert lesion_groups(base, follow, 1).max() == 2
    assert lesion_groups(base, follow, 8).max() == 1
    assert (lesion_groups(base, follow, 8)[~(base | follow)] == 0).all()


def test_the_map_shows_new_gone_and_kept_skin() -> None:
    rgb = np.full((*SIZE, 3), 150, np.uint8)
    base, follow = disc(60, 60, 25, SIZE), disc(90, 60, 25, SIZE)
    shared = np.arange(160)[None].repeat(120, 0) < 140
    drawn = change_map(rgb, base, follow, shared).astype(int)
    gone, new, kept, unseen = (drawn[60, x] for x in (42, 108, 75, 150))
    assert gone[2] > gone[0] + 50
    assert new[0] > new[2] + 50
    assert np.ptp(kept) < 5
    assert unseen.max() < 100
    assert (drawn == BOTH_COLOUR).all(axis=-1).any()
    assert (rgb == 150).all()


def test_ruler_and_marker_are_not_skin_of_the_body() -> None:
    skin = np.ones(SIZE, bool)
    corners = np.array([[100.0, 20], [120, 20], [120, 40], [100, 40]])
    body = body_skin(skin, disc(40, 60, 20, SIZE), corners)
    assert not body[60, 40]
    assert not body[30, 110]
    assert not body[30, 125]  # the white paper around it
    assert body[100, 140]
    assert (body_skin(skin, skin & False) == skin).all()
