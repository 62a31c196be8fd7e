"""A study moves in from a spreadsheet: bad lines named, good ones confirmed, all out again."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from lesionscope.core.catalogue import instruments
from lesionscope.core.people import Role
from lesionscope.exchange.plain_record_csv import read_plain_record
from lesionscope.store.store import Store
from tests.browser.test_walk import APP, PASSWORD, Clinician

pytestmark = pytest.mark.browser

OLD = """patient,visit,date,cdasi.rater,cdasi.activity,cdasi.damage,dlqi.dlqi,itch_nrs.itch
DM-001,Baseline,2026-03-02,Dr Before,23,3,11,6
DM-002,Baseline,03/04/2026,Dr Before,18,2,,4
DM-003,Baseline,2026-03-05,Dr Before,118,2,,4
Jane Roe,Baseline,2026-03-05,Dr Before,18,2,,4
DM-004,Baseline,2026-03-09,Dr Before,31,5,14,8
DM-004,Week 4,2026-04-06,Dr Before,24,5,9,"5,5"
DM-005,Baseline,2026-03-12,Dr Before,12,0,4,not assessable
DM-006,Baseline,2026-03-16,Dr Before,19,1,6,3
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "record"
    with Store.open(folder, hasher=PasswordHasher(1, 8, 1)) as store:
        owner = store.create_owner("owner", "Study Owner", PASSWORD)
        store.add_account(owner, "manager", "Data Manager", Role.DATA_MANAGER, PASSWORD)
        patient = store.add_patient(owner, "DM-001")
        store.add_visit(owner, patient.id, date(2026, 3, 2), "Baseline")
    return folder


@pytest.mark.parametrize("size", [(1366, 768), pytest.param((820, 1180), marks=pytest.mark.stress)])
def test_a_spreadsheet_moves_in_and_out(
    serve: Callable[..., str],
    open_page: Callable[..., Any],
    home: Path,
    tmp_path: Path,
    size: tuple[int, int],
) -> None:
    wanted = os.environ.get("LESIONSCOPE_SCREENSHOTS") if size[0] > 1000 else None
    pictures = Path(wanted or tmp_path / "screenshots")
    pictures.mkdir(parents=True, exist_ok=True)
    walk = Clinician(open_page(serve(APP, {"LESIONSCOPE_HOME": str(home)}), size=size), pictures)
    walk.write("Name", "manager")
    walk.write("Password", PASSWORD)
    walk.press("Sign in", exact=True)
    walk.page.get_by_role("heading", name="Patients", exact=True).wait_for()
    if size[0] < 1000 and not walk.page.get_by_test_id("stSidebarNav").is_visible():
        walk.page.get_by_test_id("stExpandSidebarButton").click()
    walk.go("Import")
    walk.picture("56_import_page")
    file = tmp_path / "spreadsheet.csv"
    file.write_text(OLD)
    walk.page.locator("input[type=file]").set_input_files(file)
    walk.sees("5 lines cannot come in.")
    walk.wait()
    walk.picture("57_import_faults")
    assert walk.page.evaluate("document.body.scrollWidth <= innerWidth")
    walk.press("Import 3 good lines")
    walk.sees("3 lines of spreadsheet.csv are in the record: 2 new patients, 2 new visits")
    walk.picture("58_imported")
    with walk.page.expect_download() as download:
        walk.page.get_by_role("button", name="Plain record (CSV)").click()
    table = Path(download.value.path()).read_bytes()
    out = read_plain_record(table, instruments())
    assert out.faults == ()
    assert [line.patient for line in out.visits] == ["DM-001", "DM-004", "DM-006"]
    assert out.visits[0].scores[("cdasi", "activity")] == 23
    with Store.open(home) as store:
        assert store.verify() == []
        owner = store.authenticate("owner", PASSWORD)
        exported, imported = store.events(owner, entity="record")[:2]
        assert (exported.detail["what"], imported.act) == ("plain record", "import")
