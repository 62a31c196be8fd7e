from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from lesionscope.core.cdasi import ITEMS, Part
from lesionscope.core.people import Reader, Role
from lesionscope.pages.draft import Draft
from tests.pages.conftest import PASSWORD, Clinic, Open, said


def fill_form(clinic: Clinic, **levels: int) -> None:
    keys = [item.key for item in ITEMS]
    draft = Draft(suggestions_shown=True).fill(keys, 0, {})
    for key, level in levels.items():
        draft = draft.answer(key.replace("__", "."), level, None)
    clinic.store.save_draft(clinic.owner, clinic.visit_id, draft.content())


def sign(app: AppTest, password: str = PASSWORD) -> AppTest:
    app.text_input(key="sign_password").set_value(password)
    app.form_submit_button[0].click().run()
    assert not app.exception
    return app


def test_the_signature_covers_scores_area_and_measurements(
    clinic: Clinic, open_visit: Open
) -> None:
    fill_form(clinic, arm__erythema=2, arm__poikiloderma=1)
    app = open_visit("visit")
    assert [box.value for box in app.metric] == ["2 of 100", "1 of 32", "2.0 %", "1.7 %"]
    assert "You sign **81 scores**, **BSA 2.0 % (1.5 to 2.6)** and **1 measurements**" in said(app)
    sign(app)
    reading = clinic.store.current_reading(clinic.owner, clinic.visit_id)
    assert reading is not None
    assert reading.score(Part.ACTIVITY).total == 2
    assert reading.measurement_ids == (clinic.measurement.id,)
    assert reading.bsa is not None
    assert reading.bsa.percent == 2.0
    assert "Owner of the record" in said(app)
    assert not [field for field in app.text_input if field.key == "sign_password"]


def test_a_wrong_password_signs_nothing(clinic: Clinic, open_visit: Open) -> None:
    fill_form(clinic)
    app = sign(open_visit("visit"), "not my password")
    assert clinic.store.current_reading(clinic.owner, clinic.visit_id) is None
    assert app.warning


def test_a_signed_visit_is_locked_and_corrected_only_with_a_reason(
    clinic: Clinic, open_visit: Open
) -> None:
    fill_form(clinic, arm__erythema=2)
    sign(open_visit("visit"))
    locked = open_visit("score")
    assert "is signed by" in said(locked)
    assert not locked.radio
    app = open_visit("visit")
    next(button for button in app.button if button.label == "Correct this reading").click().run()
    sign(app)
    assert "needs a reason" in said(app)
    assert len(clinic.store.readings(clinic.owner, clinic.visit_id)) == 1
    app.text_input(key="sign_reason").set_value("Arm was taken for the other side")
    sign(app)
    first, second = clinic.store.readings(clinic.owner, clinic.visit_id)
    assert second.supersedes == first.id
    assert "Arm was taken for the other side" in said(app)


def test_what_is_not_in_the_area_is_named(clinic: Clinic, open_visit: Open) -> None:
    text = said(open_visit("visit"))
    assert "face.jpg (Malar area, not measurable)" in text
    assert "Scalp" in text
    assert "Arm" not in text.split("Not photographed")[1].splitlines()[0]


def test_a_monitor_sees_the_visit_and_signs_nothing(
    clinic: Clinic, reader_with: Callable[[Role], Reader], open_visit: Open
) -> None:
    app = open_visit("visit", reader_with(Role.MONITOR))
    assert not app.exception
    assert "Nobody has signed this visit." in said(app)
    assert not app.form_submit_button


def test_the_timeline_shows_signed_totals(clinic: Clinic, open_visit: Open) -> None:
    before = open_visit("timeline").dataframe[0].value
    assert before["activity"].isna().all()
    assert list(before["bsa_words"]) == ["2.0 % (1.5 to 2.6)"]
    fill_form(clinic, arm__erythema=2)
    sign(open_visit("visit"))
    app = open_visit("timeline")
    assert not app.exception
    after = app.dataframe[0].value
    assert list(after["activity"]) == [2]
    assert list(after["state"]) == ["signed"]


def test_the_audit_trail_lists_the_acts_and_verifies(clinic: Clinic, open_app: Open) -> None:
    app = open_app("audit", clinic.owner)
    assert "measure photo" in set(app.dataframe[0].value["Act"])
    app.button[0].click().run()
    assert app.success[0].value == "The record is whole."


def test_the_owner_adds_an_account(clinic: Clinic, open_app: Open) -> None:
    app = open_app("accounts", clinic.owner)
    app.text_input(key="account_name").set_value("ben")
    app.text_input(key="account_full_name").set_value("Ben Photographer")
    app.selectbox(key="account_role").set_value(Role.PHOTOGRAPHER)
    app.text_input(key="account_password").set_value(PASSWORD)
    app.form_submit_button[0].click().run()
    assert {reader.name for reader in clinic.store.readers(clinic.owner)} == {"owner", "ben"}
