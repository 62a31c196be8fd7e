from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest

from lesionscope.core.measurement import BudgetPart
from lesionscope.core.people import Reader, Role
from lesionscope.exchange.measurement_json import document, mask_files
from lesionscope.pages.components.mask_editor import Edit
from lesionscope.pages.measuring import Bench, is_corrected, measure_stored, software_outline
from lesionscope.pipeline import default_grader
from lesionscope.scoring.budget import HAND_AS_LAID
from tests.pages.conftest import Clinic, Open, measured, said


def test_the_numbers_come_with_their_interval_and_ruler(clinic: Clinic, open_visit: Open) -> None:
    app = open_visit("read")
    assert not app.exception
    assert app.metric[0].value == "2.0 %"
    text = said(app)
    assert "90 % interval 1.5 to 2.6 %" in text
    assert "Outline by LesionScope 0.1.0, trained network" in text
    table = str(app.table[0].value)
    assert "the patient's hand" in table
    assert "ITA 35°" in table


def test_a_photo_not_measured_says_so(clinic: Clinic, open_visit: Open) -> None:
    app = open_visit("read")
    app.button(key=f"choose.{clinic.malar.id}").click().run()
    assert "Stored, not measured." in said(app)


def test_a_corrected_outline_becomes_the_next_measurement(clinic: Clinic, open_visit: Open) -> None:
    drawn = np.zeros((120, 160), bool)
    drawn[20:40, 20:60] = True
    answers = iter([Edit(drawn)])
    editor = "lesionscope.pages.components.mask_editor.mask_editor"
    with patch(editor, lambda *args, **options: next(answers, None)):
        app = open_visit("read")
    assert not app.exception
    latest = clinic.store.latest_measurement(clinic.owner, clinic.arm.id)
    assert latest is not None
    assert latest.drawn_by == clinic.owner.full_name
    assert is_corrected(latest)
    # 800 pixels within the outline, 800 in the hand: one handprint, as a hand lies on a body.
    assert latest.document["bsa_percent"] == pytest.approx(HAND_AS_LAID)
    assert len(clinic.store.measurements(clinic.owner, clinic.arm.id)) == 2
    assert "Outline corrected by Owner of the record" in said(app)


def edited(clinic: Clinic, open_visit: Open, edit: Edit) -> str:
    """Save an edit on the page and return what the page then says."""
    answers = iter([edit])
    editor = "lesionscope.pages.components.mask_editor.mask_editor"
    with patch(editor, lambda *args, **options: next(answers, None)):
        app = open_visit("read")
    assert not app.exception
    return said(app)


def test_clear_skin_that_a_reader_chose_stays_with_the_measurement(
    clinic: Clinic, open_visit: Open
) -> None:
    drawn = np.zeros((120, 160), bool)
    drawn[20:40, 20:60] = True
    edited(clinic, open_visit, Edit(drawn, clear_skin=(120, 30)))
    latest = clinic.store.latest_measurement(clinic.owner, clinic.arm.id)
    assert latest is not None
    details = latest.document["calibration"]["details"]
    assert (details["clear_skin_x"], details["clear_skin_y"]) == (120, 30)
    assert latest.drawn_by == clinic.owner.full_name
    text = edited(clinic, open_visit, Edit(drawn))
    latest = clinic.store.latest_measurement(clinic.owner, clinic.arm.id)
    assert latest is not None
    assert "clear_skin_x" not in latest.document["calibration"]["details"]
    assert "clear skin chosen by Owner of the record" in text


def test_measuring_again_keeps_what_a_reader_drew_and_says_so(
    clinic: Clinic, open_visit: Open, reader_with: Callable[[Role], Reader]
) -> None:
    drawn = np.zeros((120, 160), bool)
    drawn[20:40, 20:60] = True
    edited(clinic, open_visit, Edit(drawn, clear_skin=(120, 30)))
    bench = Bench(clinic.store, reader_with(Role.CLINICIAN), default_grader())
    for _ in range(2):
        again = measure_stored(bench, clinic.arm)
        assert again.drawn_by == "Owner of the record, kept when measured again"
        assert is_corrected(again)
        assert again.document["calibration"]["details"]["clear_skin_x"] == 120
        kept = clinic.store.measurement_files(clinic.owner, again.id)
        before = clinic.store.measurements(clinic.owner, clinic.arm.id)[1]
        assert kept["lesion"] == clinic.store.measurement_files(clinic.owner, before.id)["lesion"]
    app = open_visit("read")
    assert "kept when measured again" in said(app)
    app.button(key="software_outline").click().run()
    assert not app.exception
    latest = clinic.store.latest_measurement(clinic.owner, clinic.arm.id)
    assert latest is not None
    assert not is_corrected(latest)
    assert "clear_skin_x" not in latest.document["calibration"]["details"]


def test_the_software_outline_is_the_one_that_nobody_touched(
    clinic: Clinic, open_visit: Open
) -> None:
    edited(clinic, open_visit, Edit(np.zeros((120, 160), bool), clear_skin=(120, 30)))
    found = software_outline(Bench(clinic.store, clinic.owner, None), clinic.arm)
    assert np.array_equal(found.lesion_map.mask, measured(clinic.arm).lesion_map.mask)


def test_the_bounds_of_trials_and_the_budget_are_shown(clinic: Clinic, open_visit: Open) -> None:
    parts = (BudgetPart("border of the lesions", 0.1, "Check the outline."),)
    found = replace(measured(clinic.arm), budget=parts)
    clinic.store.add_measurement(
        clinic.owner, clinic.arm.id, document(found), mask_files(found), drawn_by="LesionScope 1"
    )
    app = open_visit("read")
    assert not app.exception
    text = said(app)
    assert "More than 1 %: almost certain (over 99 %)." in text
    assert "Would narrow it most: Check the outline." in text


def test_a_photographer_sees_the_outline_and_no_editor(
    clinic: Clinic, reader_with: Callable[[Role], Reader], open_visit: Open
) -> None:
    app = open_visit("read", reader_with(Role.PHOTOGRAPHER))
    assert not app.exception
    assert len(app.get("bidi_component")) == 1  # what keeps the session, and no editor
    assert app.slider(key="tint").value == 0
