from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from argon2 import PasswordHasher

from lesionscope.core.body import BodySize
from lesionscope.core.cdasi import ITEMS
from lesionscope.core.measurement import BsaEstimate, Convention
from lesionscope.core.people import Reader, Role, Visit
from lesionscope.core.reading import AnswerOrigin, Meaning
from lesionscope.core.signature import SignedKind
from lesionscope.core.sites import CDASI_LOCATIONS, Side, Site
from lesionscope.exchange.measurement_json import document, mask_files
from lesionscope.exchange.visit_report import VisitReport, visit_report
from lesionscope.reporting import (
    bsa_in,
    export_report,
    gathered_report,
    reported_measurements,
)
from lesionscope.scoring.visit_total import SitePart, visit_total
from lesionscope.store import NotAllowed, Store, StoredMeasurement, StoredPhoto
from lesionscope.study_desk import baseline_of
from tests.pages.conftest import jpeg_of, measured

PASSWORD = "a long enough secret"


@dataclass
class Ward:
    """A patient with two visits, each with a measured photo of an arm."""

    store: Store
    owner: Reader
    first: Visit
    second: Visit

    def photo(self, visit: Visit) -> StoredPhoto:
        return self.store.photos(self.owner, visit.id)[0]

    def measure(self, photo: StoredPhoto) -> StoredMeasurement:
        found = measured(photo)
        return self.store.add_measurement(
            self.owner, photo.id, document(found), mask_files(found), drawn_by="LesionScope 0.1.0"
        )

    def sign(self, visit: Visit, erythema: int) -> None:
        answers = {item.key: 0 for item in ITEMS} | {"arm.erythema": erythema}
        latest = self.store.latest_measurement(self.owner, self.photo(visit).id)
        assert latest is not None
        self.store.sign(
            self.owner,
            visit.id,
            PASSWORD,
            answers=answers,
            origins=dict.fromkeys(answers, AnswerOrigin.ENTERED),
            bsa=bsa_in(latest.document, Convention.PROTOCOL),
            meaning=Meaning.AUTHORSHIP,
            measurement_ids=[latest.id],
            suggestions_shown=False,
        )

    def report(self, visit: Visit) -> VisitReport:
        kept = reported_measurements(self.store, self.owner, visit.id)
        areas = {}
        for convention in Convention:
            parts = [
                SitePart(p.site, p.side, m and bsa_in(m.document, convention), p.name)
                for p, m in kept
            ]
            areas[convention] = visit_total(parts, CDASI_LOCATIONS)
        return gathered_report(self.store, self.owner, visit, measured=kept, areas=areas)


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with Store.open(tmp_path / "home", hasher=quick) as store:
        owner = store.create_owner("owner", "Owner of the record", PASSWORD)
        patient = store.add_patient(owner, "DM-001")
        first = store.add_visit(owner, patient.id, date(2026, 1, 15), "Baseline")
        second = store.add_visit(owner, patient.id, date(2026, 4, 9), "Week 12")
        ward = Ward(store, owner, first, second)
        for number, visit in enumerate((first, second)):
            photo = store.add_photo(
                owner, visit.id, jpeg_of((200 - number, 150, 130)), name="arm.jpg", view="arm",
                site=Site.ARM, side=Side.LEFT,
            )  # fmt: skip
            ward.measure(photo)
        yield ward


def test_a_draft_holds_the_newest_measurement_and_no_total(ward: Ward) -> None:
    newest = ward.measure(ward.photo(ward.second))
    report = ward.report(ward.second)
    assert report.draft
    assert report.photos[0].measurement_id == newest.id
    assert report.bsa is not None
    assert report.bsa.percent == pytest.approx(2.0)
    assert [point.signed for point in report.trend] == [False]


def test_a_report_shows_who_reviewed_and_approved(ward: Ward) -> None:
    ward.sign(ward.first, 3)
    reading = ward.store.current_reading(ward.owner, ward.first.id)
    assert reading is not None
    second = ward.store.add_account(ward.owner, "ben", "Second Reader", Role.CLINICIAN, PASSWORD)
    given = ward.store.countersign(
        second, SignedKind.READING, reading.id, PASSWORD, meaning=Meaning.APPROVAL, words="seen"
    )
    report = ward.report(ward.first)
    assert report.countersignatures == (given,)
    assert report.as_of == given.signed_at
    pdf = pdfium.PdfDocument(visit_report(report))
    text = "".join(page.get_textpage().get_text_range() for page in pdf)
    assert "Approval" in text
    assert "Second Reader" in text


