from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lesionscope.core.change import MeasurementError
from lesionscope.core.course import PatientCourse, ScoredVisit
from lesionscope.core.criterion import Quantity
from lesionscope.core.measurement import (
    BsaEstimate,
    CalibrationSource,
    Convention,
    Interval,
    Item,
)
from lesionscope.core.photo import Severity
from lesionscope.core.trial import Timing
from lesionscope.exchange.protocol_file import protocol_from, shipped_document
from lesionscope.exchange.study_report import study_report
from lesionscope.exchange.study_report_content import (
    PatientLine,
    StudyReport,
    VisitLine,
)
from lesionscope.exchange.target_sheet import Paper
from lesionscope.scoring.capture_quality import CaptureQuality, FindingLine
from lesionscope.scoring.drift import Drift
from lesionscope.scoring.eligibility import Verdict
from tests.trial_record import LABELS, protocol_text

pdfium = pytest.importorskip("pypdfium2")


def course(number: int) -> PatientCourse:
    visits = []
    for place, (label, day) in enumerate(LABELS.items()):
        percent = 12 - 2 * place + 0.1 * number
        area = Interval(percent / 1.3, percent * 1.3)
        visits.append(
            ScoredVisit(
                label.lower().replace(" ", "_"),
                day + number % 5,
                20 + number % 7 - place * (number % 4),
                BsaEstimate(percent, area, Convention.PROTOCOL, CalibrationSource.HANDPRINT),
            )
        )
    return PatientCourse(f"P-{number:03d}", tuple(visits))


def report(patients: int = 3) -> StudyReport:
    courses = tuple(course(number) for number in range(patients))
    names = tuple(one.pseudonym for one in courses)
    return StudyReport(
        study="NCT06857240",
        protocol=protocol_from(protocol_text()),
        protocol_sha256="ab" * 32,
        as_of=datetime(2026, 5, 4, 12, tzinfo=UTC),
        software="0.1.0",
        chain_head="77:" + "c" * 64,
        counts={"photos": 9, "visits": 4 * patients, "readings": 4 * patients, "forms": 0},
        pseudonyms=names,
        capture=CaptureQuality(
            Counter(light=6, dark=2),
            Counter(light=5),
            Counter(light=6, dark=1),
            (FindingLine("too_dark", Severity.SERIOUS, Counter(dark=2)),),
        ),
        patients=tuple(
            PatientLine(
                name, Verdict.ELIGIBLE, "eligible: all 9 criteria met", ("in window",) * 4, 0
            )
            for name in names
        ),
        schedule=tuple(
            VisitLine(label, Counter({Timing.IN_WINDOW: patients}), (3, 16), (2, 3))
            for label in LABELS
        ),
        courses=courses,
        drift=(
            Drift(Item.ERYTHEMA, "dark", 4, 3, 0.75),
            Drift(Item.ERYTHEMA, "light", 20, 2, -0.1),
        ),
        campaign_note="No read campaign was held.",
        models=("LesionScope 0.1.0 with skin_and_lesion-1: 8 photos",),
        never_measured=("1 of 9 photos are not measured.",),
    )


def words_of(pdf: bytes) -> str:
    document = pdfium.PdfDocument(pdf)
    text = "\n".join(page.get_textpage().get_text_bounded() for page in document)
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("paper", Paper)
def test_it_says_the_study_its_patients_and_its_figures(paper: Paper) -> None:
    said = words_of(study_report(report(), paper))
    for words in (
        "Study NCT06857240",
        "3 of 15",
        "Held of due",
        "3 of 16 (19 %)",
        "P-002",
        "Responders Week 12: 1 of 3",
        "CDASI activity falls by >= 4. 1 of 3 assessed (95 % interval 1 to 91 %); 0 of 3 not",
        "No PGA is signed.",
        "Suggestions overridden, by skin tone",
        "75 % (30 to 95)",
        "too dark (serious)",
        "2 (100 %)",
        "No read campaign was held.",
        "ab" * 32,
        "77:" + "c" * 64,
        "1 of 9 photos are not measured.",
        "research tool, not a medical device",
    ):
        assert words in said, words


def test_the_change_of_an_area_is_told_from_its_error() -> None:
    said = words_of(study_report(report()))
    assert "0 of 3 changes are within measurement error" in said
    assert "The study has not measured its own error of this score" in said


def test_the_error_of_the_study_is_a_band_with_its_origin() -> None:
    error = MeasurementError(2.0, "the study's own readers")
    said = words_of(study_report(replace(report(4), errors={Quantity.CDASI_ACTIVITY: error})))
    # Falls of 0, 3, 6 and 9 points against 5.5.
    assert "the smallest detectable change, 5.5 (the study's own readers); 2 of 4 changes" in said


@pytest.mark.parametrize("patients", [1, 20])
def test_one_patient_and_many_are_laid_out(patients: int) -> None:
    made = study_report(report(patients))
    said = words_of(made)
    pages = len(pdfium.PdfDocument(made))
    assert f"Page {pages} of {pages}" in said
    assert pages == {1: 2, 20: 3}[patients]
    assert f"P-{patients - 1:03d}" in said


def test_the_same_report_gives_the_same_bytes() -> None:
    assert study_report(report(1)) == study_report(report(1))


def test_a_study_without_protocol_values_or_photos_is_reported_as_that() -> None:
    empty = CaptureQuality(Counter(), Counter(), Counter(), ())
    bare = StudyReport(
        "unnamed", None, "", datetime(2026, 5, 4, tzinfo=UTC), "0.1.0", "1:" + "d" * 64,
        dict.fromkeys(("photos", "visits", "readings", "forms"), 0), (), empty,
    )  # fmt: skip
    said = words_of(study_report(bare))
    assert "No protocol is set" in said
    assert "No patient yet." in said
    assert "No photo is measured." in said
    assert "No signed reading rests on a suggestion yet." in said


def test_a_protocol_that_is_silent_on_response_leaves_responders_undetermined() -> None:
    silent = replace(report(), protocol=protocol_from(shipped_document("nct06857240")))
    said = words_of(study_report(silent))
    assert "Responders are undetermined: the protocol text is silent." in said
    assert "No PGA is signed. The protocol sets no scale for it." in said
