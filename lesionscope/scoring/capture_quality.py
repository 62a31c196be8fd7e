"""How good the photos of a study are, by skin tone, and what of the study was never measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from lesionscope.core.cdasi import CDASI
from lesionscope.core.photo import Severity
from lesionscope.core.study_data import StudyData

FEW_PHOTOS = 10
"""Below so many measured photos of a skin tone, little is known of it."""

TONES = ("very_light", "light", "intermediate", "tan", "brown", "dark")
"""Classes of skin tone, as `lesionscope.imaging.colour.skin_tone` names them."""
NO_TONE = "not measured"
"""Group of the photos whose clear skin told no tone."""


@dataclass(frozen=True)
class FindingLine:
    """One warning about photos.

    Attributes
    ----------
    code : str
        Its stable name.
    severity : Severity
        How grave it is.
    photos : mapping of str to int
        Photos with it, by skin tone.
    """

    code: str
    severity: Severity
    photos: Counter[str]


@dataclass(frozen=True)
class CaptureQuality:
    """How good the photos are.

    Attributes
    ----------
    photos : mapping of str to int
        Measured photos, by skin tone.
    clean, calibrated : mapping of str to int
        Of these, photos without a warning, and photos with a scale in millimetres.
    findings : tuple of FindingLine
        The commonest first.
    """

    photos: Counter[str]
    clean: Counter[str]
    calibrated: Counter[str]
    findings: tuple[FindingLine, ...]


def tone_words(tone: str) -> str:
    """Write a skin tone for people."""
    return tone.replace("_", " ")


def capture_quality(data: StudyData) -> CaptureQuality:
    """Count the warnings of the newest measurement of each photo, by skin tone.

    Parameters
    ----------
    data : StudyData
        One snapshot of the record.

    Returns
    -------
    CaptureQuality
    """
    photos: Counter[str] = Counter()
    clean: Counter[str] = Counter()
    calibrated: Counter[str] = Counter()
    warned: dict[str, tuple[Severity, Counter[str]]] = {}
    for one in data.current_measurements:
        tone = one.document.get("skin_tone") or NO_TONE
        found = {
            part["code"]: Severity(part["severity"])
            for part in one.document["findings"]
            if Severity(part["severity"]) is not Severity.INFO
        }
        photos[tone] += 1
        clean[tone] += not found
        calibrated[tone] += bool(one.document.get("mm_per_px"))
        for code, severity in found.items():
            warned.setdefault(code, (severity, Counter()))[1][tone] += 1
    ordered = sorted(warned.items(), key=lambda item: (-item[1][1].total(), item[0]))
    lines = tuple(FindingLine(code, severity, count) for code, (severity, count) in ordered)
    return CaptureQuality(photos, clean, calibrated, lines)


def never_measured(data: StudyData, capture: CaptureQuality) -> Iterator[str]:
    """Say what somebody could take for measured or signed, and that was not.

    Parameters
    ----------
    data : StudyData
        One snapshot of the record.
    capture : CaptureQuality
        Of the same.

    Yields
    ------
    str
        A sentence each.
    """
    photos = [photo for photo in data.photos if not photo.withdrawn]
    left = len(photos) - len(data.measured_of)
    if left:
        yield f"{left} of {len(photos)} photos are not measured."
    if photos and not any(capture.calibrated.values()):
        yield "No photo is calibrated: no area in square centimetres is known."
    signed = {reading.visit_id for reading in data.current_readings}
    without = [visit for visit in data.visits if visit.id not in signed]
    if without:
        yield f"{len(without)} of {len(data.visits)} visits have no signed CDASI reading."
    few = [tone for tone in TONES if capture.photos[tone] < FEW_PHOTOS]
    if few:
        named = ", ".join(f"{tone_words(tone)} ({capture.photos[tone]})" for tone in few)
        yield (
            f"Fewer than {FEW_PHOTOS} measured photos of these skin tones, so little or nothing is "
            f"known of them: {named}."
        )
    blank = Counter(chain.from_iterable(_blank(one.answers) for one in data.current_readings))
    if blank.total():
        yield f"{blank.total()} answers of signed CDASI readings are blank or not assessable."


def _blank(answers: Mapping[str, Any]) -> list[str]:
    return [field.key for field in CDASI.fields if not isinstance(answers.get(field.key), int)]
