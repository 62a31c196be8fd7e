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
from lesionscope.cast import without_cast
from lesionscope.core.body import PatientBody
from lesionscope.core.measurement import Calibration, LesionMap, Measurement
from lesionscope.core.photo import CaptureFinding, Photo
from lesionscope.core.sites import HAND_SITES, Site
from lesionscope.imaging.chart_colours import apply_correction
from lesionscope.imaging.decode import decode
from lesionscope.imaging.grow import Ground, ground
from lesionscope.imaging.lesion import (
    Contrast,
    border_probability,
    classical_probability,
    contrast,
    lesion_mask,
    with_colour,
)
from lesionscope.imaging.reference import clear_contrast, heard_together
from lesionscope.imaging.resize import resized, resized_map, resized_mask
from lesionscope.imaging.skin import SkinMask, skin_mask
from lesionscope.model.lesion_marker import LesionMarker
from lesionscope.model.runtime import Grader
from lesionscope.model.segmenter import SIDE as SEGMENTER_SIDE
from lesionscope.model.segmenter import Segmenter
from lesionscope.quantify import Frame, Networks, Stopwatch, finding_of, quantify
from lesionscope.ruler import Ruler, find_ruler, hands_in

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
        work = _true_colours(resized(photo.pixels, WORK_SIDE), ruler.calibration)
        hand = resized_mask(ruler.hand_mask, (work.shape[0], work.shape[1]))
        none = np.zeros(photo.size, dtype=bool)
        spared = resized_mask(none if ruler.spared is None else ruler.spared, hand.shape)
        skin, found, probability, mask = _marked(work, hand, spared, method)
        balanced = without_cast(ruler, photo, work, found.clear)
        if balanced is not ruler:
            # What clear skin told of a strong cast is taken out, and everything is marked again.
            ruler, work = balanced, _true_colours(work, balanced.calibration)
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
    likely_skin = resized_map(seen.skin, size)
    skin = SkinMask(np.asarray(likely_skin >= 0.5), False)
    on_body = skin.mask & ~spared
    against = contrast(work, skin.mask, excluded=hand)
    marked = default_marker().mark(work, against.clear_density, likely_skin)
    probability = with_colour(np.where(on_body, marked, np.float32(0)), against, on_body)
    rough = np.asarray(probability >= border_probability(probability, on_body))
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

    The drawn mask stands as it is; scale, skin, hand and chosen clear skin stay those of the first
    measurement.

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
        drawn = np.asarray(mask, dtype=bool)
        work, skin, hand = _worked(photo, found, drawn)
        chosen = clear_skin_of(found.calibration)
        if chosen is None:
            lesion = resized_mask(drawn, skin.shape)
            against = contrast(work, skin, excluded=hand, lesion=lesion)
        else:
            against = clear_contrast(work, skin, _shrunk(chosen, photo, skin), excluded=hand)
    ruler = _ruler_again(photo, found, found.calibration)
    frame = Frame(photo, found.site, work, SkinMask(skin, False), against, ruler)
    lesion_map = LesionMap(drawn.astype(np.float32), drawn, drawn_by)
    again = quantify(frame, lesion_map, clock, _networks(grader, segmented=False))
    return replace(again, findings=_kept(found.findings, again.findings))


def with_reference(
    photo: Photo,
    found: Measurement,
    clear_skin: tuple[int, int],
    *,
    grader: Grader | None = None,
) -> Measurement:
    """Measure a photo again against the clear skin that a person pointed at.

    The colour there is the zero of the contrast. Skin like it is no lesion, skin clearly redder
    that the network hesitated over is; outline, probability and numbers follow. Scale, skin and
    hand stay those of the first measurement.

    Parameters
    ----------
    photo : Photo
        The photo that `found` was made from.
    found : Measurement
        By software alone, without a reference: its probability is what the network said.
    clear_skin : tuple of int
        (x, y) pixel of the photo, on clear skin.
    grader : Grader, optional
        The network that suggests sub-scores; by default the one shipped.

    Returns
    -------
    Measurement
        `clear_skin_of` its calibration returns the pixel again.

    Raises
    ------
    ValueError
        If the photo is another one or the pixel lies outside it.
    """
    if photo.sha256 != found.photo_sha256:
        raise ValueError("the measurement was made from another photo")
    clock = Stopwatch()
    with clock.stage("lesion"):
        work, skin, _ = _worked(photo, found)
        against, probability, mask = _referenced(photo, found, clear_skin)
        lesion_map = LesionMap(
            resized_map(probability, photo.size),
            resized_mask(mask, photo.size),
            f"{found.lesion_map.drawn_by}, clear skin chosen",
        )
    x, y = clear_skin
    details = {**found.calibration.details, "clear_skin_x": x, "clear_skin_y": y}
    calibration = replace(found.calibration, details=details)
    ruler = _ruler_again(photo, found, calibration)
    frame = Frame(photo, found.site, work, SkinMask(skin, False), against, ruler)
    again = quantify(frame, lesion_map, clock, _networks(grader, segmented=False))
    findings = _kept(found.findings, again.findings)
    return replace(again, findings=findings, model_version=found.model_version)


