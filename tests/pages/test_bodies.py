"""The patient's body on the pages: recorded, shown, cross-checked, and given to measuring."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from lesionscope.apart.bounded import Apart
from lesionscope.apart.desk import Desk
from lesionscope.apart.task import Task
from lesionscope.core.body import BodySize, OwnHandprint, PatientBody, Sex
from lesionscope.core.people import Reader, Role
from lesionscope.decided import body_of
from lesionscope.exchange.measurement_json import document, mask_files
from lesionscope.pages.hands import agreement_words, hand_in
from tests.pages.conftest import Clinic, Open, measured, said


def find_hand(clinic: Clinic, cm2: float) -> None:
    """Append a measurement of the arm in which hand and marker lay beside one another."""
    hand = {"hand_cm2": cm2, "hand_cm2_low": cm2 * 0.93, "hand_cm2_high": cm2 * 1.075}
    found = measured(clinic.arm)
    clinic.store.add_measurement(
        clinic.owner,
        clinic.arm.id,
        document(found) | hand,
        mask_files(found),
        drawn_by=found.lesion_map.drawn_by,
    )


def body(clinic: Clinic) -> PatientBody:
    return clinic.store.patient_body(clinic.owner, clinic.patient_id)


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception
    return app


def record_size(
    app: AppTest, clinic: Clinic, height: float | None, weight: float | None
) -> AppTest:
    app.number_input(key=f"height_cm.{clinic.visit_id}").set_value(height)
    app.number_input(key=f"weight_kg.{clinic.visit_id}").set_value(weight)
    app.selectbox(key=f"sex.{clinic.visit_id}").set_value(Sex.FEMALE)
    button = next(b for b in app.form_submit_button if b.label.startswith("Record for"))
    button.click().run()
    assert not app.exception
    return app


def test_height_weight_and_sex_are_recorded_for_the_visit(clinic: Clinic, open_visit: Open) -> None:
    app = open_visit("patients")
    assert "Own hand: not recorded" in said(app)
    record_size(app, clinic, 170.5, 75)
    assert body(clinic).size == BodySize(170.5, 75, Sex.FEMALE)
    (stored,) = clinic.store.body_history(clinic.owner, clinic.patient_id).sizes
    assert stored.visit_id == clinic.visit_id
    assert "170.5 cm, 75 kg, female · body surface 1.88 m² (Mosteller) · 15 Jan 2026" in said(app)
    assert "170.5 cm, 75 kg" in said(open_visit("visit"))


def test_the_form_begins_with_what_is_known(clinic: Clinic, open_visit: Open) -> None:
    clinic.store.record_body_size(
        clinic.owner, clinic.patient_id, BodySize(160, 50), visit_id=clinic.visit_id
    )
    app = open_visit("patients")
    assert app.number_input(key=f"height_cm.{clinic.visit_id}").value == 160
    record_size(app, clinic, 160, 52.5)
    sizes = clinic.store.body_history(clinic.owner, clinic.patient_id).sizes
    assert [s.size.weight_kg for s in sizes] == [50, 52.5]


def test_half_a_size_is_refused_in_words(clinic: Clinic, open_visit: Open) -> None:
    app = record_size(open_visit("patients"), clinic, 170, None)
    assert "Height and weight are both needed." in said(app)
    assert body(clinic) == PatientBody()


def test_a_hand_found_beside_the_marker_becomes_the_ruler(clinic: Clinic, open_visit: Open) -> None:
    app = open_visit("patients")
    assert f"use_hand.{clinic.arm.id}" not in {b.key for b in app.button}
    find_hand(clinic, 160)
    app = press(open_visit("patients"), f"use_hand.{clinic.arm.id}")
    hand = body(clinic).handprint
    assert hand is not None
    assert (hand.cm2, hand.photo_sha256) == (160, clinic.arm.sha256)
    assert hand.sd_of_log == pytest.approx(0.044, abs=0.001)
    assert "Own hand: 160 cm² (149 to 172)" in said(app)
    assert "Photo arm.jpg, Baseline, 15 Jan 2026" in said(app)
    assert "This hand is the patient's ruler." in said(open_visit("capture"))
    assert "1 photo of this visit was measured before" in said(app)


def test_the_capture_card_offers_the_hand_too(clinic: Clinic, open_visit: Open) -> None:
    find_hand(clinic, 160)
    press(open_visit("capture"), f"use_hand.{clinic.arm.id}")
    assert body(clinic).handprint is not None


@pytest.mark.parametrize(("cm2", "agree"), [(155, True), (120, False)])
def test_another_hand_is_compared_with_the_one_in_use_and_replaces_it_with_a_reason(
    clinic: Clinic, open_visit: Open, cm2: float, agree: bool
) -> None:
    old = OwnHandprint(160, 0.04)
    clinic.store.record_handprint(clinic.owner, clinic.patient_id, old)
    find_hand(clinic, cm2)
    app = open_visit("patients")
    assert ("they agree" in said(app)) == agree
    assert ("one of them is wrong" in "".join(w.value for w in app.warning)) != agree
    press(app, f"use_hand.{clinic.arm.id}")
    assert "needs a reason" in said(app)
    assert body(clinic).handprint == old
    app.text_input(key=f"hand_reason.{clinic.arm.id}").set_value("measured, no longer traced")
    press(app, f"use_hand.{clinic.arm.id}")
    hand = body(clinic).handprint
    assert hand is not None
    assert hand.cm2 == cm2
    assert "160 cm² (150 to 171), entered" in said(app)


def test_an_area_from_a_tracing_is_entered(clinic: Clinic, open_visit: Open) -> None:
    app = open_visit("patients")
    app.number_input(key=f"entered_hand.{clinic.patient_id}").set_value(150.0)
    press(app, f"record_hand.{clinic.patient_id}")
    assert body(clinic).handprint == OwnHandprint(150, 0.05)
    assert "entered, recorded" in said(app)


def test_who_may_not_record_sees_the_body_and_no_form(
    clinic: Clinic, reader_with: Callable[[Role], Reader], open_visit: Open
) -> None:
    clinic.store.record_body_size(clinic.owner, clinic.patient_id, BodySize(160, 50))
    find_hand(clinic, 160)
    app = open_visit("patients", reader_with(Role.MONITOR))
    assert "160 cm, 50 kg" in said(app)
    assert "Hand in arm.jpg" in said(app)
    assert not app.number_input
    assert not app.form_submit_button
    assert not {b.key for b in app.button if str(b.key).startswith(("use_hand", "record_hand"))}


def test_photos_measured_before_are_measured_again_with_the_body(
    clinic: Clinic, open_visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[PatientBody | None] = []
    whole = Desk.measure

    def seen(desk: Desk, data: bytes, task: Task, *, files: bool = False) -> Apart:
        given.append(task.body)
        return whole(desk, data, task, files=files)

    monkeypatch.setattr(Desk, "measure", seen)
    app = record_size(open_visit("patients"), clinic, 170, 75)
    app.button(key="measure_outdated").click().run(timeout=120)
    assert not app.exception
    assert given == [PatientBody(BodySize(170, 75, Sex.FEMALE), None)]
    assert len(clinic.store.measurements(clinic.owner, clinic.arm.id)) == 2
    assert "measured before" not in said(open_visit("patients"))


def test_the_body_of_a_visit_is_that_of_its_day(clinic: Clinic) -> None:
    store, by = clinic.store, clinic.owner
    assert body_of(store, by, clinic.visit_id) is None
    later = store.add_visit(by, clinic.patient_id, date(2026, 6, 1), "Week 20")
    for visit_id, weight in ((clinic.visit_id, 80), (later.id, 70)):
        store.record_body_size(by, clinic.patient_id, BodySize(170, weight), visit_id=visit_id)
    assert body_of(store, by, clinic.visit_id) == PatientBody(BodySize(170, 80))
    assert body_of(store, by, later.id) == PatientBody(BodySize(170, 70))


@pytest.mark.parametrize("cm2", [10.0, 400.0])
def test_an_outline_that_is_no_hand_is_not_offered(cm2: float) -> None:
    found = {"hand_cm2": cm2, "hand_cm2_low": cm2 * 0.9, "hand_cm2_high": cm2 * 1.1}
    assert hand_in(found, "ab") is None


def test_agreement_counts_both_uncertainties() -> None:
    precise, vague = OwnHandprint(160, 0.02), OwnHandprint(140, 0.2)
    assert agreement_words(vague, precise)[0]
    assert agreement_words(precise, vague)[0]
    assert not agreement_words(OwnHandprint(140, 0.02), precise)[0]
    for one, other in ((160, 172), (172, 160)):
        agree, words = agreement_words(OwnHandprint(one, 0.02), OwnHandprint(other, 0.02))
        assert not agree
        assert "explain 6 %" in words


def test_the_sheet_to_print_is_offered_to_those_who_photograph(
    clinic: Clinic, reader_with: Callable[[Role], Reader], open_visit: Open
) -> None:
    def offered(app: AppTest) -> Iterator[str]:
        return (button.proto.label for button in app.get("download_button"))

    assert list(offered(open_visit("capture"))) == ["Sheet, A4 (PDF)", "Sheet, Letter (PDF)"]
    assert not list(offered(open_visit("capture", reader_with(Role.MONITOR))))
