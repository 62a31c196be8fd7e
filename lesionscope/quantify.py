"""Masks into numbers: lesions measured and graded, areas with intervals, tone, findings."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lesionscope import __version__
from lesionscope.areas import Areas, areas_of, cm2_per_px, relief_findings, relief_in
from lesionscope.core.measurement import (
    Calibration,
    Item,
    Lesion,
    LesionMap,
    Measurement,
)
from lesionscope.core.photo import CaptureFinding, Photo, Severity
from lesionscope.core.sites import HAND_SITES, Site
from lesionscope.hand_sites import HandMap, hand_map
from lesionscope.imaging.colour import ita_degrees, lab, lab_in_light, skin_tone
from lesionscope.imaging.crops import lesion_crop
from lesionscope.imaging.curvature import Relief
from lesionscope.imaging.lesion import Contrast
from lesionscope.imaging.quality import Note, capture_notes
from lesionscope.imaging.regions import regions
from lesionscope.imaging.resize import resized_mask
from lesionscope.imaging.skin import SkinMask
from lesionscope.model.runtime import Grader
from lesionscope.ruler import Ruler
from lesionscope.scoring.capture_limits import limits_of
from lesionscope.scoring.suggest import suggest

ALL_SKIN = 0.97
"""Share of the frame that is skin from which nothing around it tells whether all of it is ill."""
MOST_GRADED = 24
"""Lesions graded one by one, largest first; the worst lesion of a site is among the large ones."""


@dataclass(frozen=True, eq=False)
class Frame:
    """What is known of a photo before its lesions are counted."""

    photo: Photo
    site: Site
    work: NDArray[np.uint8]
    skin: SkinMask
    contrast: Contrast
    ruler: Ruler

    @property
    def shrink(self) -> float:
        """Pixels of the working picture for each pixel of the photo."""
        return float(self.work.shape[0] / self.photo.size[0])


@dataclass(frozen=True, eq=False)
class Networks:
    """The network that grades, and the names of all that had a part in the measurement."""

    grader: Grader
    versions: str


@dataclass(eq=False)
class Stopwatch:
    """Wall time of each stage, in seconds."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what is done inside, under this name."""
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 4)


def finding_of(note: Note) -> CaptureFinding:
    """Turn what imaging noted into a finding of the record."""
    return CaptureFinding(
        note.code, Severity(note.severity), note.message, note.advice, note.value, note.unit
    )


def quantify(
    frame: Frame, lesion_map: LesionMap, clock: Stopwatch, networks: Networks
) -> Measurement:
    """Turn masks into numbers: areas, lesions, skin tone, suggestions, findings.

    Parameters
    ----------
    frame : Frame
        The photo and what is known of it.
    lesion_map : LesionMap
        Lesions, size of the photo.
    clock : Stopwatch
        Goes on counting here.
    networks : Networks
        What grades, and how everything that had a part in it is called.

    Returns
    -------
    Measurement
    """
    photo, calibration = frame.photo, frame.ruler.calibration
    with clock.stage("curvature"):
        relief = relief_in(frame.skin.mask, calibration, frame.shrink)
    with clock.stage("grading"):
        hands = hand_map(frame.site, frame.ruler.outlines, frame.work.shape[:2], frame.shrink)
        mask = resized_mask(lesion_map.mask, (frame.work.shape[0], frame.work.shape[1]))
        lesions = _graded_lesions(frame, mask, networks.grader, relief, hands)
    with clock.stage("quality"):
        findings = _findings(frame, mask, lesions) + relief_findings(lesion_map, relief)
        limits = limits_of(findings)
    with clock.stage("numbers"):
        skin_px = round(float(frame.skin.mask.sum()) / frame.shrink**2)
        ita = _typology_angle(frame.work, frame.contrast.clear, calibration)
        tone = skin_tone(ita)
        sites = (frame.site,) if hands is None else HAND_SITES
        suggestions = tuple(
            suggestion
            for site in sites
            for suggestion in suggest(
                [each for each in lesions if each.sites is None or site in each.sites],
                site,
                skin_tone=tone,
                skin_px=max(skin_px, 1),
                unevenness=_unevenness(frame.contrast),
                limits=limits,
            )
        )
        # Nothing found where nothing can be seen is not zero; a reader's empty outline is.
        areas = Areas()
        if lesion_map.mask.any() or not (limits.blind and lesion_map.by_software):
            areas = areas_of(lesion_map, calibration, relief, skin_px=skin_px)
    skin_mask_full = resized_mask(frame.skin.mask, photo.size)
    return Measurement(
        photo_sha256=photo.sha256,
        site=frame.site,
        findings=findings,
        calibration=calibration,
        skin_mask=skin_mask_full,
        hand_mask=frame.ruler.hand_mask,
        lesion_map=lesion_map,
        lesions=lesions,
        handprints=areas.handprints,
        area_cm2=areas.area_cm2,
        bsa_protocol=areas.protocol,
        bsa_adjusted=areas.adjusted,
        suggestions=suggestions,
        ita_deg=ita,
        skin_tone=tone,
        software_version=__version__,
        model_version=networks.versions,
        seconds=dict(clock.seconds),
        budget=areas.budget,
        hand_cm2=areas.hand_cm2,
        bsa_surface=areas.surface,
        hands=frame.ruler.hands,
    )


