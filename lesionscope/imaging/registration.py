"""Registration of a follow-up photo onto a baseline photo of the same skin.

1. Features are found on skin alone (`lesionscope.imaging.skin_features`).
2. Several *first guesses* of the map are made: features that are alike wherever they lie, the
   outline of the skin, and the points of a clinician where given.
3. Each guess is made finer: features are paired again where it expects them, a similarity is
   fitted that tolerates changed lesions (RANSAC), then a smooth bounded deformation about it
   (`lesionscope.imaging.deformation`), three times with less reach. The guess that ends with most
   pairs in agreement stands.
4. The result says how far off it may be, and is *refused* with a reason when the pairs are too
   few, cover too little of the shared skin, or the map is not one that two photos of one skin can
   have. With few pairs it must also be found from the follow-up's side: edges of clothes look
   alike on two people, but not from both sides.

Steps 2 and 3 are in `lesionscope.imaging.pairing`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.deformation import Deformation
from lesionscope.imaging.pairing import SkinView, first_guesses, refined
from lesionscope.imaging.skin_features import Points

FEWEST_PAIRS = 40
"""Fewer pairs in agreement than this and the two photos may as well show two people."""
CERTAIN_PAIRS = 150
"""With so many no other first guess is tried, and no map from the other side is asked for."""
LEAST_COVER = 0.25
"""Least share of the shared skin that must lie near a pair in agreement."""
LEAST_SHARED = 0.03
"""Least share of the baseline's skin that the follow-up must show."""
MOST_ERROR = 0.02
"""Largest expected error, as a share of the follow-up's longer side: 10 mm in a view of 50 cm."""
MOST_ZOOM, MOST_SLANT = 4.0, 2.0
"""Largest change of scale, and of the ratio of two directions, between the two photos."""
MOST_LEFT = 0.03
"""How far the map may lie from a marked spot, as a share of the follow-up's longer side. On
rendered patients it lay within 0.012 where the skin was the same and beyond 0.12 where not."""
_COVERED = 0.05  # of the longer side: skin this near to a pair counts as covered
_RETURNS = 0.01  # of the longer side: there and back must end this near to the start
_SAMPLE = 1500


@dataclass(frozen=True, eq=False)
class Registration:
    """Where the skin of a baseline photo lies in a follow-up photo.

    Attributes
    ----------
    base_shape, follow_shape : tuple of int
        Height and width of the two photos.
    deformation : Deformation or None
        The map from baseline to follow-up pixels; None when refused.
    pairs : int
        Features in agreement with the map.
    cover : float
        Share of the baseline's skin that lies near such a feature, 0 to 1.
    expected_error_px : float or None
        Expected distance between where a point of skin is and where the map puts it, median over
        the shared skin, in pixels of the follow-up photo; None when refused.
    guess : str
        What the map began with: "features", "outline" or "points".
    refused : str
        Why there is no map, in words; empty when there is one.
    """

    base_shape: tuple[int, int]
    follow_shape: tuple[int, int]
    deformation: Deformation | None
    pairs: int
    cover: float
    expected_error_px: float | None
    guess: str = ""
    refused: str = ""

    def __post_init__(self) -> None:
        if bool(self.refused) != (self.deformation is None):
            raise ValueError("a registration is refused, with a reason, or has a map")

    def map_points(self, points: Points) -> Points:
        """Return where baseline points lie in the follow-up photo.

        Parameters
        ----------
        points : ndarray of shape (N, 2)
            (x, y) in pixels of the baseline; the centre of the top-left pixel is (0, 0).

        Returns
        -------
        ndarray of shape (N, 2), float64
            (x, y) in pixels of the follow-up; nan where the registration was refused.
        """
        asked = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        if self.deformation is None:
            return np.full_like(asked, np.nan)
        return self.deformation.map(asked)

    def error_px(self, points: Points) -> NDArray[np.float64]:
        """Return the expected error at baseline points, in pixels of the follow-up photo."""
        asked = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        if self.deformation is None:
            return np.full(len(asked), np.nan)
        return expected_error(self.deformation, asked)

    def field(self) -> NDArray[np.float32]:
        """Return where every baseline pixel lies in the follow-up photo.

        Returns
        -------
        ndarray of shape (H, W, 2), float32
            (x, y) in pixels of the follow-up; nan where the registration was refused.
        """
        if self.deformation is None:
            return np.full((*self.base_shape, 2), np.nan, np.float32)
        return self.deformation.field(self.base_shape)


def register(
    base: SkinView, follow: SkinView, *, points: tuple[Points, Points] | None = None
) -> Registration:
    """Find where the skin of one photo lies in another.

    Parameters
    ----------
    base, follow : SkinView
        The two photos.
    points : tuple of two ndarrays of shape (K, 2), optional
        Two or more spots that a person recognised: (x, y) in the baseline and in the follow-up.
        The map begins with them and is then made finer.

    Returns
    -------
    Registration
        Refused, with a reason, where the two photos do not agree well enough.

    Raises
    ------
    ValueError
        If fewer than two points are given, or not as many in one photo as in the other.
    """
    if points is not None:
        _check_points(points)
    there = _one_way(base, follow, points)
    if points is not None and not there.refused:
        return _kept_to(there, points, (base, follow))
    if there.refused or there.pairs >= CERTAIN_PAIRS:
        return there
    back = _one_way(follow, base, None)
    if back.refused or not _returns(base, there, back):
        return _refusal(
            base,
            follow,
            f"Only {there.pairs} spots of skin agree in both photos, and seen from the other "
            f"photo they are others. {_MARK}",
        )
    return there


