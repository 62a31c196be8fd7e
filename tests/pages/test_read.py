from __future__ import annotations

from collections.abc import Callable
from unittest.mock import patch

import numpy as np
import pytest

from lesionscope.core.people import Reader, Role
from lesionscope.pages.measuring import is_corrected
from tests.pages.conftest import Clinic, Open, said


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
    answers = iter([drawn])
    editor = "lesionscope.pages.components.mask_editor.mask_editor"
    with patch(editor, lambda *args, **options: next(answers, None)):
        app = open_visit("read")
    assert not app.exception
    latest = clinic.store.latest_measurement(clinic.owner, clinic.arm.id)
    assert latest is not None
    assert latest.drawn_by == clinic.owner.full_name
    assert is_corrected(latest)
    # 800 pixels within the outline, 800 in the hand: one handprint.
    assert latest.document["bsa_percent"] == pytest.approx(1.0)
    assert len(clinic.store.measurements(clinic.owner, clinic.arm.id)) == 2
    assert "Outline corrected by Owner of the record" in said(app)


def test_a_photographer_sees_the_outline_and_no_editor(
    clinic: Clinic, reader_with: Callable[[Role], Reader], open_visit: Open
) -> None:
    app = open_visit("read", reader_with(Role.PHOTOGRAPHER))
    assert not app.exception
    assert len(app.get("bidi_component")) == 1  # what keeps the session, and no editor
    assert app.slider(key="tint").value == 0
