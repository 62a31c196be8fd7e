"""One photo, from its bytes to a `Measurement`: a straight descent through the stages.

No stage reaches back into an earlier one and none writes anything. A poor photo yields
findings, a missing scale yields ``Calibration(source=NONE)`` and a body surface area of None.
The pipeline stands above the stages that it calls, the network's runtime among them, so that
`imaging` and `model` stay unknown to each other.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lesionscope import __version__
from lesionscope.cast import without_cast
from lesionscope.core.body import PatientBody
from lesionscope.core.measurement import Calibration, LesionMap, Measurement
from lesionscope.core.photo import Photo
from lesionscope.core.sites import Site
from lesionscope.imaging.border import border_probability, lesion_mask, with_colour
from lesionscope.imaging.chart_colours import apply_correction
from lesionscope.imaging.decode import decode
from lesionscope.imaging.lesion import Contrast, classical_probability, contrast
from lesionscope.imaging.resize import resized, resized_map, resized_mask
from lesionscope.imaging.skin import SkinMask, skin_mask
from lesionscope.model.lesion_marker import LesionMarker
from lesionscope.model.runtime import Grader
from lesionscope.model.segmenter import SIDE as SEGMENTER_SIDE
from lesionscope.model.segmenter import Segmenter
from lesionscope.quantify import Frame, Networks, Stopwatch, finding_of, quantify
from lesionscope.ruler import find_ruler

WORK_SIDE = 1100
"""Longer side, in pixels, of the picture that lesions and colour are measured on: results then do
not depend on the camera's resolution, and a 12 MP photo costs no more than a small one."""


class Method(StrEnum):
    """What marks skin and lesions."""

    NETWORK = "network"
    """The trained network; learnt on drawn views and licensed photos."""
    CLASSICAL = "classical"
    """Haemoglobin contrast against clear skin, by rules alone."""


@lru_cache(maxsize=1)
def default_grader() -> Grader:
    """Return the network that ships with the software, loaded once."""
    return Grader.load()


@lru_cache(maxsize=1)
def default_segmenter() -> Segmenter:
    """Return the network that marks skin, loaded once."""
    return Segmenter.load()


@lru_cache(maxsize=1)
def default_marker() -> LesionMarker:
    """Return the network that marks lesions on skin, loaded once."""
    return LesionMarker.load()


def read_photo(data: bytes, name: str = "") -> Photo:
    """Decode the bytes of a photo.

    Parameters
    ----------
    data : bytes
        JPEG, PNG, TIFF, WebP or HEIC.
    name : str
        File name, for people only.

    Returns
    -------
    Photo

    Raises
    ------
    UnreadableImage
        With a sentence that says what was wrong and what to do.
    """
    decoded = decode(data)
    return Photo(
        pixels=decoded.pixels,
        sha256=decoded.sha256,
        name=name,
        taken_at=decoded.taken_at,
        findings=tuple(finding_of(note) for note in decoded.notes),
    )


