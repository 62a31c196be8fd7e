from __future__ import annotations

from collections.abc import Callable
from datetime import date

from lesionscope.core.people import Reader, Role
from lesionscope.store.store import Store
from tests.pages.conftest import Open, said


def test_a_patient_and_a_visit_are_added_and_opened(
    record: Store, owner: Reader, open_app: Open
) -> None:
    app = open_app("patients", owner)
    app.text_input(key="new_pseudonym").set_value("DM-014")
    app.form_submit_button[0].click().run()
    patient = record.patients(owner)[0].patient
    assert patient.pseudonym == "DM-014"
    assert app.session_state["patient_id"] == patient.id
    app.date_input(key="new_visit_day").set_value(date(2026, 1, 15))
    app.text_input(key="new_visit_label").set_value("Baseline")
    app.form_submit_button[1].click().run()
    assert not app.exception
    assert [visit.label for visit in record.visits(owner, patient.id)] == ["Baseline"]
    assert "Baseline** · 15 Jan 2026" in said(app)


def test_a_name_is_not_taken_for_a_pseudonym(record: Store, owner: Reader, open_app: Open) -> None:
    app = open_app("patients", owner)
    app.text_input(key="new_pseudonym").set_value("Mary Jones")
    app.form_submit_button[0].click().run()
    assert record.patients(owner) == []
    assert "pseudonym must be" in said(app)
    assert not app.exception


def test_search_narrows_the_list(record: Store, owner: Reader, open_app: Open) -> None:
    for pseudonym in ("DM-001", "DM-002", "C-7"):
        record.add_patient(owner, pseudonym)
    app = open_app("patients", owner)
    app.text_input(key="patient_search").set_value("dm").run()
    names = {button.label for button in app.button}
    assert {"DM-001", "DM-002"} <= names
    assert "C-7" not in names


def test_a_monitor_sees_patients_and_adds_none(
    record: Store, owner: Reader, reader_with: Callable[[Role], Reader], open_app: Open
) -> None:
    record.add_patient(owner, "DM-001")
    app = open_app("patients", reader_with(Role.MONITOR))
    assert "DM-001" in {button.label for button in app.button}
    assert not app.form_submit_button


def test_a_patient_opened_by_another_number_is_a_sentence(owner: Reader, open_app: Open) -> None:
    app = open_app("patients", owner, patient_id=99)
    assert not app.exception
    assert app.error