def test_a_signed_report_stays_what_it_was(ward: Ward) -> None:
    ward.sign(ward.first, 3)
    before = export_report(ward.store, ward.owner, ward.report(ward.first))
    ward.measure(ward.photo(ward.first))
    ward.sign(ward.second, 1)
    assert export_report(ward.store, ward.owner, ward.report(ward.first)) == before


def test_the_change_is_against_the_first_signed_visit(ward: Ward) -> None:
    ward.sign(ward.first, 3)
    ward.sign(ward.second, 1)
    ward.store.record_body_size(ward.owner, ward.first.patient_id, BodySize(170, 75))
    report = ward.report(ward.second)
    assert report.baseline is not None
    assert report.baseline[0] == ward.first
    assert report.size == BodySize(170, 75)
    assert [(point.activity, point.damage) for point in report.trend] == [(3, 0), (1, 0)]
    assert ward.report(ward.first).baseline is None


def test_the_change_is_against_the_baseline_and_not_an_earlier_visit(ward: Ward) -> None:
    patient_id = ward.first.patient_id
    screening = ward.store.add_visit(ward.owner, patient_id, date(2026, 1, 2), "Screening")
    photo = ward.store.add_photo(
        ward.owner, screening.id, jpeg_of((120, 150, 130)), name="arm.jpg", view="arm",
        site=Site.ARM, side=Side.LEFT,
    )  # fmt: skip
    ward.measure(photo)
    ward.sign(screening, 3)
    ward.sign(ward.second, 1)
    assert baseline_of(ward.store, ward.owner, patient_id) == ward.first
    # The baseline is not signed: nothing else takes its place.
    assert ward.report(ward.second).baseline is None
    ward.sign(ward.first, 2)
    report = ward.report(ward.second)
    assert report.baseline is not None
    assert report.baseline[0] == ward.first
    assert ward.report(screening).baseline is None
    said = " ".join(page.get_textpage().get_text_range() for page in
                    pdfium.PdfDocument(visit_report(report)))  # fmt: skip
    assert "against Baseline, 15 Jan 2026" in re.sub(r"\s+", " ", said)


def test_a_withdrawn_photo_is_missed_by_name(ward: Ward) -> None:
    ward.sign(ward.first, 3)
    ward.store.withdraw_photo(ward.owner, ward.photo(ward.first).id, "wrong patient")
    notes = " ".join(ward.report(ward.first).notes)
    assert "1 of the measurements signed is not shown" in notes
    assert "the software computes nothing" in notes


def test_an_export_is_in_the_audit_trail_with_the_hash_of_the_paper(ward: Ward) -> None:
    pdf = export_report(ward.store, ward.owner, ward.report(ward.first))
    assert len(pdfium.PdfDocument(pdf)) >= 1
    event = ward.store.events(ward.owner, limit=1)[0]
    assert event.act == "export"
    assert event.entity_id == ward.first.id
    assert event.detail["what"] == "draft of a visit report, A4"
    assert event.detail["sha256"] == hashlib.sha256(pdf).hexdigest()


def test_who_may_not_export_gets_nothing(ward: Ward) -> None:
    monitor = ward.store.add_account(ward.owner, "mo", "The monitor", Role.MONITOR, PASSWORD)
    with pytest.raises(NotAllowed, match="may not export"):
        export_report(ward.store, monitor, ward.report(ward.first))


def test_a_document_of_an_older_version_has_no_surface() -> None:
    old = {
        "bsa_percent": 2.0,
        "bsa_percent_low": 1.0,
        "bsa_percent_high": 3.0,
        "bsa_interval_level": 0.9,
        "bsa_source": "handprint",
    }
    assert isinstance(bsa_in(old, Convention.PROTOCOL), BsaEstimate)
    assert bsa_in(old, Convention.SURFACE) is None