def measure(
    photo: Photo | Path | str | bytes,
    *,
    site: Site = Site.OTHER,
    marker_mm: float = 20.0,
    grader: Grader | None = None,
    method: Method = Method.NETWORK,
    body: PatientBody | None = None,
    hand_at: tuple[float, float] | None = None,
) -> Measurement:
    """Measure one photo.

    Parameters
    ----------
    photo : Photo, path or bytes
        A decoded photo, or a file to decode.
    site : Site
        The body site that the photo was taken for.
    marker_mm : float
        Side of the printed ArUco marker, if one is in view.
    grader : Grader, optional
        The network that suggests sub-scores; by default the one shipped.
    method : Method
        Who marks skin and lesions: the trained network, or colour rules alone, each step of
        which can be followed (docs/methods.md).
    body : PatientBody, optional
        The patient's own hand, as measured once, and height and weight: with them a marker
        alone gives the patient's own handprints, and a hand alone gives cm2.
    hand_at : tuple of float, optional
        (x, y) in pixels of the upright photo: the hand chosen as the ruler where several are in
        view; by default the one that was laid down as the ruler is proposed.

    Returns
    -------
    Measurement
        What is not measurable is None, never zero.

    Raises
    ------
    UnreadableImage
        If a file or bytes are given that hold no readable photo.
    ValueError
        If `marker_mm` is not positive.

    Examples
    --------
    >>> from lesionscope import measure
    >>> from lesionscope.places import samples_folder
    >>> found = measure(samples_folder() / "real" / "photos" / "PHA_Figure_40_03_004.jpg")
    >>> found.bsa_protocol is None  # neither hand nor marker in view
    True
    """
    if not marker_mm > 0:
        raise ValueError(f"marker_mm must be positive, got {marker_mm}")
    photo = _as_photo(photo)
    clock = Stopwatch()
    with clock.stage("calibration"):
        ruler = find_ruler(photo, marker_mm, body=body, hand_at=hand_at)
    with clock.stage("skin and lesion"):
        work = true_colours(resized(photo.pixels, WORK_SIDE), ruler.calibration)
        hand = resized_mask(ruler.hand_mask, (work.shape[0], work.shape[1]))
        none = np.zeros(hand.shape, dtype=bool)
        spared = none if ruler.spared is None else resized_mask(ruler.spared, hand.shape)
        skin, found, probability, mask = _marked(work, hand, spared, method)
        balanced = without_cast(ruler, photo, work, found.clear)
        if balanced is not ruler:
            # What clear skin told of a strong cast is taken out, and everything is marked again.
            ruler, work = balanced, true_colours(work, balanced.calibration)
            skin, found, probability, mask = _marked(work, hand, spared, method)
        drawn_by = f"LesionScope {__version__}, {method.value}"
        lesion_map = LesionMap(
            resized_map(probability, photo.size), resized_mask(mask, photo.size), drawn_by
        )
    frame = Frame(photo, site, work, skin, found, ruler)
    return quantify(frame, lesion_map, clock, networks(grader, segmented=method is Method.NETWORK))


def true_colours(rgb: NDArray[np.uint8], calibration: Calibration) -> NDArray[np.uint8]:
    """Take the cast out of a picture by its colour chart, where one was found."""
    if calibration.colour_matrix is None:
        return rgb
    return apply_correction(rgb, calibration.colour_matrix)


def _marked(
    work: NDArray[np.uint8], hand: NDArray[np.bool_], spared: NDArray[np.bool_], method: Method
) -> tuple[SkinMask, Contrast, NDArray[np.float32], NDArray[np.bool_]]:
    """Mark skin and lesions by the chosen method, none of them where skin is spared."""
    if method is Method.CLASSICAL:
        skin = skin_mask(work)
        on_body = skin.mask & ~spared
        found = contrast(work, skin.mask, excluded=hand)
        probability = classical_probability(found, on_body)
        return skin, found, probability, lesion_mask(probability, found, on_body, edge_rule=True)
    seen = default_segmenter().segment(resized(work, SEGMENTER_SIDE))
    size = work.shape[0], work.shape[1]
    likely_skin = resized_map(seen.skin, size)
    skin = SkinMask(np.asarray(likely_skin >= 0.5), False)
    on_body = skin.mask & ~spared
    against = contrast(work, skin.mask, excluded=hand)
    marked = default_marker().mark(work, against.clear_density, likely_skin)
    probability = with_colour(np.where(on_body, marked, np.float32(0)), against, on_body)
    rough = np.asarray(probability >= border_probability(probability, on_body))
    found = contrast(work, skin.mask, excluded=hand, lesion=rough)
    return skin, found, probability, lesion_mask(probability, found, on_body, edge_rule=False)


def networks(grader: Grader | None, *, segmented: bool) -> Networks:
    """Return the network that grades, with the names of all that had a part.

    Parameters
    ----------
    grader : Grader or None
        None takes the one shipped.
    segmented : bool
        Whether networks drew the outline as well.

    Returns
    -------
    Networks
    """
    graded_by = grader or default_grader()
    if not segmented:
        return Networks(graded_by, graded_by.version)
    outlined_by = f"{default_segmenter().version}, {default_marker().version}"
    return Networks(graded_by, f"{outlined_by}, {graded_by.version}")


def _as_photo(photo: Photo | Path | str | bytes) -> Photo:
    if isinstance(photo, Photo):
        return photo
    if isinstance(photo, bytes):
        return read_photo(photo)
    path = Path(photo)
    return read_photo(path.read_bytes(), path.name)
