from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from lesionscope.core.people import Reader, Role
from lesionscope.core.sites import Side, Site
from lesionscope.exchange.protocol_file import shipped_document
from lesionscope.pages import session
from tests.pages.conftest import Clinic, Open, said
from tests.pages.test_capture import a_photo


@pytest.fixture
def study(clinic: Clinic) -> Clinic:
    clinic.store.set_protocol(clinic.owner, shipped_document("nct06857240"))
    return clinic


def test_without_a_protocol_there_is_no_list(clinic: Clinic, open_visit: Open) -> None:
    assert "No protocol is set, so there is no list to follow." in said(open_visit("shots"))


def test_missing_views_are_flagged(study: Clinic, open_visit: Open) -> None:
    app = open_visit("shots")
    assert not app.exception
    text = said(app)
    assert "**Missing 14**" in text  # of 16: the arm and the face are there
    assert "Arm, right" in text
    assert "Planned visit **Baseline**" in text
    labels = {b.label: b.proto.type for b in app.button}
    assert labels["Arm, left"] == "secondary"
    assert labels["Arm, right"] == "primary"


def test_a_tap_takes_the_photo_of_that_view(study: Clinic, open_visit: Open) -> None:
    app = open_visit("shots")
    app.button(key="take.thigh left").click().run()
    assert "Standing, turned to the side. Hip to knee." in said(app)
    app.file_uploader[0].upload("IMG_1.jpg", a_photo(5)).run(timeout=120)
    assert not app.exception
    (photo,) = [p for p in study.store.photos(study.owner, study.visit_id) if p.view == "thigh"]
    assert (photo.side, photo.site) == (Side.LEFT, Site.LATERAL_UPPER_THIGH)
    assert study.store.latest_measurement(study.owner, photo.id) is not None
    assert "**Missing 13**" in said(app)


def test_a_file_that_is_no_photo_is_refused(study: Clinic, open_visit: Open) -> None:
    app = open_visit("shots")
    app.button(key="take.back").click().run()
    app.file_uploader[0].upload("IMG_2.jpg", b"\xff\xd8\xff no photo").run()
    assert not app.exception
    assert "Not added: 1" in said(app)
    assert "**Missing 14**" in said(app)


def test_an_unscheduled_visit_follows_a_list_of_choice(study: Clinic, open_app: Open) -> None:
    extra = study.store.add_visit(study.owner, study.patient_id, date(2026, 2, 1), "Extra")
    place = {session.PATIENT: study.patient_id, session.VISIT: extra.id}
    app = open_app("shots", study.owner, **place)
    assert "Extra is none of the planned visits." in said(app)
    assert app.selectbox(key="shots_of").value.id == "baseline"
    assert "**Missing 16**" in said(app)


def test_a_monitor_sees_the_list_and_takes_nothing(
    study: Clinic, reader_with: Callable[[Role], Reader], open_visit: Open
) -> None:
    app = open_visit("shots", reader_with(Role.MONITOR))
    assert "**Missing 14**" in said(app)
    assert not [b for b in app.button if b.label == "Arm, right"]
