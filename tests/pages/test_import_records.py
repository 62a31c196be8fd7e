from __future__ import annotations

from datetime import date
from typing import Any

from lesionscope.core.people import Reader
from lesionscope.core.plain_record import PlainVisit
from lesionscope.pages import session
from tests.pages.conftest import Clinic, Open, said

SHA256 = "0" * 64
HEADING = b"patient,visit,date,cdasi.activity\r\n"


def send(app: Any, data: bytes) -> None:
    app.file_uploader[0].set_value(("old.csv", data, "text/csv")).run()


def test_bad_lines_are_named_and_good_ones_wait(clinic: Clinic, open_app: Open) -> None:
    before = len(clinic.store.patients(clinic.owner))
    app = open_app("import_records", clinic.owner)
    send(app, HEADING + b"DM-900,Baseline,2026-03-04,23\r\nDM-901,Baseline,04.03.2026,12\r\n")
    assert "1 line cannot come in" in said(app)
    assert list(next(d.value["Line"] for d in app.dataframe if "What is wrong" in d.value)) == [3]
    assert len(clinic.store.patients(clinic.owner)) == before
    app.button(key="import_confirm").click().run()
    assert "1 lines of old.csv are in the record" in said(app)
    names = [line.patient.pseudonym for line in clinic.store.patients(clinic.owner)]
    assert "DM-900" in names
    assert "DM-901" not in names


def test_a_file_that_cannot_be_read_is_said(clinic: Clinic, open_app: Open) -> None:
    app = open_app("import_records", clinic.owner)
    send(app, b"name,born\r\n")
    assert "lacks patient, visit, date" in app.error[0].value


def test_a_changed_score_asks_for_a_reason(clinic: Clinic, open_app: Open) -> None:
    bring(clinic, clinic.owner)
    app = open_app("import_records", clinic.owner)
    send(app, HEADING + b"DM-900,Baseline,2026-03-04,24\r\n")
    assert "23 becomes 24" in said(app)
    app.button(key="import_confirm").click().run()
    assert "needs a reason" in said(app)
    app.text_input(key="import_reason").set_value("typing error").run()
    app.button(key="import_confirm").click().run()
    assert "are in the record" in said(app)


def bring(clinic: Clinic, by: Reader) -> int:
    line = PlainVisit(2, "DM-900", "Baseline", date(2026, 3, 4), {("cdasi", "activity"): 23})
    clinic.store.import_plain_record(by, [line], file="a.csv", sha256=SHA256)
    found = clinic.store.patients(by)
    patient = next(one.patient for one in found if one.patient.pseudonym == "DM-900")
    return clinic.store.visits(by, patient.id)[0].id


def test_the_visit_shows_what_came_in_apart(clinic: Clinic, open_app: Open) -> None:
    visit_id = bring(clinic, clinic.owner)
    visit = clinic.store.visit(clinic.owner, visit_id)
    place = {session.PATIENT: visit.patient_id, session.VISIT: visit_id}
    app = open_app("visit", clinic.owner, **place)
    table = app.dataframe[0].value
    assert list(table["Value"]) == ["23"]
    assert "They are no reading." in said(app)