def outline_with_reference(
    photo: Photo, found: Measurement, clear_skin: tuple[int, int]
) -> NDArray[np.bool_]:
    """Return the outline of `with_reference` alone, in a fraction of the time.

    Parameters
    ----------
    photo : Photo
        The photo that `found` was made from.
    found : Measurement
        By software alone, without a reference.
    clear_skin : tuple of int
        (x, y) pixel of the photo, on clear skin.

    Returns
    -------
    ndarray of shape (H, W), bool
        Size of the photo.

    Raises
    ------
    ValueError
        If the pixel lies outside the photo.
    """
    return resized_mask(_referenced(photo, found, clear_skin)[2], photo.size)


def clear_skin_of(calibration: Calibration) -> tuple[int, int] | None:
    """Return the clear skin that a person chose as the reference.

    Parameters
    ----------
    calibration : Calibration
        Of a measurement.

    Returns
    -------
    tuple of int or None
        (x, y) pixel of the photo; None where nobody chose.
    """
    x, y = (calibration.details.get(f"clear_skin_{axis}") for axis in "xy")
    return None if x is None or y is None else (int(x), int(y))


def growing_ground(photo: Photo, found: Measurement) -> Ground:
    """Prepare a measured photo for regions that grow from a click.

    Parameters
    ----------
    photo : Photo
        The photo that `found` was made from.
    found : Measurement
        Its measurement.

    Returns
    -------
    Ground
        At the size that lesions are measured at.
    """
    work, skin, hand = _worked(photo, found)
    lesion = resized_mask(found.lesion_map.mask, skin.shape)
    return ground(work, skin, skin & ~hand & ~lesion)


def _worked(
    photo: Photo, found: Measurement, drawn: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the working picture of a measured photo, its skin and the ruler hand in it."""
    work = _true_colours(resized(photo.pixels, WORK_SIDE), found.calibration)
    size = work.shape[0], work.shape[1]
    skin = found.skin_mask if drawn is None else found.skin_mask | drawn
    return work, resized_mask(skin, size), resized_mask(found.hand_mask, size)


def _ruler_again(photo: Photo, found: Measurement, calibration: Calibration) -> Ruler:
    """Return the ruler of a measured photo; joints are looked for again where lesions need them."""
    outlines = tuple(hands_in(photo)) if found.site in HAND_SITES else ()
    return Ruler(calibration, found.hand_mask, (), found.hands, outlines=outlines)


def _shrunk(at: tuple[int, int], photo: Photo, work: NDArray[np.bool_]) -> tuple[int, int]:
    """Bring a pixel of the photo to the working picture."""
    return (
        at[0] * work.shape[1] // photo.size[1],
        at[1] * work.shape[0] // photo.size[0],
    )


def _referenced(
    photo: Photo, found: Measurement, clear_skin: tuple[int, int]
) -> tuple[Contrast, NDArray[np.float32], NDArray[np.bool_]]:
    """Mark lesions anew against chosen clear skin, at the working size."""
    work, skin, hand = _worked(photo, found)
    at = _shrunk(clear_skin, photo, skin)
    against = clear_contrast(work, skin, at, excluded=hand)
    # As in `measure`: a palm that is the ruler holds no lesion.
    palm = found.calibration.details.get("hand_shows") != "dorsum"
    on_body = skin & ~hand if palm else skin
    said = resized_map(found.lesion_map.probability, skin.shape)
    probability = heard_together(said, against, on_body, at=at)
    return against, probability, lesion_mask(probability, against, on_body, edge_rule=False)


def _networks(grader: Grader | None, *, segmented: bool) -> Networks:
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


def _kept(
    before: tuple[CaptureFinding, ...], after: tuple[CaptureFinding, ...]
) -> tuple[CaptureFinding, ...]:
    """Keep the first findings, each replaced by what the corrected measurement says of it."""
    new = {finding.code: finding for finding in after}
    old = tuple(new.pop(finding.code, finding) for finding in before)
    return old + tuple(new.values())
