from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pypdfium2 as pdfium
import pytest

from lesionscope.core.catalogue import InstrumentSettings
from lesionscope.core.cdasi import ITEMS, Answer, Part
from lesionscope.core.change import MeasurementError
from lesionscope.core.measurement import BsaEstimate, CalibrationSource, Convention
from lesionscope.core.people import Patient, Visit
from lesionscope.core.photo import CaptureFinding, Severity
from lesionscope.core.reading import AnswerOrigin, Meaning, Reading
from lesionscope.core.sites import CDASI_LOCATIONS, Side, Site
from lesionscope.exchange.report_sheet import printable
from lesionscope.exchange.visit_report import (
    Paper,
    ReportPhoto,
    TrendPoint,
    VisitReport,
    visit_report,
)
from lesionscope.imaging.overlay import jpeg
from lesionscope.scoring.bsa import log_interval
from lesionscope.scoring.visit_total import SitePart, visit_total

PATIENT = Patient(1, "DM-001")
BASELINE = Visit(1, 1, date(2026, 1, 15), "Baseline")
WEEK_12 = Visit(2, 1, date(2026, 4, 9), "Week 12")
SIGNED_AT = datetime(2026, 4, 9, 15, 30, tzinfo=UTC)
SITES = [Site.ARM, Site.MALAR, Site.V_NECK, Site.ABDOMEN, Site.SCALP, Site.GOTTRON_HANDS]
LONG = "Prof. Dr. Maximiliane-Charlotte von und zu Hohenlohe-Schillingsfürst"


def bsa(percent: float, convention: Convention = Convention.PROTOCOL) -> BsaEstimate:
    return BsaEstimate(percent, log_interval(percent, 0.2), convention, CalibrationSource.HANDPRINT)


def reading(visit: Visit, name: str = "Ann Example", **levels: Answer) -> Reading:
    answers: dict[str, Answer] = {item.key: 0 for item in ITEMS}
    answers |= {key.replace("__", "."): level for key, level in levels.items()}
    origins = dict.fromkeys(answers, AnswerOrigin.ENTERED)
    return Reading(
        visit.id, visit.id, 1, name, SIGNED_AT, Meaning.AUTHORSHIP, answers, origins, bsa(5.2),
        (1, 2), True, "0a" * 32,
    )  # fmt: skip


def photo(number: int, name: str = "") -> ReportPhoto:
    shape = (90, 120, 3) if number % 3 else (120, 90, 3)
    return ReportPhoto(
        name or f"IMG_{number:04}.jpg",
        SITES[number % len(SITES)],
        Side.LEFT,
        f"{number:064x}",
        jpeg(np.full(shape, 150, np.uint8)),
        number + 1,
        "LesionScope 0.1.0, trained network",
        "0.1.0",
        "grades 1234",
        bsa(0.5),
        3,
        (CaptureFinding("glare", Severity.WARNING, "Gloss hides skin."),),
    )


def report(photos: int = 2, *, signed: bool = True, name: str = "Ann Example") -> VisitReport:
    shown = tuple(photo(number) for number in range(photos))
    areas = {
        convention: visit_total(
            [SitePart(p.site, p.side, bsa(0.5, convention), p.name) for p in shown],
            CDASI_LOCATIONS,
        )
        for convention in Convention
    }
    now = reading(WEEK_12, name, arm__erythema=2, arm__scale=1) if signed else None
    total = None if now is None else now.score(Part.ACTIVITY).total
    before = reading(BASELINE, arm__erythema=3, arm__scale=2, malar__erythema=3)
    trend = (
        TrendPoint(BASELINE.day, BASELINE.label, True, 8, 0, bsa(7.4)),
        TrendPoint(WEEK_12.day, WEEK_12.label, signed, total, None, bsa(5.2)),
    )
    return VisitReport(
        PATIENT, WEEK_12, SIGNED_AT, "0.1.0", shown, areas, now, (BASELINE, before), trend
    )


def texts(pdf: bytes) -> list[str]:
    return [
        re.sub(r"\s+", " ", page.get_textpage().get_text_bounded())
        for page in pdfium.PdfDocument(pdf)
    ]


def test_the_report_says_what_was_signed_and_what_it_rests_on() -> None:
    pdf = visit_report(report())
    said = " ".join(texts(pdf))
    for words in (
        "DM-001",
        "3 of 100",
        "0 of 32",
        "5.2 %",
        "90 % interval 3.7 to 7.2 %",
        "–62 % against Baseline, 15 Jan 2026",
        "–5 points",
        "8 at Baseline, 15 Jan 2026; 3 at Week 12, 9 Apr 2026",
        "not known: the agreement of this study's readers was not measured",
        "Ann Example",
        "authorship",
        "9 Apr 2026 15:30 UTC",
        "0a" * 32,
        f"{1:064x}",
        "LesionScope 0.1.0 with grades 1234",
        "Photos 1, 2: Gloss hides skin.",
        "research tool, not a medical device",
    ):
        assert words in said, words
    assert "DRAFT" not in said


