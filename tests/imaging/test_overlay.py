import io

import numpy as np
from PIL import Image

from lesionscope.imaging.overlay import (
    LESION_COLOUR,
    jpeg,
    outline_overlay,
    print_overlay,
    thumbnail_jpeg,
)
from lesionscope.imaging.resize import resized, resized_map, resized_mask

from .scenes import draw


def test_outline_is_drawn_on_a_copy_and_only_near_the_border() -> None:
    rgb, _, lesion = draw()
    before = rgb.copy()
    out = outline_overlay(rgb, lesion)
    assert np.array_equal(rgb, before)
    changed = (out != rgb).any(axis=2)
    assert (out == LESION_COLOUR).all(axis=2).any()
    assert changed.mean() < 0.05


def test_tint_covers_the_lesion() -> None:
    rgb, _, lesion = draw()
    out = outline_overlay(rgb, lesion, opacity=0.5)
    assert (out[lesion] != rgb[lesion]).any(axis=1).mean() > 0.99


def test_thumbnail_is_small_and_carries_no_metadata() -> None:
    rgb, _, _ = draw(size=(600, 900))
    picture = Image.open(io.BytesIO(thumbnail_jpeg(rgb, 320)))
    assert picture.size == (320, 213)
    assert not picture.getexif()
    assert Image.open(io.BytesIO(jpeg(rgb))).size == (900, 600)


def test_a_small_photo_is_not_enlarged() -> None:
    rgb, _, _ = draw(size=(60, 80))
    assert resized(rgb, 320) is rgb


def test_masks_keep_their_share_at_another_size() -> None:
    _, _, lesion = draw(size=(1200, 1600))
    small = resized_mask(lesion, (300, 400))
    assert abs(small.mean() - lesion.mean()) < 0.001
    back = resized_mask(small, lesion.shape)
    assert (back ^ lesion).mean() < 0.002
    assert resized_map(np.ones((4, 4), np.float32), (8, 8)).shape == (8, 8)


def test_outlines_for_paper_show_without_colour() -> None:
    photo = np.full((400, 600, 3), (200, 150, 130), np.uint8)
    lesion, hand = np.zeros((400, 600), bool), np.zeros((400, 600), bool)
    lesion[100:200, 100:200], hand[250:350, 400:500] = True, True
    before = photo.copy()
    drawn = print_overlay(photo, lesion, hand=hand, side=300)
    assert drawn.shape == (200, 300, 3)
    assert (photo == before).all()
    grey = drawn @ np.array([0.299, 0.587, 0.114])
    skin = grey[0, 0]
    for row, column in ((75, 50), (150, 200)):  # left borders of both, halved
        across = grey[row, column - 6 : column + 6]
        assert across.max() > skin + 15
        assert across.min() < 30
    thick = (np.abs(grey[75, 40:60] - skin) > 5).sum()
    thin = (np.abs(grey[150, 190:210] - skin) > 5).sum()
    assert thick > thin > 0
    assert (drawn[75, 75] == before[0, 0]).all()
