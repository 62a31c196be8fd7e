"""The app as its tests run it: a fresh record, a reader of any role, and every page by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from argon2 import PasswordHasher
from streamlit.testing.v1 import AppTest

from lesionscope.core.measurement import (
    BsaEstimate,
    Calibration,
    CalibrationSource,
    Convention,
    Estimate,
    Interval,
    Item,
    Lesion,
    LesionMap,
    Measurement,
    SubscoreSuggestion,
)
from lesionscope.core.people import Reader, Role
from lesionscope.core.photo import CaptureFinding, Severity
from lesionscope.core.sites import Side, Site
from lesionscope.exchange.measurement_json import document, mask_files
from lesionscope.imaging.overlay import jpeg
from lesionscope.pages import session
from lesionscope.store.entries import StoredMeasurement, StoredPhoto
from lesionscope.store.store import Store

APP = Path(__file__).parents[2] / "app.py"
PAGES = APP.parent / "lesionscope" / "pages"
DRAWN_BY = "LesionScope 0.1.0, trained network"
PASSWORD = "a long enough secret"

Open = Callable[..., AppTest]


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A record with nothing in it, and the app looking at it."""
    monkeypatch.setenv("LESIONSCOPE_HOME", str(tmp_path))
    st.cache_resource.clear()
    st.cache_data.clear()
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with Store.open(tmp_path, hasher=quick) as opened:
        yield opened
    st.cache_resource.clear()


@pytest.fixture
def owner(record: Store) -> Reader:
    return record.create_owner("owner", "Owner of the record", PASSWORD)


@pytest.fixture
def reader_with(record: Store, owner: Reader) -> Callable[[Role], Reader]:
    """Return the account of a role, made on first use."""
    made = {Role.OWNER: owner}

    def of(role: Role) -> Reader:
        if role not in made:
            name = role.value.replace(" ", "_")
            made[role] = record.add_account(owner, name, f"The {role.value}", role, PASSWORD)
        return made[role]

    return of


@pytest.fixture
def open_app(record: Store) -> Open:
    """Open a page as a reader: ``open_app("patients", reader, patient_id=1)``."""

    def opened(page: str = "", reader: Reader | None = None, **state: object) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=30)
        app.session_state[session.QUESTION] = ""  # a tab that has answered: it kept nothing
        if reader is not None:
            app.session_state[session.TOKEN] = record.open_session(reader)
        for key, value in state.items():
            app.session_state[key] = value
        app.run()
        if page:
            app.switch_page(str(PAGES / f"{page}.py")).run()
        return app

    return opened


def said(app: AppTest) -> str:
    """Return everything that a page says in sentences."""
    kinds = (app.markdown, app.caption, app.info, app.warning, app.error, app.success, app.title)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


@dataclass(frozen=True)
class Clinic:
    """One patient with a visit of two photos: an arm that is graded, and a malar area that is not.

    The arm's redness is suggested as 2 with 71 %, its scale as 0, its erosion as not gradable.
    """

    store: Store
    owner: Reader
    patient_id: int
    visit_id: int
    arm: StoredPhoto
    malar: StoredPhoto
    measurement: StoredMeasurement


def jpeg_of(colour: tuple[int, int, int]) -> bytes:
    """Return a photo of one colour, 160 x 120."""
    return jpeg(np.full((120, 160, 3), colour, np.uint8))


def measured(photo: StoredPhoto) -> Measurement:
    """Return a measurement of an arm: 2 % of the body surface by the hand."""
    lesion, hand = np.zeros((120, 160), bool), np.zeros((120, 160), bool)
    lesion[20:60, 20:60], hand[80:100, 100:140] = True, True
    chances = {
        Item.ERYTHEMA: (0.05, 0.2, 0.71, 0.04),
        Item.SCALE: (0.9, 0.08, 0.02),
        Item.EROSION: (0.5, 0.5),
    }
    percent = {
        convention: BsaEstimate(
            2.0 * worth, Interval(1.5 * worth, 2.6 * worth), convention, CalibrationSource.HANDPRINT
        )
        for convention, worth in ((Convention.PROTOCOL, 1.0), (Convention.ADJUSTED, 0.87))
    }
    return Measurement(
        photo_sha256=photo.sha256,
        site=photo.site,
        findings=(
            CaptureFinding("glare", Severity.WARNING, "Gloss hides skin.", "Turn the lamp."),
        ),
        calibration=Calibration(CalibrationSource.HANDPRINT, hand_area_px=float(hand.sum())),
        skin_mask=np.ones((120, 160), bool),
        hand_mask=hand,
        lesion_map=LesionMap(np.float32(0.78) * lesion, lesion, DRAWN_BY),
        lesions=(Lesion(1, 1600, None, (40, 40), (20, 20, 60, 60), 0.3, 9.8, chances),),
        handprints=Estimate(2.0, Interval(1.5, 2.6), "handprints"),
        area_cm2=None,
        bsa_protocol=percent[Convention.PROTOCOL],
        bsa_adjusted=percent[Convention.ADJUSTED],
        suggestions=(
            SubscoreSuggestion(
                Item.ERYTHEMA, photo.site, 2, chances[Item.ERYTHEMA], "a* +9.8, red (71%)"
            ),
            SubscoreSuggestion(Item.SCALE, photo.site, 0, chances[Item.SCALE], "no scale seen"),
            SubscoreSuggestion(Item.EROSION, photo.site, None, (), "not gradable: out of focus"),
        ),
        ita_deg=35.0,
        skin_tone="intermediate",
        software_version="0.1.0",
        model_version="grades 1234",
    )


@pytest.fixture
def clinic(record: Store, owner: Reader) -> Clinic:
    patient = record.add_patient(owner, "DM-001")
    visit = record.add_visit(owner, patient.id, date(2026, 1, 15), "Baseline")
    arm = record.add_photo(
        owner, visit.id, jpeg_of((200, 150, 130)), name="arm.jpg", view="arm", site=Site.ARM,
        side=Side.LEFT,
    )  # fmt: skip
    malar = record.add_photo(
        owner, visit.id, jpeg_of((190, 140, 120)), name="face.jpg", view="face", site=Site.MALAR,
        side=Side.MIDLINE,
    )  # fmt: skip
    found = measured(arm)
    stored = record.add_measurement(
        owner, arm.id, document(found), mask_files(found), drawn_by=found.lesion_map.drawn_by
    )
    return Clinic(record, owner, patient.id, visit.id, arm, malar, stored)


@pytest.fixture
def open_visit(clinic: Clinic, open_app: Open) -> Open:
    """Open a page about the clinic's visit: ``open_visit("score", reader)``."""

    def opened(page: str, reader: Reader | None = None) -> AppTest:
        place = {session.PATIENT: clinic.patient_id, session.VISIT: clinic.visit_id}
        return open_app(page, reader or clinic.owner, **place)

    return opened
