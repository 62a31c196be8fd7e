"""Forms as a study nurse and a clinician fill them, in Chromium, mostly without the mouse.

``LESIONSCOPE_SCREENSHOTS=docs/screenshots`` keeps the pictures, which are those of the user guide.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher

from lesionscope.core.catalogue import instruments
from lesionscope.core.people import Reader, Visit
from lesionscope.core.reading import AnswerOrigin
from lesionscope.core.sites import Side, Site
from lesionscope.exchange.measurement_json import document, mask_files
from lesionscope.store.store import Store
from tests.pages.conftest import jpeg_of, measured

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

APP = Path(__file__).parents[2] / "app.py"
PASSWORD = "a long enough secret"
RUNNING = "[data-testid=stApp][data-test-script-state=running]"
QUICK_MS = 60
"""Between two keys: quicker than the page is drawn again."""


@pytest.fixture
def record(tmp_path: Path) -> Iterator[tuple[Path, Store, Reader, Visit]]:
    """A patient with two visits, of which the first has a DLQI and the second a measured photo."""
    home = tmp_path / "record"
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with Store.open(home, hasher=quick) as store:
        owner = store.create_owner("owner", "Clinic Owner", PASSWORD)
        patient = store.add_patient(owner, "DM-014")
        first = store.add_visit(owner, patient.id, date(2026, 1, 12), "Baseline")
        visit = store.add_visit(owner, patient.id, date(2026, 4, 13), "Week 13")
        answers = {field.key: 2 for field in instruments()["dlqi"].fields}
        store.sign_form(owner, first.id, PASSWORD, instrument_id="dlqi", answers=answers)
        add_photo(store, owner, visit)
        yield home, store, owner, visit


def add_photo(store: Store, owner: Reader, visit: Visit) -> None:
    photo = store.add_photo(
        owner,
        visit.id,
        jpeg_of((200, 150, 130)),
        name="arm.jpg",
        view="arm",
        site=Site.ARM,
        side=Side.LEFT,
    )
    found = measured(photo)
    store.add_measurement(
        owner, photo.id, document(found), mask_files(found), drawn_by=found.lesion_map.drawn_by
    )


class Rater:
    """Someone at the screen with both hands on the keyboard."""

    def __init__(self, page: Page, pictures: Path) -> None:
        self.page, self.pictures = page, pictures

    def wait(self) -> None:
        idle = 0
        while idle < 3:
            self.page.wait_for_timeout(120)
            idle = 0 if self.page.locator(RUNNING).count() else idle + 1

    def sign_in(self) -> None:
        self.page.get_by_role("textbox", name="Name", exact=True).fill("owner")
        self.page.get_by_role("textbox", name="Password", exact=True).fill(PASSWORD)
        self.press("Sign in")
        self.page.get_by_role("button", name="Sign out").wait_for()

    def go(self, title: str) -> None:
        menu = self.page.get_by_test_id("stSidebarNav")
        menu.get_by_role("link", name=title, exact=True).click()
        self.page.get_by_role("heading", name=title, exact=True).wait_for()
        self.wait()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()
        self.wait()

    def open(self, instrument: str) -> None:
        self.page.get_by_text(instrument, exact=True).first.click()
        self.page.get_by_role("heading", name=instrument, exact=True).wait_for()
        self.wait()

    def type(self, keys: str) -> None:
        """Put the focus on the first question and answer one after the other."""
        self.page.locator("[role=radiogroup] button[role=radio]").first.focus()
        for key in keys:
            self.page.keyboard.press(key)
            self.page.wait_for_timeout(QUICK_MS)
        self.wait()

    def sign(self, reason: str = "") -> None:
        if reason:
            self.page.get_by_role("textbox", name="Reason for the correction").fill(reason)
        self.page.get_by_role("textbox", name="Your password").fill(PASSWORD)
        self.press("Sign")

    def sees(self, text: str) -> None:
        self.page.get_by_text(text).first.wait_for()

    def picture(self, name: str) -> None:
        self.page.mouse.move(2, 2)
        self.page.wait_for_timeout(400)
        self.page.screenshot(path=self.pictures / f"{name}.png")


@pytest.fixture
def rater(
    serve: Callable[..., str],
    open_page: Callable[..., Any],
    record: tuple[Path, Store, Reader, Visit],
    tmp_path: Path,
) -> Rater:
    folder = Path(os.environ.get("LESIONSCOPE_SCREENSHOTS", tmp_path / "screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    page = open_page(serve(APP, {"LESIONSCOPE_HOME": str(record[0])}))
    page.set_default_timeout(120_000)
    rater = Rater(page, folder)
    rater.sign_in()
    rater.go("Patients")
    rater.press("DM-014")
    rater.go("Forms")
    return rater


def test_forms_are_filled_signed_and_superseded(
    rater: Rater, record: tuple[Path, Store, Reader, Visit]
) -> None:
    _, store, owner, visit = record
    rate_dssi(rater)
    form = store.current_form(owner, visit.id, "dssi")
    assert form is not None
    assert form.value("dssi") == pytest.approx(0.1 * 1 * 6 + 0.3 * 2 * 4 + 0.2 * 3 * 3)
    assert form.origins["upper_extremities.area"] is AnswerOrigin.OVERRIDDEN
    copy_dlqi(rater)
    kept = [f for f in store.forms(owner, visit.id) if f.instrument_id == "dlqi"]
    assert [f.value("dlqi") for f in kept] == [11, 13]
    levels = [int(f"{n * 7 % 5}") for n in range(29)]
    rater.open("Skindex-29")
    rater.type("".join(map(str, levels)))
    rater.sees(f"{25 * sum(levels) / 29:.1f} of 100")
    rater.picture("23_skindex")
    # However quickly they came, every answer reached the record.
    draft = store.form_drafts(owner, visit.id)["skindex29"]["answers"]
    assert [draft[f.key] for f in instruments()["skindex29"].fields] == levels
    rater.page.set_viewport_size({"width": 820, "height": 1180})
    rater.open("CAT, binary method")
    rater.picture("24_forms_tablet")
    assert store.verify() == []


def rate_dssi(rater: Rater) -> None:
    rater.sees("Measured, proposed 2")
    rater.type("3211" + "2112" + "1113" + "0000")
    rater.sees("4.8 of 72")
    rater.page.get_by_text("Upper extremities").first.scroll_into_view_if_needed()
    rater.page.mouse.move(900, 400)
    rater.page.mouse.wheel(0, 250)
    rater.picture("20_dssi")
    # Arrows go back to a question, Backspace makes it blank.
    rater.page.locator("[role=radiogroup] button[role=radio]").first.focus()
    rater.page.keyboard.press("ArrowDown")
    rater.page.keyboard.press("Backspace")
    rater.sees("15 of 16 fields answered, no total")
    rater.page.keyboard.press("2")
    rater.wait()
    rater.sign()
    rater.sees("content sha256")


def copy_dlqi(rater: Rater) -> None:
    rater.open("DLQI")
    rater.type("2111111111")
    rater.sees("very large")
    rater.page.reload()
    rater.wait()
    rater.open("DLQI")
    rater.sees("11 of 30")
    rater.picture("21_dlqi")
    rater.sign()
    rater.sees("-9 points (-45 %); reaches 4 (Basra 2015)")
    rater.press("Correct this form")
    rater.page.locator("[role=radiogroup] button[role=radio]").nth(4).focus()
    rater.page.keyboard.press("3")
    rater.wait()
    rater.sign("Question 2 was copied wrongly")
    rater.sees("13 of 30")
    rater.page.get_by_text("Superseded DLQI").click()
    rater.sees("Replaced because")
    rater.page.wait_for_timeout(600)
    rater.picture("22_superseded")
