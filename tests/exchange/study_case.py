"""A small study as the record would hand it out: two patients, signed and measured."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache

import numpy as np

from lesionscope.core.cdasi import CDASI, NOT_ASSESSABLE
from lesionscope.core.form import StoredForm, asked_of, signed_totals
from lesionscope.core.measurement import (
    BsaEstimate,
    Calibration,
    CalibrationSource,
    Convention,
    Estimate,
    Interval,
    Item,
    Lesion,
    LesionMap,
    Measurement,
    SubscoreSuggestion,
)
from lesionscope.core.patient_reported import itch
from lesionscope.core.people import Patient, Visit
from lesionscope.core.photo import CaptureFinding, Severity
from lesionscope.core.reading import AnswerOrigin, Meaning, Reading
from lesionscope.core.signature import Countersignature, SignedKind
from lesionscope.core.sites import Side, Site
from lesionscope.core.study_data import (
    RecordedImport,
    RecordedMeasurement,
    RecordedPhoto,
    RecordedRelease,
    StudyData,
)
from lesionscope.exchange.measurement_json import document, mask_files
from lesionscope.imaging.deidentify import blinded_view

WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHAPE = (60, 80)
FORMULA = "=HYPERLINK(0)"
SECRET_NAME = "IMG_Jane_Doe.jpg"


def lesion_mask() -> np.ndarray:
    mask = np.zeros(SHAPE, bool)
    mask[10:30, 20:50] = True
    return mask


def picture() -> bytes:
    pixels = np.full((*SHAPE, 3), (200, 160, 140), np.uint8)
    pixels[lesion_mask()] = (190, 70, 70)
    return blinded_view(pixels)


def measurement(*, calibrated: bool) -> Measurement:
    mask, none = lesion_mask(), np.zeros(SHAPE, bool)
    chances = {
        Item.ERYTHEMA: (0.05, 0.2, 0.71, 0.04),
        Item.SCALE: (0.9, 0.08, 0.02),
        Item.EROSION: (0.5, 0.5),
    }
    source = CalibrationSource.MARKER if calibrated else CalibrationSource.NONE
    area = Estimate(5.5, Interval(4.0, 7.0), "cm2") if calibrated else None
    bsa = None
    if calibrated:
        bsa = BsaEstimate(0.4, Interval(0.2, 0.9), Convention.PROTOCOL, source)
    lesion = Lesion(
        label=1,
        area_px=int(mask.sum()),
        area_cm2=5.5 if calibrated else None,
        centre=(19.5, 34.5),
        box=(10, 20, 30, 50),
        delta_erythema=0.3,
        delta_a_star=7.0,
        probabilities=chances,
    )
    return Measurement(
        photo_sha256="a" * 64,
        site=Site.ARM,
        findings=(CaptureFinding("glare", Severity.WARNING, "Gloss.", "Turn the lamp."),),
        calibration=Calibration(source, mm_per_px=0.25 if calibrated else None, relative_sd=0.02),
        skin_mask=~none,
        hand_mask=none,
        lesion_map=LesionMap(mask.astype(np.float32), mask, "LesionScope 0.1.0, network"),
        lesions=(lesion,),
        handprints=None,
        area_cm2=area,
        bsa_protocol=bsa,
        bsa_adjusted=None,
        suggestions=(
            SubscoreSuggestion(Item.ERYTHEMA, Site.ARM, 2, chances[Item.ERYTHEMA], "red"),
            SubscoreSuggestion(Item.EROSION, Site.ARM, None, (), FORMULA),
        ),
        ita_deg=41.0,
        skin_tone="light",
        software_version="0.1.0",
        model_version="lesion_grades-52a5a216, " + "skin_and_lesion-" + "7" * 50,
    )


def masks() -> dict[str, bytes]:
    return mask_files(measurement(calibrated=True))


def recorded(number: int, photo: int, *, current: bool, calibrated: bool) -> RecordedMeasurement:
    return RecordedMeasurement(
        id=number,
        photo_id=photo,
        made_at=WHEN,
        drawn_by="LesionScope 0.1.0, network" if photo != 2 else "Rita Reader",
        corrected=photo == 2,
        document=document(measurement(calibrated=calibrated)),
        document_sha256=f"{number:064x}",
        current=current,
    )


def reading(number: int, supersedes: int | None = None) -> Reading:
    answers: dict[str, int | str] = {field.key: 0 for field in CDASI.fields}
    answers |= {"arm.erythema": 2, "gottron_hands.erythema": 3, "gottron_hands.papules": 1}
    origins = dict.fromkeys(answers, AnswerOrigin.ENTERED)
    origins["arm.erythema"] = AnswerOrigin.OVERRIDDEN
    if number == 3:
        answers["scalp.scale"] = NOT_ASSESSABLE
        del answers["alopecia"], origins["alopecia"]
    return Reading(
        id=number,
        visit_id=1 if number < 3 else 3,
        reader_id=7,
        reader_name="Rita Reader",
        signed_at=WHEN,
        meaning=Meaning.AUTHORSHIP,
        answers=answers,
        origins=origins,
        bsa=BsaEstimate(0.4, Interval(0.2, 0.9), Convention.PROTOCOL, CalibrationSource.MARKER),
        measurement_ids=(2,) if number < 3 else (),
        suggestions_shown=True,
        content_sha256=f"{100 + number:064x}",
        supersedes=supersedes,
        reason=f"{FORMULA}\x0b <again> & again" if supersedes else "",
    )


def form() -> StoredForm:
    asked = itch()
    answers = {asked.fields[0].key: 4}
    return StoredForm(
        id=1,
        visit_id=1,
        reader_id=8,
        instrument_id=asked.id,
        instrument_name=asked.name,
        reader_name="Carl Copier",
        signed_at=WHEN,
        meaning=Meaning.AUTHORSHIP,
        answers=answers,
        origins=dict.fromkeys(answers, AnswerOrigin.ENTERED),
        asked=asked_of(asked, answers),
        totals=signed_totals(asked, answers),
        measurement_ids=(),
        content_sha256="f" * 64,
    )


@cache
def study() -> StudyData:
    """Return the study: visit 1 read twice, photo 1 measured twice, photo 3 withdrawn."""
    photo = {"size": 1234, "view": "arm", "site": Site.ARM, "added_at": WHEN}
    return StudyData(
        study="TRIAL-1",
        protocol_version="2",
        taken_at=WHEN,
        record="b" * 64,
        chain_head="90:" + "c" * 64,
        software="0.1.0",
        patients=(Patient(1, "P-01"), Patient(2, "P-02")),
        visits=(
            Visit(1, 1, date(2026, 1, 5), "Baseline"),
            Visit(2, 1, date(2026, 2, 2), "Week 4"),
            Visit(3, 2, date(2026, 1, 9), "Baseline"),
        ),
        photos=(
            RecordedPhoto(1, 1, "a" * 64, side=Side.LEFT, **photo),  # type: ignore[arg-type]
            RecordedPhoto(2, 3, "d" * 64, side=Side.MIDLINE, **photo),  # type: ignore[arg-type]
            RecordedPhoto(3, 2, "e" * 64, side=Side.LEFT, withdrawn="blurred", **photo),  # type: ignore[arg-type]
        ),
        measurements=(
            recorded(1, 1, current=False, calibrated=False),
            recorded(2, 1, current=True, calibrated=True),
            recorded(3, 2, current=True, calibrated=False),
            recorded(4, 3, current=True, calibrated=True),
        ),
        releases=(
            RecordedRelease(1, "1" * 64, WHEN, "Rita Reader", 0),
            RecordedRelease(2, "2" * 64, WHEN, "Rita Reader", 1),
        ),
        readings=(reading(1), reading(2, supersedes=1), reading(3)),
        forms=(form(),),
        countersignatures=(
            Countersignature(
                id=1,
                kind=SignedKind.READING,
                entity_id=2,
                signer_id=9,
                signer_name="Sam Second",
                signed_at=WHEN,
                meaning=Meaning.APPROVAL,
                words="agreed",
                signed_sha256=f"{102:064x}",
                content_sha256="9" * 64,
            ),
        ),
        imported=(
            RecordedImport(1, 2, "cdasi", "malar.erythema", 2, "Ida Elsewhere", WHEN, False),
            RecordedImport(2, 2, "cdasi", "malar.erythema", NOT_ASSESSABLE, "", WHEN, True),
        ),
        signed_with={
            (SignedKind.READING, 2): "0.1.0",
            (SignedKind.READING, 3): "0.1.0",
            (SignedKind.FORM, 1): "0.1.0",
        },
    )
