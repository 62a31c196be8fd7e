from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from lesionscope import study_export
from lesionscope.core.exchange_format import ExchangeFormat
from lesionscope.imaging.deidentify import blinded_view
from tests.pages.conftest import said

if TYPE_CHECKING:
    from tests.pages.conftest import Clinic, Open


def test_the_page_tells_machine_from_signed_and_offers_tables_first(
    clinic: Clinic, open_app: Open
) -> None:
    app = open_app("exports", clinic.owner)
    assert not app.exception
    words = said(app)
    assert "Measured by the machine, no scores" in words
    assert "2 photos of 1 patient at 1 visit, 1 measured" in words
    assert "0 of 2 photos are released" in words
    assert "No official CDISC terminology" in words
    assert [box.value for box in app.checkbox] == [True, *[False] * 5]
    assert [b.proto.label for b in app.get("download_button")] == ["Download the archive (ZIP)"]


def test_without_a_choice_there_is_nothing_to_download(clinic: Clinic, open_app: Open) -> None:
    app = open_app("exports", clinic.owner)
    app.checkbox(key="export.tables").uncheck().run()
    assert not app.get("download_button")
    assert "Choose at least one thing" in said(app)


def test_opening_the_page_exports_nothing(clinic: Clinic, open_app: Open) -> None:
    before = clinic.store.head()
    open_app("exports", clinic.owner)
    acts = [event.act for event in clinic.store.events(clinic.owner, limit=3)]
    assert before is not None
    assert "export" not in acts


def test_what_is_not_installed_is_said_and_cannot_be_chosen(
    clinic: Clinic, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study_export, "find_spec", lambda name: None)
    app = open_app("exports", clinic.owner)
    assert app.checkbox(key="export.dicom").disabled
    assert "pip install 'lesionscope[dicom]'" in said(app)
    with pytest.raises(ValueError, match="DICOM needs"):
        study_export.zipped_export(clinic.store, clinic.owner, kinds=[ExchangeFormat.DICOM])


def test_released_photos_are_counted(clinic: Clinic, open_app: Open) -> None:
    view = blinded_view(np.full((30, 40, 3), 120, np.uint8))
    clinic.store.release_photo(clinic.owner, clinic.arm.id, view)
    clinic.store.release_photo(clinic.owner, clinic.malar.id, view)
    assert "are released" not in said(open_app("exports", clinic.owner))
