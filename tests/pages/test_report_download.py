from __future__ import annotations

from collections.abc import Callable

import pypdfium2 as pdfium

from lesionscope.core.people import Reader, Role
from lesionscope.exchange.visit_report import Paper
from lesionscope.pages.report_download import report_pdf
from tests.pages.conftest import Clinic, Open


def test_the_button_is_there_for_those_who_may_export(
    clinic: Clinic, reader_with: Callable[[Role], Reader], open_visit: Open
) -> None:
    app = open_visit("visit")
    assert not app.exception
    buttons = app.get("download_button")
    assert [button.proto.label for button in buttons] == ["Draft report (PDF)"]
    assert not open_visit("visit", reader_with(Role.MONITOR)).get("download_button")


def test_the_report_is_made_and_recorded_when_it_is_asked_for(clinic: Clinic) -> None:
    visit = clinic.store.visit(clinic.owner, clinic.visit_id)
    before = len(clinic.store.events(clinic.owner))
    pdf = report_pdf(clinic.owner, visit, Paper.LETTER)
    said = " ".join(page.get_textpage().get_text_bounded() for page in pdfium.PdfDocument(pdf))
    assert "DRAFT" in said
    assert "arm.jpg" in said
    assert "2.0 %" in said
    events = clinic.store.events(clinic.owner)
    assert len(events) == before + 1
    assert events[0].act == "export"
