"""Masks into numbers: lesions measured and graded, areas with intervals, tone, findings."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lesionscope import __version__
from lesionscope.core.measurement import (
    BsaEstimate,
    Calibration,
    CalibrationSource,
    Convention,
    Estimate,
    Item,
    Lesion,
    LesionMap,
    Measurement,
)
from lesionscope.core.photo import CaptureFinding, Photo, Severity
from lesionscope.core.sites import Site
from lesionscope.imaging.colour import ita_degrees, lab, skin_tone
from lesionscope.imaging.crops import lesion_crop
from lesionscope.imaging.lesion import Contrast, regions
from lesionscope.imaging.quality import Note, capture_notes
from lesionscope.imaging.resize import resized_mask
from lesionscope.imaging.skin import SkinMask
from lesionscope.model.runtime import Grader
from lesionscope.ruler import Ruler
from lesionscope.scoring.bsa import (
    HANDPRINT_CM2,
    HANDPRINT_CM2_SD_OF_LOG,
    ErrorBudget,
    area_of,
    handprints_of,
    percent_of,
)
from lesionscope.scoring.suggest import suggest

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
    with clock.stage("grading"):
        lesions = _graded_lesions(frame, lesion_map, networks.grader)
    with clock.stage("numbers"):
        handprints, area = _areas(lesion_map, calibration)
        ita = _typology_angle(frame.work, frame.contrast.clear)
        tone = skin_tone(ita)
        skin_px = round(float(frame.skin.mask.sum()) / frame.shrink**2)
        suggestions = suggest(
            lesions,
            frame.site,
            skin_tone=tone,
            skin_px=max(skin_px, 1),
            unevenness=_unevenness(frame.contrast),
        )
    with clock.stage("quality"):
        findings = _findings(frame, lesion_map, lesions)
    percent = dict.fromkeys(Convention) if handprints is None else _percents(handprints, frame)
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
        handprints=handprints,
        area_cm2=area,
        bsa_protocol=percent[Convention.PROTOCOL],
        bsa_adjusted=percent[Convention.ADJUSTED],
        suggestions=suggestions,
        ita_deg=ita,
        skin_tone=tone,
        software_version=__version__,
        model_version=networks.versions,
        seconds=dict(clock.seconds),
    )


def _percents(handprints: Estimate, frame: Frame) -> dict[Convention, BsaEstimate | None]:
    source = frame.ruler.calibration.source
    return {convention: percent_of(handprints, convention, source) for convention in Convention}


def _graded_lesions(frame: Frame, lesion_map: LesionMap, grader: Grader) -> tuple[Lesion, ...]:
    """Take the lesions apart, measure each, and let the network grade the largest."""
    size = frame.work.shape[0], frame.work.shape[1]
    mask = resized_mask(lesion_map.mask, size)
    parts, labels = regions(frame.work, mask, frame.contrast)
    mm_per_px = frame.ruler.calibration.mm_per_px
    mm_per_work_px = None if mm_per_px is None else mm_per_px / frame.shrink
    crops = [
        lesion_crop(frame.work, labels == part.label, frame.contrast.clear_density, mm_per_work_px)
        for part in parts[:MOST_GRADED]
    ]
    grades = grader.grade(np.stack(crops)) if crops else ()
    lesions = []
    for number, part in enumerate(parts):
        area_px = round(part.area_px / frame.shrink**2)
        grade = grades[number] if number < len(grades) else None
        probabilities = None
        if grade is not None and grade.gradable:
            probabilities = {item: tuple(grade.probabilities[item.value]) for item in Item}
        reason = grade.reason if grade is not None else "smaller than the lesions that are graded"
        lesions.append(
            Lesion(
                label=part.label,
                area_px=area_px,
                area_cm2=None if mm_per_px is None else area_px * mm_per_px**2 / 100,
                centre=(part.centre[0] / frame.shrink, part.centre[1] / frame.shrink),
                box=_scaled_box(part.box, frame.shrink),
                delta_erythema=part.delta_erythema,
                delta_a_star=part.delta_a_star,
                probabilities=probabilities,
                not_gradable="" if probabilities else reason,
            )
        )
    return tuple(lesions)


def _scaled_box(box: tuple[int, int, int, int], shrink: float) -> tuple[int, int, int, int]:
    top, left, bottom, right = (round(edge / shrink) for edge in box)
    return top, left, bottom, right


def _areas(
    lesion_map: LesionMap, calibration: Calibration
) -> tuple[Estimate | None, Estimate | None]:
    """Express the lesion area in handprints and cm2, as far as a ruler allows."""
    lesion_px = float(lesion_map.mask.sum())
    possible_px = _possible_px(lesion_map)
    edge = _edge_sd(lesion_map)
    area = None
    if calibration.mm_per_px is not None and calibration.relative_sd is not None:
        # An area carries twice the relative error of a length.
        scale = ErrorBudget(edge, 2 * calibration.relative_sd, GEOMETRY_SD[calibration.source])
        area = area_of(lesion_px, calibration.mm_per_px, scale, possible_px=possible_px)
    if calibration.hand_area_px:
        source = CalibrationSource.HANDPRINT
        budget = ErrorBudget(edge, HAND_OUTLINE_SD, GEOMETRY_SD[source])
        hand_px = calibration.hand_area_px
        return handprints_of(lesion_px, hand_px, budget, possible_px=possible_px), area
    if area is not None and calibration.mm_per_px and calibration.relative_sd is not None:
        typical_px = HANDPRINT_CM2 * 100 / calibration.mm_per_px**2
        budget = ErrorBudget(
            edge,
            2 * calibration.relative_sd,
            GEOMETRY_SD[calibration.source],
            HANDPRINT_CM2_SD_OF_LOG,
        )
        return handprints_of(lesion_px, typical_px, budget, possible_px=possible_px), area
    return None, None


# Standard deviations of the log of the area, set on rendered patients with exact truth
# (docs/validation.md): with perfect masks the flat ratio of pixels is 9 % off in the median and
# 24 % at the ninetieth percentile, because hand and lesion lie at different depth and skin curves.
GEOMETRY_SD: dict[CalibrationSource, float] = {
    CalibrationSource.HANDPRINT: 0.14,
    CalibrationSource.MARKER: 0.12,
    CalibrationSource.MARKER_AND_HANDPRINT: 0.12,
    CalibrationSource.MANUAL: 0.14,
    CalibrationSource.NONE: 0.0,
}
HAND_OUTLINE_SD = 0.05
LOOSE, STRICT = 0.1, 0.9
"""Probabilities of a generous and of a strict reading of the border."""
EDGE_SHARE = 0.5
"""How much of the log ratio of the two counts as one standard deviation: set so that nine in ten
intervals hold the truth on rendered patients."""
LEAST_EDGE_SD, MOST_EDGE_SD = 0.10, 2.5
"""Two careful people differ by the first (about a tenth of the area); the second is 'no idea'."""


def _edge_sd(lesion_map: LesionMap) -> float:
    """Spread of the area between a generous and a strict reading of the probability map.

    Where the network is sure the two nearly agree; where it hesitates over whole lesions they are
    far apart, and so are the ends of the interval. A drawn mask leaves the hand that drew it.
    """
    strict = float((lesion_map.probability >= STRICT).sum())
    spread = float(np.log(max(_possible_px(lesion_map), 1.0) / max(strict, 1.0)))
    return float(np.clip(EDGE_SHARE * spread, LEAST_EDGE_SD, MOST_EDGE_SD))


def _possible_px(lesion_map: LesionMap) -> float:
    return float((lesion_map.probability >= LOOSE).sum())


def _unevenness(found: Contrast) -> float | None:
    """Spread of the blood in clear skin: what a faint lesion has to stand out of."""
    if found.clear.sum() < 100:
        return None
    return float(np.std(found.haemoglobin[found.clear]))


def _typology_angle(work: NDArray[np.uint8], clear: NDArray[np.bool_]) -> float | None:
    if clear.sum() < 100:
        return None
    colour = np.median(lab(work)[clear], axis=0)
    return ita_degrees(float(colour[0]), float(colour[2]))


def _findings(
    frame: Frame, lesion_map: LesionMap, lesions: tuple[Lesion, ...]
) -> tuple[CaptureFinding, ...]:
    size = frame.work.shape[0], frame.work.shape[1]
    mm_per_px = frame.ruler.calibration.mm_per_px
    notes = capture_notes(
        frame.work,
        frame.skin.mask,
        lesion=resized_mask(lesion_map.mask, size),
        mm_per_px=None if mm_per_px is None else mm_per_px / frame.shrink,
    )
    found = frame.photo.findings + tuple(finding_of(note) for note in notes) + frame.ruler.findings
    if frame.skin.cast_suspected:
        found += (_CAST,)
    once = {finding.code: finding for finding in found}  # decoding and quality may both notice
    return tuple(once.values()) + _extent_findings(frame, lesion_map, lesions)


_CAST = CaptureFinding(
    "cast_suspected",
    Severity.SERIOUS,
    "The colours of the whole photo look shifted, so skin was found by a looser rule and the "
    "redness of lesions may be wrong.",
    "Retake in daylight or with flash, with white balance fixed, and a grey card in view.",
)


def _extent_findings(
    frame: Frame, lesion_map: LesionMap, lesions: tuple[Lesion, ...]
) -> tuple[CaptureFinding, ...]:
    skin = float(frame.skin.mask.sum())
    if skin == 0:
        return ()
    share = float(resized_mask(lesion_map.mask, frame.skin.mask.shape).sum()) / skin
    if not lesions:
        return (
            CaptureFinding(
                "no_lesion",
                Severity.INFO,
                "No lesion was found. On photos of low contrast this is not proof of clear skin.",
                "If you see one, draw it with the brush.",
            ),
        )
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
