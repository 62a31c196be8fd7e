from __future__ import annotations

from collections.abc import Callable

import numpy as np
from streamlit.testing.v1 import AppTest

from lesionscope.core.people import Reader, Role
from lesionscope.core.sites import Side, Site
from lesionscope.imaging.overlay import jpeg
from tests.pages.conftest import Clinic, Open, said


def a_photo(seed: int) -> bytes:
    """Return a JPEG of uneven skin, small enough to be measured at once."""
    rng = np.random.default_rng(seed)
    skin = np.clip(rng.normal((205, 160, 140), 6, (240, 320, 3)), 0, 255)
    return jpeg(skin.astype(np.uint8))


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    for name, data in files:
        app.file_uploader[0].upload(name, data)
    app.run(timeout=120)
    assert not app.exception
    return app


def test_good_files_are_stored_and_measured_though_one_is_bad(
    clinic: Clinic, open_visit: Open
) -> None:
    app = upload(
        open_visit("capture"),
        ("back_left.jpg", a_photo(1)),
        ("bad.jpg", b"\xff\xd8\xff no photo"),
        ("../../🙂 hands.jpg", a_photo(2)),
    )
    photos = {p.name: p for p in clinic.store.photos(clinic.owner, clinic.visit_id)}
    new = photos.keys() - {"arm.jpg", "face.jpg"}
    assert len(new) == 2
    back = photos["back_left.jpg"]
    assert (back.view, back.site, back.side) == ("back", Site.UPPER_BACK_SHOULDERS, Side.LEFT)
    assert all(clinic.store.latest_measurement(clinic.owner, photos[name].id) for name in new)
    assert "Not added: 1" in said(app)
    assert "`bad.jpg`" in said(app)


def test_the_same_photo_twice_is_said_and_kept_once(clinic: Clinic, open_visit: Open) -> None:
    data = clinic.store.original(clinic.owner, clinic.arm.id)
    app = upload(open_visit("capture"), ("copy.jpg", data))
    assert "already has the same file" in said(app)
    assert len(clinic.store.photos(clinic.owner, clinic.visit_id)) == 2


def test_a_photo_left_unmeasured_is_offered_again(clinic: Clinic, open_visit: Open) -> None:
    app = open_visit("capture")
    assert "1 stored and not measured." in said(app)
    app.button(key="measure_unmeasured").click().run(timeout=120)
    assert clinic.store.latest_measurement(clinic.owner, clinic.malar.id) is not None
    assert "not measured" not in said(app)


def test_another_view_proposes_its_site_and_measures_there(
    clinic: Clinic, open_visit: Open
) -> None:
    app = open_visit("capture")
    app.selectbox(key=f"view.{clinic.arm.id}").set_value("joints").run(timeout=120)
    photo = clinic.store.photo(clinic.owner, clinic.arm.id)
    assert (photo.view, photo.site, photo.side) == ("joints", Site.GOTTRON_NOT_HANDS, Side.LEFT)
    latest = clinic.store.latest_measurement(clinic.owner, clinic.arm.id)
    assert latest is not None
    assert latest.document["site"] == "gottron_not_hands"


def test_withdrawing_needs_a_reason_and_keeps_the_bytes(clinic: Clinic, open_visit: Open) -> None:
    app = open_visit("capture")
    app.button(key=f"withdraw.{clinic.arm.id}").click().run()
    assert "reason" in said(app)
    assert len(clinic.store.photos(clinic.owner, clinic.visit_id)) == 2
    app.text_input(key=f"reason.{clinic.arm.id}").set_value("Blurred, taken again").run()
    app.button(key=f"withdraw.{clinic.arm.id}").click().run()
    left = clinic.store.photos(clinic.owner, clinic.visit_id)
    assert [photo.id for photo in left] == [clinic.malar.id]
    assert clinic.store.verify() == []


def test_findings_are_said_with_advice(open_visit: Open) -> None:
    text = said(open_visit("capture"))
    assert "Gloss hides skin." in text
    assert "Turn the lamp." in text


def test_a_monitor_can_look_and_change_nothing(
    clinic: Clinic, reader_with: Callable[[Role], Reader], open_visit: Open
) -> None:
    app = open_visit("capture", reader_with(Role.MONITOR))
    assert not app.exception
    assert not app.file_uploader
    assert all(box.disabled for box in app.selectbox if str(box.key).startswith("view."))
    assert "Withdraw photo" not in {button.label for button in app.button}


def test_without_a_visit_the_page_asks_for_one(
    clinic: Clinic, owner: Reader, open_app: Open
) -> None:
    app = open_app("capture", owner)
    assert "Choose a patient first." in said(app)
    assert not app.file_uploader
