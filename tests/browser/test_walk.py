"""The whole path as a clinician walks it, in Chromium, with a picture of every page.

``LESIONSCOPE_SCREENSHOTS=docs/screenshots`` keeps the pictures, which are those of the user guide.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lesionscope.core.reading import AnswerOrigin
from lesionscope.pages.draft import GROUPS, group_label
from lesionscope.places import samples_folder
from lesionscope.store.store import Store

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

APP = Path(__file__).parents[2] / "app.py"
DEMO = samples_folder() / "demo_study" / "photos"
REAL = samples_folder() / "real" / "photos"
PASSWORD = "a long enough secret"
NONE_TO_CONFIRM = (
    "() => [...document.querySelectorAll('button')].every(b => !/^Confirm \\d/.test(b.innerText))"
)
RUNNING = "[data-testid=stApp][data-test-script-state=running]"


class Clinician:
    """Someone at the screen: does what a hand can do and looks at what an eye can see."""

    def __init__(self, page: Page, pictures: Path) -> None:
        self.page, self.pictures = page, pictures

    def wait(self) -> None:
        """Wait until the page has finished what the last act began."""
        idle = 0
        while idle < 3:
            self.page.wait_for_timeout(150)
            idle = 0 if self.page.locator(RUNNING).count() else idle + 1

    def press(self, name: str | re.Pattern[str], **options: Any) -> None:
        self.page.get_by_role("button", name=name, **options).click()
        self.wait()

    def write(self, label: str, text: str) -> None:
        self.page.get_by_role("textbox", name=label, exact=True).fill(text)

    def go(self, title: str) -> None:
        menu = self.page.get_by_test_id("stSidebarNav")
        menu.get_by_role("link", name=title, exact=True).click()
        self.page.get_by_role("heading", name=title, exact=True).wait_for()
        self.wait()

    def sees(self, text: str | re.Pattern[str]) -> None:
        self.page.get_by_text(text).first.wait_for()

    def picture(self, name: str) -> None:
        self.page.mouse.move(2, 2)
        self.page.wait_for_timeout(400)
        self.page.screenshot(path=self.pictures / f"{name}.png")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("LESIONSCOPE_SCREENSHOTS", tmp_path / "screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "record"


@pytest.fixture
def clinician(
    serve: Callable[..., str], open_page: Callable[..., Any], home: Path, pictures: Path
) -> Clinician:
    url = serve(APP, {"LESIONSCOPE_HOME": str(home)})
    return Clinician(open_page(url), pictures)


def make_the_owner(walk: Clinician) -> None:
    walk.sees("First start.")
    walk.write("Name to sign in with", "owner")
    walk.write("Full name", "Clinic Owner")
    walk.write("Password", PASSWORD)
    walk.write("Password again", PASSWORD)
    walk.picture("01_first_start")
    walk.press("Create account")
    walk.sees("No patient yet.")


def sign_out_and_in(walk: Clinician) -> None:
    walk.press("Sign out")
    walk.write("Name", "owner")
    walk.write("Password", PASSWORD)
    walk.picture("02_sign_in")
    walk.press("Sign in")
    walk.page.get_by_role("heading", name="Patients", exact=True).wait_for()


def add_patient_and_visit(walk: Clinician) -> None:
    walk.write("New patient: pseudonym", "DM-014")
    walk.press("Add patient")
    walk.sees("Visits of DM-014")
    walk.write("Label", "Baseline")
    walk.press("Add visit")
    walk.sees("no photo")
    walk.picture("03_patients")


def upload(walk: Clinician, tmp_path: Path) -> None:
    walk.press("Capture", exact=True)
    walk.page.get_by_role("heading", name="Capture", exact=True).wait_for()
    broken = tmp_path / "not_a_photo.jpg"
    broken.write_bytes(b"\xff\xd8\xff this is no photo")
    demo = [DEMO / f"D02_v1_{view}.jpg" for view in ("vneck", "arm")]
    demo += [DEMO / f"D05_v1_{view}.jpg" for view in ("hands", "abdomen")]
    real = [REAL / "PHA_Figure_40_03_004.jpg", REAL / "OSC_Microbio_12_02_LymeRash.jpg"]
    files = [*demo, *real, broken]
    walk.page.locator("input[type=file]").first.set_input_files(files)
    walk.sees(re.compile(r"\d of 6: measuring"))
    walk.picture("04_measuring")
    walk.sees("Not added: 1")
    walk.page.get_by_text(re.compile(r"\d of 6: measuring")).wait_for(
        state="detached", timeout=120_000
    )
    walk.wait()
    walk.press("Dismiss")
    walk.picture("05_capture")


def say_what_a_photo_shows(walk: Clinician) -> None:
    views = walk.page.get_by_role("combobox", name=re.compile("View"))
    views.nth(4).click()
    walk.page.keyboard.type("Whole back")
    walk.page.keyboard.press("Enter")
    walk.wait()
    walk.page.get_by_text(re.compile(r"\d of 1: measuring")).wait_for(state="detached")
    walk.wait()


def reload_keeps_the_place(walk: Clinician) -> None:
    walk.page.reload()
    walk.page.get_by_role("heading", name="Capture", exact=True).wait_for()
    walk.sees("Patient DM-014 · Baseline")
    assert PASSWORD not in walk.page.url
    assert "token" not in walk.page.url


def correct_a_mask(walk: Clinician) -> None:
    walk.go("Read")
    walk.press("Arm", exact=True)
    stage = walk.page.get_by_role("application", name=re.compile("lesion outline"))
    stage.wait_for()
    walk.wait()
    walk.picture("06_read")
    click_to_correct(walk, stage)
    box = stage.bounding_box()
    assert box is not None
    x, y = box["x"] + 0.45 * box["width"], box["y"] + 0.5 * box["height"]
    walk.page.mouse.move(x, y)
    walk.page.mouse.down()
    walk.page.mouse.move(x + 50, y + 10, steps=6)
    walk.page.mouse.up()
    walk.press("Save outline")
    walk.sees("Outline corrected by Clinic Owner")
    walk.wait()
    walk.picture("07_corrected")
    show_the_budget(walk)


def show_the_budget(walk: Clinician) -> None:
    walk.page.get_by_text("What makes the interval this wide").click()
    bar = walk.page.get_by_test_id("stProgress").first
    bar.wait_for()
    bar.scroll_into_view_if_needed()
    walk.picture("07b_budget")


def click_to_correct(walk: Clinician, stage: Any) -> None:
    """Choose clear skin, drop a lesion of the forearm by a click, and grow it again by another."""
    acts = (
        ("Clear skin", (0.55, 0.52), "06b_clear_skin"),
        ("Click out", (0.222, 0.467), "06c_click_out"),
        ("Click in", (0.222, 0.467), "06d_click_in"),
    )
    for tool, (across, down), name in acts:
        walk.page.get_by_role("button", name=tool, exact=True).click()
        box = stage.bounding_box()
        assert box is not None
        # The photo is 4 to 3 and lies whole in the middle of the stage.
        width = min(box["width"], box["height"] * 4 / 3)
        x = box["x"] + box["width"] / 2 + (across - 0.5) * width
        y = box["y"] + box["height"] / 2 + (down - 0.5) * width * 3 / 4
        walk.page.mouse.click(x, y)
        walk.page.locator(".stage:not(.asking)").wait_for()
        walk.picture(name)
    walk.page.get_by_role("button", name="Brush", exact=True).click()


def score(walk: Clinician) -> None:
    walk.go("Score")
    walk.page.get_by_role("radiogroup", name="Location").get_by_text("Arm").click()
    walk.wait()
    walk.picture("08_score")
    answer_what_is_blank(walk)
    walk.page.get_by_role("radiogroup", name="Location").get_by_text("Arm").click()
    walk.sees(re.compile("of 50 fields answered"))
    walk.picture("09_confirmed")


def answer_what_is_blank(walk: Clinician) -> None:
    """Confirm what is suggested for the open location; the rest by hand, without waiting."""
    confirm = walk.page.get_by_role("button", name=re.compile("^Confirm all"))
    if confirm.count():
        confirm.click()
        walk.page.wait_for_function(NONE_TO_CONFIRM)
        walk.wait()
    for group in walk.page.get_by_test_id("stButtonGroup").all():
        if group.is_visible() and not group.get_by_role("radio", checked=True).count():
            group.get_by_role("radio").first.click()
    walk.wait()


def finish_the_form(walk: Clinician) -> None:
    """Answer the locations that are left: together those without disease, then one by one."""
    walk.press("Locations without disease")
    body = walk.page.get_by_test_id("stPopoverBody")
    for name in body.get_by_test_id("stButtonGroup").get_by_role("button").all():
        name.click()
    walk.picture("10_without_disease")
    body.get_by_role("button", name="Set all fields of these to 0").click()
    walk.wait()
    walk.page.keyboard.press("Escape")
    places = walk.page.get_by_role("radiogroup", name="Location").locator("> div")
    for number, group in enumerate(GROUPS):
        place = places.nth(number)
        if "complete" not in place.inner_text():
            place.locator("label").click()
            walk.page.get_by_role("heading", name=group_label(group), exact=True).wait_for()
            walk.wait()
            answer_what_is_blank(walk)
            if "complete" not in place.inner_text():  # a click while the form was redrawn is lost
                answer_what_is_blank(walk)
            place.filter(has_text="complete").wait_for()
            walk.page.get_by_role("heading", name=group_label(group), exact=True).wait_for()
    walk.sees(re.compile("of 100"))
    walk.picture("11_form_complete")


def sign(walk: Clinician) -> None:
    walk.go("Visit and signature")
    walk.picture("12_visit")
    walk.write("Your password", PASSWORD)
    walk.page.get_by_role("textbox", name="Your password").scroll_into_view_if_needed()
    walk.picture("13_sign")
    walk.press("Sign", exact=True)
    walk.sees("Correct this reading")
    walk.page.mouse.move(700, 400)
    walk.page.mouse.wheel(0, -5000)
    walk.picture("14_signed")


def test_from_first_start_to_the_timeline(clinician: Clinician, home: Path, tmp_path: Path) -> None:
    walk = clinician
    make_the_owner(walk)
    sign_out_and_in(walk)
    add_patient_and_visit(walk)
    upload(walk, tmp_path)
    say_what_a_photo_shows(walk)
    reload_keeps_the_place(walk)
    correct_a_mask(walk)
    score(walk)
    finish_the_form(walk)
    sign(walk)
    walk.go("Timeline")
    walk.page.locator(
        "[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg"
    ).first.wait_for()
    walk.picture("15_timeline")
    walk.go("Audit trail")
    walk.press("Verify the record")
    walk.sees("The record is whole.")
    walk.picture("16_audit")
    walk.go("About")
    walk.picture("17_about")
    with Store.open(home) as record:
        owner = record.authenticate("owner", PASSWORD)
        patient = record.patients(owner)[0].patient
        [summary] = record.timeline(owner, patient.id)
        assert (summary.photos, summary.measured) == (6, 6)
        assert summary.reading is not None
        assert set(summary.reading.origins.values()) <= set(AnswerOrigin)
        assert len(summary.reading.answers) == 81
        assert record.verify() == []


def test_a_warm_server_shows_the_first_page_within_seconds(
    serve: Callable[..., str], open_page: Callable[..., Any], home: Path
) -> None:
    url = serve(APP, {"LESIONSCOPE_HOME": str(home)})
    page = open_page(url)
    page.get_by_text("First start.").wait_for()
    begun = time.monotonic()
    page.reload()
    page.get_by_text("First start.").wait_for()
    assert time.monotonic() - begun < 10  # 0.6 s on an idle machine; here others may be at work
