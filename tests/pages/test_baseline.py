from __future__ import annotations

from datetime import date

import pypdfium2 as pdfium

from lesionscope.core.cdasi import ITEMS, Part
from lesionscope.core.people import Visit
from lesionscope.core.reading import AnswerOrigin, Meaning
from lesionscope.exchange.protocol_file import shipped_document
from lesionscope.exchange.visit_report import visit_report
from lesionscope.pages import session
from lesionscope.pages.baseline import cdasi_changes
from lesionscope.pages.draft import Draft
from lesionscope.reporting import gathered_report
from lesionscope.study_desk import baseline_of
from tests.pages.conftest import PASSWORD, Clinic, Open, said


def add_visit(clinic: Clinic, day: date, label: str) -> Visit:
    return clinic.store.add_visit(clinic.owner, clinic.patient_id, day, label)


def levels(erythema: int) -> dict[str, int]:
    answers = {item.key: 0 for item in ITEMS}
    for key in ("arm.erythema", "malar.erythema", "scalp.erythema"):
        answers[key] = erythema
    return answers


def sign(clinic: Clinic, visit_id: int, answers: dict[str, int]) -> None:
    clinic.store.sign(
        clinic.owner,
        visit_id,
        PASSWORD,
        answers=answers,
        origins=dict.fromkeys(answers, AnswerOrigin.ENTERED),
        bsa=None,
        meaning=Meaning.AUTHORSHIP,
        measurement_ids=[],
        suggestions_shown=False,
    )


def test_the_visit_called_baseline_counts_before_an_earlier_one(clinic: Clinic) -> None:
    add_visit(clinic, date(2025, 12, 1), "Screening")
    found = baseline_of(clinic.store, clinic.owner, clinic.patient_id)
    assert found is not None
    assert found.label == "Baseline"


def test_without_that_name_the_earliest_visit_counts(clinic: Clinic) -> None:
    other = clinic.store.add_patient(clinic.owner, "DM-002")
    assert baseline_of(clinic.store, clinic.owner, other.id) is None
    clinic.store.add_visit(clinic.owner, other.id, date(2026, 2, 1), "Week 4")
    first = clinic.store.add_visit(clinic.owner, other.id, date(2026, 1, 1), "First")
    assert baseline_of(clinic.store, clinic.owner, other.id) == first


def test_change_stands_beside_what_matters(clinic: Clinic) -> None:
    later = add_visit(clinic, date(2026, 4, 15), "Week 13")
    assert cdasi_changes(clinic.store, clinic.owner, later, levels(1)) is None
    sign(clinic, clinic.visit_id, levels(3))
    found = cdasi_changes(clinic.store, clinic.owner, later, levels(1))
    assert found is not None
    changes = found[1]
    assert changes[Part.ACTIVITY].points == -6
    assert "reaches 4 (Pennsylvania); reaches 5 (Stanford)" in changes[Part.ACTIVITY].describe()
    assert changes[Part.DAMAGE].important == ()


def test_a_visit_before_the_baseline_has_no_change(clinic: Clinic) -> None:
    screening = add_visit(clinic, date(2025, 12, 1), "Screening")
    sign(clinic, clinic.visit_id, levels(3))
    assert cdasi_changes(clinic.store, clinic.owner, screening, levels(1)) is None


def test_an_incomplete_form_has_no_change(clinic: Clinic) -> None:
    later = add_visit(clinic, date(2026, 4, 15), "Week 13")
    sign(clinic, clinic.visit_id, levels(3))
    found = cdasi_changes(clinic.store, clinic.owner, later, {"arm.erythema": 1})
    assert found is not None
    assert found[1] == {}


def test_the_pages_say_the_change_and_nothing_at_the_baseline(
    clinic: Clinic, open_app: Open
) -> None:
    later = add_visit(clinic, date(2026, 4, 15), "Week 13")
    sign(clinic, clinic.visit_id, levels(3))
    clinic.store.save_draft(
        clinic.owner,
        later.id,
        Draft(answers=levels(1)).content() | {"origins": dict.fromkeys(levels(1), "entered")},
    )
    place = {session.PATIENT: clinic.patient_id, session.VISIT: later.id}
    for page in ("visit", "score"):
        text = said(open_app(page, clinic.owner, **place))
        assert "CDASI activity since Baseline, 15 Jan 2026" in text
        assert "-6 points (-67 %)" in text
        assert "smallest detectable change not known" in text
    first = {session.PATIENT: clinic.patient_id, session.VISIT: clinic.visit_id}
    assert "since Baseline" not in said(open_app("visit", clinic.owner, **first))


SETTINGS = {
    b"severity_cutoff: {value: null": b"severity_cutoff: {value: cdasi-pennsylvania",
    b"adopted: {value: []": b"adopted: {value: [cdasi-remission-5]",
    b"  itch_visual_analogue:": (
        b"  errors: [{instrument: cdasi, score: activity, sem: 3, source: proposal}]\n"
        b"  itch_visual_analogue:"
    ),
}
"""What a study may set of the CDASI, in the example protocol."""


def set_protocol(clinic: Clinic) -> None:
    document = shipped_document("nct06857240")
    for old, new in SETTINGS.items():
        assert document.count(old) == 1
        document = document.replace(old, new)
    clinic.store.set_protocol(clinic.owner, document)


def test_what_the_study_sets_of_the_cdasi_is_shown_and_printed(
    clinic: Clinic, open_app: Open
) -> None:
    set_protocol(clinic)
    later = add_visit(clinic, date(2026, 4, 9), "Week 12")
    sign(clinic, clinic.visit_id, levels(3))
    sign(clinic, later.id, levels(1))
    place = {session.PATIENT: clinic.patient_id, session.VISIT: later.id}
    text = said(open_app("visit", clinic.owner, **place))
    report = gathered_report(clinic.store, clinic.owner, later, measured=[], areas={})
    pages = pdfium.PdfDocument(visit_report(report))
    printed = " ".join(page.get_textpage().get_text_range() for page in pages)
    for words in (text.casefold(), " ".join(printed.split()).casefold()):
        assert "remission (remission, up to 5)" in words
        assert "mild (pennsylvania, 19)" in words
        assert "(stanford, mild up to 14)" not in words
    assert "within measurement error (8.3)" in text
    assert "within the smallest detectable change of 8.3 points" in " ".join(printed.split())


def test_the_form_has_its_glossary_and_whose_it_is(clinic: Clinic, open_app: Open) -> None:
    place = {session.PATIENT: clinic.patient_id, session.VISIT: clinic.visit_id}
    app = open_app("score", clinic.owner, **place)
    text = said(app)
    assert "Worst lesion of the location: flakes are 1" in text
    assert "University of Pennsylvania's instrument" in text