def _graded_lesions(
    frame: Frame,
    mask: NDArray[np.bool_],
    grader: Grader,
    relief: Relief | None,
    hands: HandMap | None,
) -> tuple[Lesion, ...]:
    """Take the lesions of the working picture apart, measure each, and grade the largest."""
    parts, labels = regions(frame.work, mask, frame.contrast)
    mm_per_px = frame.ruler.calibration.mm_per_px
    mm_per_work_px = None if mm_per_px is None else mm_per_px / frame.shrink
    # Cut from the photo itself: flakes are finer than a pixel of the working picture.
    crops = [
        lesion_crop(
            frame.photo.pixels,
            labels == part.label,
            frame.contrast.clear_density,
            mm_per_work_px,
            colour_matrix=frame.ruler.calibration.colour_matrix,
        )
        for part in parts[:MOST_GRADED]
    ]
    grades = grader.grade(np.stack(crops)) if crops else ()
    cm2 = _cm2_of_each(labels, frame, relief)
    lesions = []
    for number, part in enumerate(parts):
        area_px = round(part.area_px / frame.shrink**2)
        grade = grades[number] if number < len(grades) else None
        probabilities = None
        if grade is not None and grade.gradable:
            probabilities = {item: tuple(grade.probabilities[item.value]) for item in Item}
        place = None if hands is None else hands.place_of(labels == part.label)
        reason = grade.reason if grade is not None else "smaller than the lesions that are graded"
        lesions.append(
            Lesion(
                label=part.label,
                area_px=area_px,
                area_cm2=None if cm2 is None else float(cm2[part.label]),
                centre=(part.centre[0] / frame.shrink, part.centre[1] / frame.shrink),
                box=_scaled_box(part.box, frame.shrink),
                delta_erythema=part.delta_erythema,
                delta_a_star=part.delta_a_star,
                probabilities=probabilities,
                not_gradable="" if probabilities else reason,
                seen=grade.seen if grade is not None and probabilities else "",
                place="" if place is None else place.words,
                sites=None if place is None else place.sites,
            )
        )
    return tuple(lesions)


def _cm2_of_each(
    labels: NDArray[np.integer], frame: Frame, relief: Relief | None
) -> NDArray[np.float64] | None:
    """Return the area of each label in cm2, that of the background first."""
    scale = None if relief is None else cm2_per_px(frame.ruler.calibration, relief)
    if relief is None or scale is None:
        return None
    stretch = relief.at((labels.shape[0], labels.shape[1]))
    flat_px = np.bincount(labels.ravel(), weights=stretch.ravel()) / frame.shrink**2
    return np.asarray(flat_px * scale, dtype=np.float64)


def _scaled_box(box: tuple[int, int, int, int], shrink: float) -> tuple[int, int, int, int]:
    top, left, bottom, right = (round(edge / shrink) for edge in box)
    return top, left, bottom, right


def _unevenness(found: Contrast) -> float | None:
    """Spread of the blood in clear skin: what a faint lesion has to stand out of."""
    if found.clear.sum() < 100:
        return None
    return float(np.std(found.haemoglobin[found.clear]))


def _typology_angle(
    work: NDArray[np.uint8], clear: NDArray[np.bool_], calibration: Calibration
) -> float | None:
    if clear.sum() < 100:
        return None
    light = calibration.details.get("chart_light")
    colour = lab_in_light(
        np.median(lab(work)[clear], axis=0), light if isinstance(light, float) else 1.0
    )
    return ita_degrees(float(colour[0]), float(colour[2]))


def _findings(
    frame: Frame, mask: NDArray[np.bool_], lesions: tuple[Lesion, ...]
) -> tuple[CaptureFinding, ...]:
    mm_per_px = frame.ruler.calibration.mm_per_px
    notes = capture_notes(
        frame.work,
        frame.skin.mask,
        lesion=mask,
        mm_per_px=None if mm_per_px is None else mm_per_px / frame.shrink,
        tilt_deg=_tilt(frame.ruler.calibration),
    )
    found = frame.photo.findings + tuple(finding_of(note) for note in notes) + frame.ruler.findings
    if frame.skin.cast_suspected:
        found += (_CAST,)
    once = {finding.code: finding for finding in found}  # decoding and quality may both notice
    return tuple(once.values()) + _extent_findings(frame, mask, lesions)


def _tilt(calibration: Calibration) -> float | None:
    told = calibration.details.get("tilt_deg")
    return told if isinstance(told, float) else None


_CAST = CaptureFinding(
    "cast_suspected",
    Severity.SERIOUS,
    "The colours of the whole photo look shifted, so skin was found by a looser rule and the "
    "redness of lesions may be wrong.",
    "Retake in daylight or with flash, with white balance fixed, and a grey card in view.",
)


_NO_LESION = CaptureFinding(
    "no_lesion",
    Severity.INFO,
    "No lesion was found. On photos of low contrast this is not proof of clear skin.",
    "If you see one, draw it with the brush.",
)
_NO_REFERENCE = CaptureFinding(
    "no_reference",
    Severity.WARNING,
    "Skin fills the whole frame and nothing stands out in it: a photo from inside a large lesion "
    "looks the same.",
    "Retake from further away, with the edge of the lesion and clear skin around it.",
)


def _extent_findings(
    frame: Frame, mask: NDArray[np.bool_], lesions: tuple[Lesion, ...]
) -> tuple[CaptureFinding, ...]:
    skin = float(frame.skin.mask.sum())
    if skin == 0:
        return ()
    share = float(mask.sum()) / skin
    if not lesions:
        full = frame.skin.mask.mean() >= ALL_SKIN
        return (_NO_LESION, _NO_REFERENCE) if full else (_NO_LESION,)
    if share > 0.6:
        return (
            CaptureFinding(
                "little_clear_skin",
                Severity.WARNING,
                f"Lesions fill {share:.0%} of the skin in view, so little clear skin is left to "
                "compare with and the border may be wrong.",
                "Retake from further away with clear skin around the lesion.",
                round(100 * share, 1),
                "%",
            ),
        )
    return ()
