"""A measurement revised by a person: a drawn outline, or clear skin pointed at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lesionscope.areas import relief_in
from lesionscope.cast import CODES as CAST_CODES
from lesionscope.core.measurement import Calibration, LesionMap, Measurement
from lesionscope.core.photo import CaptureFinding, Photo
from lesionscope.core.sites import HAND_SITES
from lesionscope.imaging.border import TOLD, lesion_mask
from lesionscope.imaging.grow import Ground, ground
from lesionscope.imaging.lesion import Contrast, contrast
from lesionscope.imaging.reference import clear_contrast, heard_together
from lesionscope.imaging.resize import resized, resized_map, resized_mask
from lesionscope.imaging.skin import SkinMask
from lesionscope.imaging.skin_maps import SkinMaps, skin_maps
from lesionscope.model.runtime import Grader
from lesionscope.pipeline import WORK_SIDE, networks, true_colours
from lesionscope.quantify import Frame, Stopwatch, quantify
from lesionscope.ruler import Ruler, hands_in
from lesionscope.ruler_findings import CODES as RULER_CODES


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
        work, skin, against = compared(photo, found, drawn)
    ruler = _ruler_again(photo, found, found.calibration)
    frame = Frame(photo, found.site, work, SkinMask(skin, False), against, ruler)
    lesion_map = LesionMap(drawn.astype(np.float32), drawn, drawn_by)
    again = quantify(frame, lesion_map, clock, networks(grader, segmented=False))
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
    again = quantify(frame, lesion_map, clock, networks(grader, segmented=False))
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


def maps_of(photo: Photo, found: Measurement) -> SkinMaps:
    """Map the blood and the pigment of a measured photo over clear skin, and the skin's slant.

    Parameters
    ----------
    photo : Photo
        The photo that `found` was made from.
    found : Measurement
        Its measurement; what its outline holds is no clear skin.

    Returns
    -------
    SkinMaps
        At the size that lesions are measured at.
    """
    work, skin, against = compared(photo, found, found.lesion_map.mask)
    maps = skin_maps(work, skin, against)
    relief = relief_in(skin, found.calibration, skin.shape[0] / photo.size[0])
    return maps if relief is None else maps.curved(relief)


def corrected_colours(photo: Photo, found: Measurement) -> NDArray[np.uint8] | None:
    """Return a measured photo in the colours that its chart or its cast gave.

    Parameters
    ----------
    photo : Photo
        The photo that `found` was made from.
    found : Measurement
        Its measurement.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8, or None
        At the size that lesions are measured at; None where colours stand as taken.
    """
    if found.calibration.colour_matrix is None:
        return None
    return true_colours(resized(photo.pixels, WORK_SIDE), found.calibration)


def compared(
    photo: Photo, found: Measurement, lesion: NDArray[np.bool_]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_], Contrast]:
    """Compare the skin of a measured photo with clear skin, when these are the lesions.

    Parameters
    ----------
    photo : Photo
        The photo that `found` was made from.
    found : Measurement
        Its measurement.
    lesion : ndarray of shape (H, W), bool
        Lesions, size of the photo.

    Returns
    -------
    work : ndarray of shape (h, w, 3), uint8
        The picture at the size that lesions are measured at.
    skin : ndarray of shape (h, w), bool
    against : Contrast
    """
    work, skin, hand = _worked(photo, found, lesion)
    chosen = clear_skin_of(found.calibration)
    if chosen is not None:
        at = _shrunk(chosen, photo, skin)
        return work, skin, clear_contrast(work, skin, at, excluded=hand)
    shrunk = resized_mask(lesion, skin.shape)
    return work, skin, contrast(work, skin, excluded=hand, lesion=shrunk)


def _worked(
    photo: Photo, found: Measurement, drawn: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the working picture of a measured photo, its skin and the ruler hand in it."""
    work = true_colours(resized(photo.pixels, WORK_SIDE), found.calibration)
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
    return (
        against,
        probability,
        lesion_mask(probability, against, on_body, edge_rule=False, border=TOLD),
    )


def _kept(
    before: tuple[CaptureFinding, ...], after: tuple[CaptureFinding, ...]
) -> tuple[CaptureFinding, ...]:
    """Keep what was found of ruler and light; the rest is judged anew with the lesions."""
    new = {finding.code: finding for finding in after}
    stands = [f for f in before if f.code in new or f.code in RULER_CODES + CAST_CODES]
    old = tuple(new.pop(finding.code, finding) for finding in stands)
    return old + tuple(new.values())
