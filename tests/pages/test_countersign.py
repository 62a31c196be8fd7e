from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from lesionscope.core.people import Reader, Role
from lesionscope.core.reading import AnswerOrigin, Meaning, Reading
from lesionscope.core.signature import SignedKind
from tests.pages.conftest import PASSWORD, Clinic, Open, said

READING = SignedKind.READING
ReaderWith = Callable[[Role], Reader]


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click()
    app.run()
    assert not app.exception
    return app


def labels(app: AppTest) -> set[str]:
    return {button.label for button in app.button}


@pytest.fixture
def signed(clinic: Clinic, reader_with: ReaderWith) -> Reading:
    """The visit, signed by the clinician."""
    return clinic.store.sign(
        reader_with(Role.CLINICIAN),
        clinic.visit_id,
        PASSWORD,
        answers={"alopecia": 1},
        origins={"alopecia": AnswerOrigin.ENTERED},
        bsa=None,
        meaning=Meaning.AUTHORSHIP,
        measurement_ids=[],
        suggestions_shown=False,
    )


def approve(clinic: Clinic, signed: Reading) -> None:
    clinic.store.countersign(clinic.owner, READING, signed.id, PASSWORD, meaning=Meaning.APPROVAL)


def test_a_second_person_approves_and_locks(
    clinic: Clinic, signed: Reading, open_visit: Open
) -> None:
    app = open_visit("visit", clinic.owner)
    assert "Correct this reading" in labels(app)
    key = f"reading.{signed.id}"
    app.radio(key=f"counter_meaning.{key}").set_value(Meaning.APPROVAL)
    app.text_input(key=f"counter_words.{key}").set_value("photos seen")
    press(app, "Countersign")
    assert "wrong" in said(app)
    app.text_input(key=f"counter_password.{key}").set_value(PASSWORD)
    press(app, "Countersign")
    (given,) = clinic.store.countersignatures(clinic.owner, READING, signed.id)
    assert (given.meaning, given.words) == (Meaning.APPROVAL, "photos seen")
    assert "**Owner of the record**, approval" in said(app)
    assert "**Locked**: approved by Owner of the record" in said(app)
    assert "Correct this reading" not in labels(app)


def test_its_author_is_not_offered_to_countersign(
    clinic: Clinic, signed: Reading, reader_with: ReaderWith, open_visit: Open
) -> None:
    app = open_visit("visit", reader_with(Role.CLINICIAN))
    assert "Countersign" not in labels(app)
    assert "Correct this reading" in labels(app)


def test_an_unlock_is_asked_for_and_granted_by_another(
    clinic: Clinic, signed: Reading, reader_with: ReaderWith, open_visit: Open
) -> None:
    approve(clinic, signed)
    clinician, manager = reader_with(Role.CLINICIAN), reader_with(Role.DATA_MANAGER)
    app = open_visit("visit", clinician)
    press(app, "Request unlock")
    assert "needs a reason" in said(app)
    app.text_input(key=f"unlock_reason.reading.{signed.id}").set_value("wrong side")
    press(app, "Request unlock")
    assert "**The clinician** asked to unlock reading 1" in said(app)
    assert "Unlock" not in labels(app)
    app = open_visit("unlocks", manager)
    assert "Patient DM-001" in said(app)
    app.text_input(key="grant_password.1").set_value(PASSWORD)
    press(app, "Unlock")
    assert "No request waits for an answer." in said(app)
    app = open_visit("visit", clinician)
    assert "**granted** by The data manager" in said(app)
    assert "Correct this reading" in labels(app)


def test_a_request_is_refused_with_a_reason(
    clinic: Clinic, signed: Reading, reader_with: ReaderWith, open_visit: Open
) -> None:
    approve(clinic, signed)
    clinic.store.request_unlock(reader_with(Role.CLINICIAN), READING, signed.id, "wrong side")
    app = open_visit("visit", clinic.owner)
    app.text_input(key="refuse_reason.1").set_value("the photo shows the left")
    press(app, "Refuse")
    assert "**refused** by Owner of the record" in said(app)
    assert "Refused because: the photo shows the left." in said(app)
    assert "Correct this reading" not in labels(app)


def test_who_asked_is_told_that_another_must_answer(
    clinic: Clinic, signed: Reading, open_visit: Open
) -> None:
    approve(clinic, signed)
    clinic.store.request_unlock(clinic.owner, READING, signed.id, "wrong side")
    app = open_visit("unlocks", clinic.owner)
    assert "a second person must answer it" in said(app)
    assert "Unlock" not in labels(app)


def test_a_superseded_reading_keeps_its_countersignatures_in_sight(
    clinic: Clinic, signed: Reading, reader_with: ReaderWith, open_visit: Open
) -> None:
    clinician = reader_with(Role.CLINICIAN)
    clinic.store.countersign(clinic.owner, READING, signed.id, PASSWORD, meaning=Meaning.REVIEW)
    clinic.store.sign(
        clinician,
        clinic.visit_id,
        PASSWORD,
        answers={"alopecia": 0},
        origins={"alopecia": AnswerOrigin.ENTERED},
        bsa=None,
        meaning=Meaning.AUTHORSHIP,
        measurement_ids=[],
        suggestions_shown=False,
        supersedes=signed.id,
        reason="wrong side",
    )
    text = said(open_visit("visit", clinician))
    assert text.count("**Owner of the record**, review") == 1
    assert "Replaced because: wrong side" in text


def test_a_monitor_sees_the_countersignatures_and_adds_none(
    clinic: Clinic, signed: Reading, reader_with: ReaderWith, open_visit: Open
) -> None:
    approve(clinic, signed)
    app = open_visit("visit", reader_with(Role.MONITOR))
    assert "**Owner of the record**, approval" in said(app)
    assert not app.form_submit_button
