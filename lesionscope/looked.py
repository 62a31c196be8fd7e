"""Where the grading network looked in the lesion that a suggestion rests on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lesionscope.core.measurement import Item, Lesion, Measurement
from lesionscope.core.photo import Photo
from lesionscope.core.sites import Site
from lesionscope.imaging.crops import cut_field, field_of, lesion_crop
from lesionscope.imaging.overlay import heat_overlay
from lesionscope.imaging.regions import regions
from lesionscope.imaging.resize import resized_mask
from lesionscope.model.runtime import Grader
from lesionscope.revise import compared
from lesionscope.scoring.suggest import counts, worst_lesion

SIDE = 480
"""Pixels on a side of each of the two pictures."""


def lesion_behind(found: Measurement, site: Site, item: Item) -> Lesion | None:
    """Return the lesion that the suggestion of an item rests on, or None where none was graded.

    Parameters
    ----------
    found : Measurement
        Of one photo.
    site : Site
        Location of the suggestion.
    item : Item
        Its item.

    Returns
    -------
    Lesion or None
    """
    skin_px = max(int(found.skin_mask.sum()), 1)
    here = [lesion for lesion in found.lesions if lesion.sites is None or site in lesion.sites]
    return worst_lesion([lesion for lesion in here if counts(lesion, skin_px)], item)


def crop_of(
    photo: Photo, found: Measurement, lesion: Lesion
) -> tuple[NDArray[np.float32], tuple[float, float, float]]:
    """Cut out a lesion again as the grading network was shown it.

    Parameters
    ----------
    photo : Photo
        The photo that `found` was made from.
    found : Measurement
        Its measurement.
    lesion : Lesion
        One of its lesions.

    Returns
    -------
    crop : ndarray of shape (5, S, S), float32
        See `lesionscope.imaging.crops.lesion_crop`.
    field : tuple of float
        (row, column, side) of the crop in pixels of the photo.
    """
    work, _, against = compared(photo, found, found.lesion_map.mask)
    mask = resized_mask(found.lesion_map.mask, (work.shape[0], work.shape[1]))
    _, labels = regions(work, mask, against)
    own = labels == lesion.label
    shrink = work.shape[0] / photo.size[0]
    scale = found.calibration.mm_per_px
    mm_per_px = None if scale is None else scale / shrink
    crop = lesion_crop(
        photo.pixels,
        own,
        against.clear_density,
        mm_per_px,
        colour_matrix=found.calibration.colour_matrix,
    )
    row, col, side = field_of(own, mm_per_px)
    return crop, (row / shrink, col / shrink, side / shrink)


def looked_at(
    photo: Photo, found: Measurement, lesion: Lesion, item: Item, grader: Grader
) -> NDArray[np.uint8]:
    """Draw a lesion as it is, and beside it what in it moved the network most.

    Parameters
    ----------
    photo : Photo
        The photo that `found` was made from.
    found : Measurement
        Its measurement.
    lesion : Lesion
        One of its lesions.
    item : Item
        What was suggested.
    grader : Grader
        The network; see `lesionscope.model.runtime.Grader.attention` for what the heat means.

    Returns
    -------
    ndarray of shape (S, 2 S, 3), uint8
        Left the photo, right the same in grey with the heat and the outline.
    """
    crop, field = crop_of(photo, found, lesion)
    heat = grader.attention(crop, item.value)
    picture = cut_field(photo.pixels, field, SIDE)
    return np.hstack([picture, heat_overlay(picture, heat, crop[4] > 0.5)])
