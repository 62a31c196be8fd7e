"""People in Chromium: passwords, accounts, a countersignature, the lock, an unlock, the trail."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from lesionscope.core.people import Role
from lesionscope.core.reading import AnswerOrigin, Meaning
from lesionscope.store.store import Store
from tests.browser.test_walk import APP, PASSWORD, Clinician

pytestmark = pytest.mark.browser

RESET = "told by the owner"
OWN = "chosen by myself"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A record with an owner, a clinician, and a visit that the clinician signed."""
    folder = tmp_path / "record"
    with Store.open(folder, hasher=PasswordHasher(1, 8, 1)) as store:
        owner = store.create_owner("owner", "Study Owner", PASSWORD)
        reader = store.add_account(owner, "reader", "Study Reader", Role.CLINICIAN, PASSWORD)
        store.add_account(owner, "monitor", "Study Monitor", Role.MONITOR, PASSWORD)
        patient = store.add_patient(reader, "DM-014")
        visit = store.add_visit(reader, patient.id, date(2026, 3, 2), "Baseline")
        store.sign(
            reader,
            visit.id,
            PASSWORD,
            answers={"malar.erythema": 2, "alopecia": 1},
            origins=dict.fromkeys(("malar.erythema", "alopecia"), AnswerOrigin.ENTERED),
            bsa=None,
            meaning=Meaning.AUTHORSHIP,
            measurement_ids=[],
            suggestions_shown=False,
        )
    return folder


@pytest.fixture
def person(
    serve: Callable[..., str], open_page: Callable[..., Any], home: Path, tmp_path: Path
) -> Clinician:
    pictures = Path(os.environ.get("LESIONSCOPE_SCREENSHOTS", tmp_path / "screenshots"))
    pictures.mkdir(parents=True, exist_ok=True)
    return Clinician(open_page(serve(APP, {"LESIONSCOPE_HOME": str(home)})), pictures)


def sign_in(walk: Clinician, name: str, password: str = PASSWORD) -> None:
    walk.write("Name", name)
    walk.write("Password", password)
    walk.press("Sign in", exact=True)


def open_the_visit(walk: Clinician) -> None:
    walk.go("Patients")
    walk.press("DM-014")
    walk.go("Visit and signature")


def reset_the_password(walk: Clinician) -> None:
    walk.go("Accounts")
    walk.page.get_by_role("combobox", name="Account").click()
    walk.page.get_by_role("option", name="Study Reader").click()
    walk.wait()
    walk.write("New password", RESET)
    walk.press("Reset password")
    walk.sees("changes it at the next sign-in")
    walk.picture("33_accounts")


def approve(walk: Clinician) -> None:
    open_the_visit(walk)
    walk.page.get_by_text("Countersign", exact=True).first.click()
    walk.page.get_by_text("approval", exact=True).click()
    walk.write("Remark (may be empty)", "Form and photos compared")
    walk.write("Your password", PASSWORD)
    walk.page.get_by_test_id("stFormSubmitButton").get_by_role("button").last.click()
    walk.wait()
    walk.sees("Locked")
    walk.picture("34_countersigned")
    assert not walk.page.get_by_role("button", name="Correct this reading").count()


def choose_a_password(walk: Clinician) -> None:
    sign_in(walk, "reader", RESET)
    walk.sees("Choose your password")
    assert not walk.page.get_by_test_id("stSidebarNav").count()
    walk.write("Present password", RESET)
    walk.write("New password", OWN)
    walk.write("New password again", OWN)
    walk.picture("33b_choose_password")
    walk.press("Change password")
    walk.sees("Your password is changed.")


def ask_for_an_unlock(walk: Clinician) -> None:
    open_the_visit(walk)
    walk.page.get_by_text("Request an unlock").click()
    walk.write("Reason for the unlock", "Left and right hand were mixed up")
    walk.press("Request unlock")
    walk.sees("The owner or a data manager answers it.")


def grant_it(walk: Clinician) -> None:
    walk.go("Unlocks")
    walk.sees("Left and right hand were mixed up")
    walk.picture("35_unlock")
    walk.write("Your password", PASSWORD)
    walk.press("Unlock", exact=True)
    walk.sees("No request waits for an answer.")
    open_the_visit(walk)
    walk.sees("granted")
    walk.press("Correct this reading")
    walk.sees("Sign the correction")


def filter_and_export(walk: Clinician) -> list[list[str]]:
    walk.go("Audit trail")
    walk.press("Verify the record")
    walk.sees("The record is whole.")
    walk.page.get_by_role("combobox", name="On").click()
    walk.page.get_by_role("option", name="reading").click()
    walk.wait()
    walk.sees("4 events found")
    walk.picture("36_audit_filter")
    with walk.page.expect_download() as download:
        walk.page.get_by_role("button", name="Export all found (CSV)").click()
    text = Path(download.value.path()).read_text("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_a_password_a_countersignature_an_unlock_and_the_trail(
    person: Clinician, home: Path
) -> None:
    sign_in(person, "owner")
    person.go("My account")
    person.sees("What you may do")
    person.picture("32_my_account")
    reset_the_password(person)
    approve(person)
    person.press("Sign out")
    choose_a_password(person)
    ask_for_an_unlock(person)
    person.press("Sign out")
    sign_in(person, "owner")
    grant_it(person)
    rows = filter_and_export(person)
    acts = [row[4] for row in rows[1:]]
    assert acts == ["grant unlock", "request unlock", "countersign", "sign reading"]
    with Store.open(home) as store:
        assert store.verify() == []
        (event,) = store.events(store.authenticate("owner", PASSWORD), entity="record")
        assert event.detail["what"] == "audit trail, 4 events: on reading"


def test_nothing_is_wider_than_a_tablet(
    serve: Callable[..., str], open_page: Callable[..., Any], home: Path, tmp_path: Path
) -> None:
    pictures = Path(os.environ.get("LESIONSCOPE_TABLET", tmp_path))
    url = serve(APP, {"LESIONSCOPE_HOME": str(home)})
    walk = Clinician(open_page(url, size=(820, 1180)), pictures)
    sign_in(walk, "owner")
    for title in ("My account", "Accounts", "Unlocks", "Audit trail"):
        walk.go(title)
        walk.picture(f"tablet_{title.lower().replace(' ', '_')}")
        assert walk.page.evaluate("document.documentElement.scrollWidth") <= 820
