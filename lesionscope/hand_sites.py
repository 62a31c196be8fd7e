"""Lesions of a photo of the hands, told apart: over the joints, between them, around the nails.

CDASI scores the backs of the hands and Gottron's papules or sign of the hands apart, and the skin
around the nails in an item of its own. One photo of the hands shows all three.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lesionscope.core.sites import HAND_SITES, Site
from lesionscope.imaging.handjoints import JointKind, JointRegion, joint_labels, joint_regions
from lesionscope.imaging.handprint import HandOutline
from lesionscope.imaging.resize import resized_mask

_MOST = 0.5
"""Share of a lesion that makes it a lesion of a region."""
_COVERED = 0.5
"""Share of a joint's skin from which on a large lesion counts over that joint as well."""


@dataclass(frozen=True)
class Place:
    """Where on the hands a lesion lies.

    Attributes
    ----------
    words : str
        Such as ``"PIP joint, left index finger"``.
    sites : tuple of Site
        Locations of the form that it counts for; empty for none of those that the photo is for.
    """

    words: str
    sites: tuple[Site, ...]


@dataclass(frozen=True, eq=False)
class HandMap:
    """The hands of a picture, their joints and nails.

    Attributes
    ----------
    regions : tuple of JointRegion
        In pixels of the picture.
    labels : ndarray of shape (H, W), uint8
        One more than the index of the region, 0 outside all.
    hands : ndarray of shape (H, W), bool
        Skin of the hands, from the wrist crease to the fingertips.
    """

    regions: tuple[JointRegion, ...]
    labels: NDArray[np.uint8]
    hands: NDArray[np.bool_]

    def place_of(self, lesion: NDArray[np.bool_]) -> Place:
        """Say where a lesion lies.

        Parameters
        ----------
        lesion : ndarray of shape (H, W), bool
            Not empty.

        Returns
        -------
        Place
        """
        area = int(lesion.sum())
        if int((lesion & self.hands).sum()) < _MOST * area:
            return Place("not on the hands", ())
        over = np.bincount(self.labels[lesion], minlength=len(self.regions) + 1)[1:]
        nails = np.array([region.kind is JointKind.NAIL for region in self.regions])
        if over[nails].sum() >= _MOST * area:
            return Place(self.regions[int(np.argmax(over * nails))].name, ())
        joints = np.flatnonzero((over >= _COVERED * self._sizes) & ~nails)
        if over[~nails].sum() >= _MOST * area:
            joint = self.regions[int(np.argmax(over * ~nails))].name
            words = f"over {len(joints)} joints" if len(joints) > 1 else joint
            return Place(words, (Site.GOTTRON_HANDS,))
        if len(joints):
            words = f"back of the hand and over {len(joints)} joint{'s' * (len(joints) > 1)}"
            return Place(words, (Site.DORSUM_HANDS, Site.GOTTRON_HANDS))
        return Place("back of the hand", (Site.DORSUM_HANDS,))

    @property
    def _sizes(self) -> NDArray[np.integer]:
        """Pixels of each region."""
        return np.bincount(self.labels.ravel(), minlength=len(self.regions) + 1)[1:]


def hand_map(
    site: Site, outlines: Sequence[HandOutline], shape: tuple[int, int], shrink: float
) -> HandMap | None:
    """Prepare a photo of the hands for `HandMap.place_of`.

    Parameters
    ----------
    site : Site
        What the photo was taken for.
    outlines : sequence of HandOutline
        Every hand in it.
    shape : tuple of int
        Height and width of the working picture.
    shrink : float
        Pixels of the working picture for each pixel of the photo.

    Returns
    -------
    HandMap or None
        None where the photo is of something else, or shows no back of a hand.
    """
    backs = [outline for outline in outlines if outline.shows != "palm"]
    if site not in HAND_SITES or not backs:
        return None
    regions = tuple(region for each in backs for region in joint_regions(each.hand, shrink))
    hands = np.logical_or.reduce([resized_mask(each.mask, shape) for each in backs])
    return HandMap(regions, joint_labels(regions, shape), np.asarray(hands))
