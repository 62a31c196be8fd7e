from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from lesionscope.core.criterion import Quantity
from lesionscope.core.exchange_format import ExchangeFormat
from lesionscope.core.people import Reader, Role
from lesionscope.core.trial import Timing
from lesionscope.exchange.study_report_content import StudyReport
from lesionscope.exchange.target_sheet import Paper
from lesionscope.scoring.eligibility import Verdict
from lesionscope.store import NotAllowed, Store
from lesionscope.study_export import write_export
from lesionscope.study_reporting import export_study_report, gathered_study_report
from tests.trial_record import PASSWORD, fill, read_campaign

pdfium = pytest.importorskip("pypdfium2")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Two patients of the trial: one at all four visits, one who missed the third."""
    home = tmp_path_factory.mktemp("trial")
    with Store.open(home, hasher=PasswordHasher(1, 8, 1)) as opened:
        fill(opened, patients=2)
        yield opened


@pytest.fixture(scope="module")
def owner(store: Store) -> Reader:
    return store.authenticate("owner", PASSWORD)


def gathered(store: Store, by: Reader) -> StudyReport:
    later = datetime(2026, 12, 1, tzinfo=UTC)
    return gathered_study_report(store, by, replace(store.study_data(by), taken_at=later))


def test_it_says_what_is_in_the_record(store: Store, owner: Reader) -> None:
    found = gathered(store, owner)
    assert found.pseudonyms == ("DM-001", "DM-002")
    assert [one.verdict for one in found.patients] == [Verdict.UNDETERMINED, Verdict.ELIGIBLE]
    assert found.patients[1].timings[2] == "missing"
    week_8 = found.schedule[2]
    assert (week_8.held, week_8.due, week_8.timings[Timing.MISSING]) == (1, 2, 1)
    # One view of the shot list, and CDASI, BSA and PGA are signed at the visit that was held.
    assert (week_8.photographs, week_8.scores) == ((1, 16), (3, 3))
    fall = found.courses[0].change(Quantity.CDASI_ACTIVITY, baseline="baseline", visit="week_12")
    assert fall is not None
    assert fall.points == -15
    assert found.capture.photos == {"light": 4, "intermediate": 3}
    assert found.capture.clean == {"light": 0, "intermediate": 3}
    assert [(one.code, one.photos.total()) for one in found.capture.findings] == [("glare", 4)]
    assert [(d.group, d.shown, d.overridden) for d in found.drift] == [
        ("intermediate", 3, 0),
        ("light", 4, 4),
    ]
    assert found.errors == {}
    assert "No read campaign was held" in found.campaign_note


def test_the_export_is_in_the_trail_by_its_hash(store: Store, owner: Reader) -> None:
    pdf = export_study_report(store, owner, Paper.LETTER)
    event = store.events(owner, limit=1)[0]
    assert event.detail == {
        "what": "study report, LETTER",
        "sha256": hashlib.sha256(pdf).hexdigest(),
    }
    document = pdfium.PdfDocument(pdf)
    text = "".join(page.get_textpage().get_text_bounded() for page in document)
    said = re.sub(r"\s+", " ", text)
    assert "DM-001" in said
    assert "IMG_" not in said
    assert "Olga" not in said
    assert store.verify() == []


def test_a_study_export_holds_it_on_both_papers(
    store: Store, owner: Reader, tmp_path: Path
) -> None:
    write_export(store, owner, tmp_path / "out", kinds=[ExchangeFormat.REPORT])
    there = sorted(path.name for path in (tmp_path / "out" / "report").iterdir())
    assert there == ["study_report_a4.pdf", "study_report_letter.pdf"]


def test_whoever_may_not_export_gets_no_report(store: Store, owner: Reader) -> None:
    monitor = store.add_account(owner, "monitor", "Mona Monitor", Role.MONITOR, PASSWORD)
    with pytest.raises(NotAllowed, match="may not export"):
        export_study_report(store, monitor)


def test_a_finished_campaign_gives_agreement_and_the_error_of_the_area(
    store: Store, owner: Reader
) -> None:
    read_campaign(store, owner)
    found = gathered(store, owner)
    assert found.campaign is not None
    assert (found.campaign.agreement.cases, found.campaign.agreement.complete) == (7, 7)
    assert found.campaign.agreement.between.title == "reader 1 and reader 2"
    assert (
        found.errors[Quantity.BSA_PERCENT].origin == f"two readers, campaign {found.campaign.code}"
    )
    clinician = store.add_account(owner, "clin", "Clara Clinic", Role.CLINICIAN, PASSWORD)
    hidden = gathered(store, clinician)
    assert hidden.campaign is None
    assert "not open to the role" in hidden.campaign_note


def test_an_empty_record_has_a_report_too(tmp_path: Path) -> None:
    with Store.open(tmp_path, hasher=PasswordHasher(1, 8, 1)) as store:
        by = store.create_owner("owner", "Olga Owner", PASSWORD)
        patient = store.add_patient(by, "P-9")
        store.add_visit(by, patient.id, date(2026, 1, 5), "Baseline")
        found = gathered(store, by)
        assert found.protocol is None
        assert "1 of 1 visits have no signed CDASI reading." in found.never_measured
        assert export_study_report(store, by).startswith(b"%PDF")