def test_important_changes_are_told_apart_and_a_known_error_is_used() -> None:
    error = MeasurementError(2.0, "the agreement study")
    study = InstrumentSettings(errors={("cdasi", "activity"): error})
    said = " ".join(texts(visit_report(replace(report(), settings=study))))
    assert "4 points (Pennsylvania) reached" in said
    assert "5 points (Stanford) reached" in said
    assert "within the smallest detectable change of 5.5 points" in said


def test_a_draft_says_so_on_every_page_and_holds_no_score() -> None:
    pages = texts(visit_report(report(signed=False)))
    assert all("DRAFT" in page for page in pages)
    said = " ".join(pages)
    assert "Nobody has signed this visit" in said
    assert "no score" in said
    assert "of 100" not in said
    assert "of 32" not in said
    assert not re.search(r"\d of \d", re.sub(r"Page \d of \d", "", said))


def test_a_form_with_a_gap_has_no_total() -> None:
    whole = report()
    assert whole.reading is not None
    answers = {k: v for k, v in whole.reading.answers.items() if k != "arm.erythema"}
    gap = replace(whole, reading=replace(whole.reading, answers=answers))
    said = " ".join(texts(visit_report(gap)))
    assert "49 of 50 fields answered, no total" in said
    assert "of 100" not in said


@pytest.mark.parametrize("paper", Paper)
@pytest.mark.parametrize(("photos", "most"), [(0, 2), (1, 2), (12, 3)])
def test_one_to_three_pages_of_the_size_asked_for(paper: Paper, photos: int, most: int) -> None:
    document = pdfium.PdfDocument(visit_report(report(photos), paper))
    assert 1 <= len(document) <= most
    width, height = (side * 72 / 25.4 for side in paper.value)
    for number, page in enumerate(document, start=1):
        assert page.get_size() == pytest.approx((width, height), abs=0.1)
        assert f"Page {number} of {len(document)}" in page.get_textpage().get_text_bounded()


def test_the_same_report_gives_the_same_bytes_and_dates_from_its_data() -> None:
    one, again = visit_report(report()), visit_report(report())
    assert one == again
    assert one != visit_report(report(3))
    dates = pdfium.PdfDocument(one).get_metadata_dict()
    assert dates["CreationDate"] == dates["ModDate"] == "D:20260409153000+00'00'"
    assert dates["Title"] == "Visit report DM-001, Week 12, 2026-04-09"


def boxes(pdf: bytes) -> list[np.ndarray]:
    """Return the boxes of the letters of each page: left, bottom, right, top."""
    found = []
    for page in pdfium.PdfDocument(pdf):
        text = page.get_textpage()
        count = text.count_chars()
        letters = [n for n in range(count) if not text.get_text_range(n, 1).isspace()]
        found.append(np.array([text.get_charbox(n) for n in letters]))
    return found


@pytest.mark.parametrize("paper", Paper)
def test_nothing_runs_over_the_margin_or_into_its_neighbour(paper: Paper) -> None:
    wide = report(4, name=f"{LONG}, {LONG}")
    names = [f"{'a_file_name_without_any_space_' * 5}{n}.jpg" for n in range(4)]
    crowded = replace(
        wide,
        patient=Patient(1, "W" * 32),
        visit=replace(WEEK_12, label="W" * 64),
        photos=tuple(replace(p, name=n, drawn_by=LONG) for p, n in zip(wide.photos, names)),  # noqa: B905
    )
    width = paper.value[0] * 72 / 25.4
    for letters in boxes(visit_report(crowded, paper)):
        left, bottom, right, top = letters.T
        assert left.min() > 40
        assert right.max() < width - 40
        assert bottom.min() > 20
        across = np.minimum(right[:, None], right) - np.maximum(left[:, None], left)
        along = np.minimum(top[:, None], top) - np.maximum(bottom[:, None], bottom)
        np.fill_diagonal(across, 0)
        # Letters that touch share less than a point both ways.
        assert not ((across > 1.0) & (along > 1.0)).any()


def test_words_from_outside_are_never_markup() -> None:
    assert "<b>Bob</b> & <img src=x>" in " ".join(
        texts(visit_report(report(name="<b>Bob</b> & <img src=x>")))
    )


def test_a_letter_beyond_the_type_keeps_its_identity() -> None:
    assert printable("Łucja Dvořák 中") == "Lucja Dvorák [U+4E2D]"


def test_an_unsigned_visit_cannot_have_a_total() -> None:
    with pytest.raises(ValueError, match="not signed"):
        TrendPoint(WEEK_12.day, "Week 12", False, 7)


def test_a_report_refuses_what_is_not_of_its_visit() -> None:
    with pytest.raises(ValueError, match="of visit 2"):
        replace(report(), reading=reading(BASELINE))
    with pytest.raises(ValueError, match="of patient 9"):
        replace(report(), patient=Patient(9, "X"))