def _check_points(points: tuple[Points, Points]) -> None:
    one, other = points
    if one.shape != other.shape or one.ndim != 2 or one.shape[1] != 2 or len(one) < 2:
        raise ValueError(
            "two or more points are needed, as (x, y), the same number in both photos; "
            f"got {one.shape} and {other.shape}"
        )


def _kept_to(
    there: Registration, points: tuple[Points, Points], views: tuple[SkinView, SkinView]
) -> Registration:
    """Refuse a map that left the spots which a person marked: it found something else."""
    base, follow = views
    off = float(np.linalg.norm(there.map_points(points[0]) - points[1], axis=1).max())
    if off <= MOST_LEFT * follow.side:
        return there
    return _refusal(
        base,
        follow,
        f"What agrees in both photos lies {off:.0f} pixels off a marked spot. Mark the spots anew, "
        "or lay the photos on each other for the eye alone.",
    )


def _one_way(
    base: SkinView, follow: SkinView, points: tuple[Points, Points] | None
) -> Registration:
    best: tuple[Deformation, Points] | None = None
    began_with = ""
    for name, guess in first_guesses(base, follow, points):
        found = refined(guess, base, follow)
        if best is None or len(found[1]) > len(best[1]):
            best, began_with = found, name
        if len(best[1]) >= CERTAIN_PAIRS:
            break
    if best is None:
        return _refusal(base, follow, "No skin was found that both photos could share.")
    return _judged(*best, (base, follow), began_with)


def expected_error(deformation: Deformation, points: Points) -> NDArray[np.float64]:
    """Return how far from the truth mapped points may be expected, in follow-up pixels."""
    spread = np.hypot(deformation.sd_px(points), deformation.residual_px)
    # The mean length of a two-dimensional normal deviate is sqrt(pi / 2) standard deviations.
    return np.asarray(np.sqrt(np.pi / 2) * spread)


_MARK = "Mark two or three spots that you recognise in both."


def _judged(
    deformation: Deformation, agreeing: Points, views: tuple[SkinView, SkinView], guess: str
) -> Registration:
    """Accept a map with its expected error, or refuse it."""
    base, follow = views
    skin = _sample(base.skin)
    shared = skin[_on_skin(deformation.map(skin), follow.skin)]
    cover = _covered(shared, agreeing, _COVERED * base.side)
    error = expected_error(deformation, shared) if len(shared) else np.array([np.inf])
    typical = float(np.median(error))
    reason = ""
    if len(agreeing) < FEWEST_PAIRS:
        reason = (
            f"Only {len(agreeing)} spots of skin agree in both photos; {FEWEST_PAIRS} are needed. "
            f"{_MARK}"
        )
    elif not _possible(deformation.affine):
        reason = "The photos agree only if skin is mirrored or torn."
    elif len(shared) < LEAST_SHARED * len(skin) or cover < LEAST_COVER:
        reason = f"Only {cover:.0%} of the skin in both lies near a spot that both photos show."
    elif typical > MOST_ERROR * follow.side:
        reason = f"Points would be {typical:.0f} pixels off, too far to compare lesions."
    if reason:
        return _refusal(base, follow, reason)
    return Registration(base.shape, follow.shape, deformation, len(agreeing), cover, typical, guess)


def _possible(affine: NDArray[np.float64]) -> bool:
    """Return whether two photos of one skin can differ by such a map."""
    zoom = np.linalg.svd(affine[:, :2], compute_uv=False)
    upright = np.linalg.det(affine[:, :2]) > 0
    return bool(
        upright and 1 / MOST_ZOOM <= zoom[1] <= zoom[0] <= min(MOST_ZOOM, MOST_SLANT * zoom[1])
    )


def _returns(base: SkinView, there: Registration, back: Registration) -> bool:
    """Return whether most shared skin comes back to where it was."""
    skin = _sample(base.skin)
    went = there.map_points(skin)
    inside = _on_skin(went, np.ones(there.follow_shape, bool))
    home = np.linalg.norm(back.map_points(went[inside]) - skin[inside], axis=1)
    return bool(inside.any() and np.median(home) < _RETURNS * base.side)


def _refusal(base: SkinView, follow: SkinView, reason: str) -> Registration:
    return Registration(base.shape, follow.shape, None, 0, 0.0, None, "", reason)


def _sample(skin: NDArray[np.bool_]) -> Points:
    """Return points spread evenly over the skin."""
    step = max(1, round(float(np.sqrt(skin.sum() / _SAMPLE))))
    y, x = np.nonzero(skin[::step, ::step])
    return np.column_stack([x, y]).astype(np.float64) * step


def _covered(skin: Points, source: Points, reach: float) -> float:
    if len(skin) == 0 or len(source) == 0:
        return 0.0
    far = np.linalg.norm(skin[:, None] - source[None], axis=2).min(axis=1)
    return float((far < reach).mean())


def _on_skin(points: Points, skin: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which points lie on the skin of a photo."""
    column, row = np.rint(points).astype(np.int64).T
    inside = (column >= 0) & (row >= 0) & (column < skin.shape[1]) & (row < skin.shape[0])
    on = np.zeros(len(points), bool)
    on[inside] = skin[row[inside], column[inside]]
    return on
