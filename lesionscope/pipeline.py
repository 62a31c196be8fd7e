"""One photo, from its bytes to a `Measurement`: a straight descent through the stages.

No stage reaches back into an earlier one and none writes anything. A poor photo yields
findings, a missing scale yields ``Calibration(source=NONE)`` and a body surface area of None.
The pipeline stands above the stages that it calls, the network's runtime among them, so that
`imaging` and `model` stay unknown to each other.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lesionscope import __version__
from lesionscope.core.measurement import Calibration, LesionMap, Measurement
from lesionscope.core.photo import CaptureFinding, Photo
from lesionscope.core.sites import Site
from lesionscope.imaging.chart_colours import apply_correction
from lesionscope.imaging.decode import decode
from lesionscope.imaging.lesion import (
    LIKELY,
    Contrast,
    classical_probability,
    contrast,
    lesion_mask,
)
from lesionscope.imaging.resize import resized, resized_map, resized_mask
from lesionscope.imaging.skin import SkinMask, skin_mask
from lesionscope.model.runtime import Grader
from lesionscope.model.segmenter import SIDE as SEGMENTER_SIDE
from lesionscope.model.segmenter import Segmenter
from lesionscope.quantify import Frame, Networks, Stopwatch, finding_of, quantify
from lesionscope.ruler import Ruler, find_ruler

WORK_SIDE = 1000
"""Longer side, in pixels, of the picture that colour is measured on: results then do not depend
on the camera's resolution, and a 12 MP photo costs no more than a small one."""


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
    """Return the network that marks skin and lesions, loaded once."""
    return Segmenter.load()


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
        ruler = find_ruler(photo, marker_mm)
    with clock.stage("skin and lesion"):
        work = _true_colours(resized(photo.pixels, WORK_SIDE), ruler.calibration)
        hand = resized_mask(ruler.hand_mask, (work.shape[0], work.shape[1]))
        # A palm is redder than the body it lies on without being ill; a back of a hand is not.
        spared = hand if ruler.calibration.details.get("hand_shows") != "dorsum" else hand & False
        skin, found, probability, mask = _marked(work, hand, spared, method)
        drawn_by = f"LesionScope {__version__}, {method.value}"
        lesion_map = LesionMap(
            resized_map(probability, photo.size), resized_mask(mask, photo.size), drawn_by
        )
    frame = Frame(photo, site, work, skin, found, ruler)
    return quantify(frame, lesion_map, clock, _networks(grader, segmented=method is Method.NETWORK))


def _true_colours(rgb: NDArray[np.uint8], calibration: Calibration) -> NDArray[np.uint8]:
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
    skin = SkinMask(resized_map(seen.skin, size) >= 0.5, False)
    on_body = skin.mask & ~spared
    probability = np.where(on_body, resized_map(seen.lesion, size), np.float32(0))
    rough = np.asarray(probability >= LIKELY)
    found = contrast(work, skin.mask, excluded=hand, lesion=rough)
    return skin, found, probability, lesion_mask(probability, found, on_body, edge_rule=False)


def correct(
    photo: Photo,
    found: Measurement,
    mask: NDArray[np.bool_],
    *,
    drawn_by: str,
    grader: Grader | None = None,
) -> Measurement:
    """Measure a photo again under a lesion mask that a person drew.

    The drawn mask stands as it is; scale, skin and hand stay those of the first measurement.

    Parameters
    ----------
    photo : Photo
        The photo that `found` was made from.
    found : Measurement
        The measurement to correct.
    mask : ndarray of shape (H, W), bool
        The corrected lesions, size of the photo.
    drawn_by : str
        Who drew it.
    grader : Grader, optional
        The network that suggests sub-scores; by default the one shipped.

    Returns
    -------
    Measurement

    Raises
    ------
    ValueError
        If the photo is another one or the mask has another size.
    """
    if photo.sha256 != found.photo_sha256:
        raise ValueError("the measurement was made from another photo")
    if mask.shape != photo.size:
        raise ValueError(f"the mask must have the size of the photo {photo.size}, got {mask.shape}")
    clock = Stopwatch()
    with clock.stage("lesion"):
        work = _true_colours(resized(photo.pixels, WORK_SIDE), found.calibration)
        size = work.shape[0], work.shape[1]
        drawn = np.asarray(mask, dtype=bool)
        skin = resized_mask(found.skin_mask | drawn, size)
        hand = resized_mask(found.hand_mask, size)
        against = contrast(work, skin, excluded=hand, lesion=resized_mask(drawn, size))
    ruler = Ruler(found.calibration, found.hand_mask, ())
    frame = Frame(photo, found.site, work, SkinMask(skin, False), against, ruler)
    lesion_map = LesionMap(drawn.astype(np.float32), drawn, drawn_by)
    again = quantify(frame, lesion_map, clock, _networks(grader, segmented=False))
    return replace(again, findings=_kept(found.findings, again.findings))


def _networks(grader: Grader | None, *, segmented: bool) -> Networks:
    graded_by = grader or default_grader()
    if not segmented:
        return Networks(graded_by, graded_by.version)
    return Networks(graded_by, f"{default_segmenter().version}, {graded_by.version}")


def _as_photo(photo: Photo | Path | str | bytes) -> Photo:
    if isinstance(photo, Photo):
        return photo
    if isinstance(photo, bytes):
        return read_photo(photo)
    path = Path(photo)
    return read_photo(path.read_bytes(), path.name)


def _kept(
    before: tuple[CaptureFinding, ...], after: tuple[CaptureFinding, ...]
) -> tuple[CaptureFinding, ...]:
    """Keep the first findings, each replaced by what the corrected measurement says of it."""
    new = {finding.code: finding for finding in after}
    old = tuple(new.pop(finding.code, finding) for finding in before)
    return old + tuple(new.values())
