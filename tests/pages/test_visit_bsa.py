"""The visit's total on the page: skin in two photos counts once, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lesionscope.core.measurement import (
    BsaEstimate,
    Calibration,
    CalibrationSource,
    Convention,
    LesionMap,
)
from lesionscope.core.sites import Side, Site
from lesionscope.exchange.measurement_json import document, mask_files
from lesionscope.imaging.overlay import jpeg
from lesionscope.pages.visit_bsa import bsa_of_visit, measured_photos, shared_sd
from lesionscope.scoring.bsa import log_interval
from tests.imaging.textured_skin import disc, photo, texture
from tests.pages.conftest import Clinic, Open, measured, said

SIZE = (360, 480)
WHOLE = texture(1, (360, 600))
LESION = disc(300, 180, 40, (360, 600))


def add_photo(clinic: Clinic, left: int, name: str) -> None:
    """Add a measured photo of a window of one picture of skin."""
    cut = np.s_[:, left : left + SIZE[1]]
    rgb = np.ascontiguousarray(photo(WHOLE, lesion=LESION)[cut])
    lesion = np.ascontiguousarray(LESION[cut])
    stored = clinic.store.add_photo(
        clinic.owner, clinic.visit_id, jpeg(rgb, quality=95), name=name, view="abdomen",
        site=Site.ABDOMEN, side=Side.MIDLINE,
    )  # fmt: skip
    found = replace(
        measured(stored),
        skin_mask=np.ones(SIZE, bool),
        hand_mask=np.zeros(SIZE, bool),
        lesion_map=LesionMap(lesion.astype(np.float32), lesion, "drawn"),
        calibration=Calibration(CalibrationSource.NONE),
    )
    clinic.store.add_measurement(
        clinic.owner, stored.id, document(found), mask_files(found), drawn_by="drawn"
    )


def test_skin_in_two_photos_counts_once(clinic: Clinic, open_visit: Open) -> None:
    add_photo(clinic, 0, "one.jpg")
    add_photo(clinic, 100, "two.jpg")
    app = open_visit("visit")
    assert not app.exception
    text = said(app)
    assert "100 % of the lesions in" in text
    # 2 % of the arm and 2 % of the abdomen, not twice the abdomen.
    assert "4.0 %" in [box.value for box in app.metric]
    assert "Probability that the total exceeds 1 %: **over 99 %**" in text


def test_without_a_look_at_the_pixels_the_larger_counts(clinic: Clinic) -> None:
    add_photo(clinic, 0, "one.jpg")
    add_photo(clinic, 100, "two.jpg")
    visit = measured_photos(clinic.store, clinic.owner, clinic.visit_id)
    found = bsa_of_visit(visit, Convention.PROTOCOL)
    assert found.total is not None
    assert found.total.percent == pytest.approx(4.0)
    assert "could not be laid onto each other" in found.notes[0]


def test_the_error_that_all_photos_share_is_that_of_the_hand() -> None:
    parts = [
        {"source": "border of the lesions", "sd_of_log": 0.12, "narrows": ""},
        {"source": "size of the patient's hand (average adult)", "sd_of_log": 0.16, "narrows": ""},
    ]
    bsa = BsaEstimate(2.0, log_interval(2.0, 0.2), Convention.PROTOCOL, CalibrationSource.MARKER)
    assert shared_sd({"budget": parts}, bsa) == pytest.approx(0.16, abs=1e-3)
    assert shared_sd({}, bsa) is None
    none = BsaEstimate(0.0, replace(bsa.interval, low=0.0), bsa.convention, bsa.source)
    assert shared_sd({"budget": parts}, none) is None
