"""An export in Chromium: what the page says, the archive that comes down, the line in the trail."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from lesionscope.core.cdasi import CDASI
from lesionscope.core.reading import AnswerOrigin, Meaning
from lesionscope.core.sites import Side, Site
from lesionscope.exchange.measurement_json import document
from lesionscope.exchange.package_reader import MANIFEST
from lesionscope.store.store import Store
from tests.browser.test_people import sign_in
from tests.browser.test_walk import APP, PASSWORD, Clinician
from tests.exchange.study_case import masks, measurement, picture

pytestmark = pytest.mark.browser


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A record with a signed visit of two measured photos, one of them released."""
    folder = tmp_path / "record"
    with Store.open(folder, hasher=PasswordHasher(1, 8, 1)) as store:
        owner = store.create_owner("owner", "Study Owner", PASSWORD)
        patient = store.add_patient(owner, "DM-014")
        visit = store.add_visit(owner, patient.id, date(2026, 3, 2), "Baseline")
        for place, side in enumerate((Side.LEFT, Side.RIGHT)):
            photo = store.add_photo(
                owner, visit.id, picture() + b"\0" * place, name=f"IMG_{place}.jpg", view="arm",
                site=Site.ARM, side=side,
            )  # fmt: skip
            found = document(measurement(calibrated=True)) | {"sha256": photo.sha256}
            store.add_measurement(owner, photo.id, found, masks(), drawn_by="LesionScope 0.1.0")
            if place == 0:
                store.release_photo(owner, photo.id, picture())
        answers = {field.key: 0 for field in CDASI.fields}
        store.sign(
            owner, visit.id, PASSWORD, answers=answers,
            origins=dict.fromkeys(answers, AnswerOrigin.ENTERED), bsa=None,
            meaning=Meaning.AUTHORSHIP, measurement_ids=[], suggestions_shown=False,
        )  # fmt: skip
    return folder


def take_everything(walk: Clinician) -> Path:
    walk.go("Exports")
    walk.sees("1 of 2 photos are released.")
    walk.picture("62_exports")
    for title in ("HL7 FHIR R4", "CDISC tables and ODM-XML", "DICOM", "De-identified pictures"):
        walk.page.get_by_text(title, exact=True).click()
        walk.wait()
    walk.picture("63_exports_chosen")
    with walk.page.expect_download() as download:
        walk.page.get_by_role("button", name="Download the archive (ZIP)").click()
    return Path(download.value.path())


def test_an_archive_comes_down_whole_and_stands_in_the_trail(
    serve: Callable[..., str], open_page: Callable[..., Any], home: Path, tmp_path: Path
) -> None:
    pictures = Path(os.environ.get("LESIONSCOPE_SCREENSHOTS", tmp_path / "screenshots"))
    pictures.mkdir(parents=True, exist_ok=True)
    walk = Clinician(open_page(serve(APP, {"LESIONSCOPE_HOME": str(home)})), pictures)
    sign_in(walk, "owner")
    with zipfile.ZipFile(take_everything(walk)) as archive:
        manifest = archive.read(MANIFEST)
        for one in json.loads(manifest)["files"]:
            assert hashlib.sha256(archive.read(one["path"])).hexdigest() == one["sha256"]
        names = archive.namelist()
    assert len([name for name in names if name.endswith("photo_1.dcm")]) == 1
    assert not [name for name in names if name.endswith("photo_2.dcm")]
    walk.go("Audit trail")
    walk.sees("export")
    walk.picture("64_export_in_trail")
    with Store.open(home) as store:
        event = store.events(store.authenticate("owner", PASSWORD), limit=50, entity="record")[0]
        assert event.detail["sha256"] == hashlib.sha256(manifest).hexdigest()
        assert event.detail["what"] == "study export: tables, fhir, cdisc, dicom, pictures"
        assert store.verify() == []


def test_the_page_fits_a_tablet(
    serve: Callable[..., str], open_page: Callable[..., Any], home: Path, tmp_path: Path
) -> None:
    pictures = Path(os.environ.get("LESIONSCOPE_TABLET", tmp_path))
    url = serve(APP, {"LESIONSCOPE_HOME": str(home)})
    walk = Clinician(open_page(url, size=(820, 1180)), pictures)
    sign_in(walk, "owner")
    walk.go("Exports")
    walk.picture("tablet_exports")
    assert walk.page.evaluate("document.documentElement.scrollWidth") <= 820
