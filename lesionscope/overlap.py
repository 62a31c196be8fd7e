"""Skin that two photos of one visit show, so that the visit's total counts it once.

Photos of the same site, or of sites that border each other, are laid onto each other
(`lesionscope.imaging.registration`). Where that succeeds, the *better view* of shared skin is the
one that gives it more pixels: nearer, and less at a slant. Lesions of the worse view that the
better one shows too are told, and `lesionscope.scoring.bsa.visit_total` leaves them out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lesionscope.core.sites import Side, Site, may_share_skin
from lesionscope.imaging.aligned import pulled_mask
from lesionscope.imaging.pairing import SkinView
from lesionscope.imaging.registration import Registration, register

SIDE = 1200
"""Longer side, in pixels, that photos of a visit are compared at."""


@dataclass(frozen=True, eq=False)
class VisitView:
    """One photo of a visit, as far as its overlap with others depends on it.

    Attributes
    ----------
    site, side : Site, Side
        What it was taken for.
    view : SkinView
        The photo and the skin of the body in it.
    lesion : ndarray of shape (H, W), bool
        Lesional skin.
    """

    site: Site
    side: Side
    view: SkinView
    lesion: NDArray[np.bool_]


@dataclass(frozen=True)
class SeenAgain:
    """What of a photo's lesions a better view of the same visit shows too.

    Attributes
    ----------
    share : float
        Share of its lesional skin, 0 to 1.
    again_in : tuple of int
        The better views, as positions in the visit.
    cluster : int
        Photos that were laid onto each other, directly or through others, share a number.
    """

    share: float
    again_in: tuple[int, ...]
    cluster: int


def seen_again(views: Sequence[VisitView]) -> tuple[SeenAgain, ...]:
    """Find the lesional skin that more than one photo of a visit shows.

    Parameters
    ----------
    views : sequence of VisitView
        The photos of one visit.

    Returns
    -------
    tuple of SeenAgain
        One for each photo.
    """
    maps = _maps(views)
    resolution = _resolutions(len(views), maps)
    joined = coo_array(
        (np.ones(len(maps)), tuple(np.array(list(maps) or [(0, 0)]).T[:, : len(maps)])),
        shape=(len(views), len(views)),
    )
    _, cluster = connected_components(joined, directed=False)
    return tuple(_seen(views, maps, number, (resolution, cluster)) for number in range(len(views)))


def _maps(views: Sequence[VisitView]) -> dict[tuple[int, int], Registration]:
    """Return the map from each photo to each other that shares skin with it."""
    maps = {}
    for i, one in enumerate(views):
        for j, other in enumerate(views[:i]):
            if not may_share_skin((one.site, one.side), (other.site, other.side)):
                continue
            there = register(one.view, other.view)
            back = register(other.view, one.view) if not there.refused else there
            if not back.refused:
                maps[i, j], maps[j, i] = there, back
    return maps


def _resolutions(count: int, maps: dict[tuple[int, int], Registration]) -> NDArray[np.float64]:
    """Return how many pixels each photo gives to the same skin, log, up to a constant.

    Each map says how its two photos compare; over three and more the answers are balanced by
    least squares.
    """
    rows, sides = [np.zeros(count)], [0.0]
    for (source, target), found in maps.items():
        if found.deformation is None:
            continue
        row = np.zeros(count)
        row[target], row[source] = 1.0, -1.0
        rows.append(row)
        sides.append(float(np.log(np.linalg.det(found.deformation.affine[:, :2]))))
    return np.asarray(np.linalg.lstsq(np.array(rows), np.array(sides), rcond=None)[0])


def _seen(
    views: Sequence[VisitView],
    maps: dict[tuple[int, int], Registration],
    number: int,
    order: tuple[NDArray[np.float64], NDArray[np.int32]],
) -> SeenAgain:
    resolution, cluster = order
    lesion = views[number].lesion
    covered = np.zeros_like(lesion)
    again = []
    for other in range(len(views)):
        rank = (resolution[other], -other) > (resolution[number], -number)
        if (number, other) not in maps or not rank:
            continue
        shown = pulled_mask(views[other].view.skin, maps[number, other].field())
        if (shown & lesion).any():
            again.append(other)
            covered |= shown
    share = float((covered & lesion).sum() / max(1, lesion.sum()))
    return SeenAgain(share, tuple(again), int(cluster[number]))
