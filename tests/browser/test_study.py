"""A study in Chromium: its protocol is set, a photographer follows the list, a patient is screened.

``LESIONSCOPE_SCREENSHOTS=docs/screenshots`` keeps the pictures, which are those of the user guide.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher

from lesionscope.core.cdasi import ITEMS
from lesionscope.core.measurement import BsaEstimate, CalibrationSource, Convention, Interval
from lesionscope.core.patient_event import EventKind
from lesionscope.core.people import Reader
from lesionscope.core.reading import AnswerOrigin, Meaning
from lesionscope.exchange.protocol_file import shipped_document
from lesionscope.places import samples_folder
from lesionscope.store.store import Store

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

APP = Path(__file__).parents[2] / "app.py"
PHOTO = samples_folder() / "demo_study" / "photos" / "D05_v1_abdomen.jpg"
PASSWORD = "a long enough secret"
RUNNING = "[data-testid=stApp][data-test-script-state=running]"
DAYS = (date(2026, 1, 12), date(2026, 2, 9), date(2026, 4, 10))
# Activity and area at the three visits of each patient, as a reader might have signed them.
COURSES = {
    "DM-001": ((24, 15.0), (15, 9.0), (9, 4.5)),
    "DM-002": ((17, 6.0), (14, 5.5), (15, 6.5)),
    "DM-003": ((11, 1.0), (8, 0.8), (4, 0.4)),
    "DM-004": ((6, 12.0), (7, 13.0), None),
}
RULE = """response:
  - {id: activity, quantity: cdasi_activity, visit: week_12, drop: ">= 4", source: proposal}
"""


def with_rule() -> bytes:
    """Return the example with a rule for responders instead of the open question."""
    text = shipped_document("nct06857240").decode().replace("response: []\n", RULE)
    start = text.index("  - about: response")
    return (text[:start] + text[text.index("  - about: treatment.applications") :]).encode()


def sign(store: Store, by: Reader, visit_id: int, activity: int, percent: float) -> None:
    answers = {item.key: 0 for item in ITEMS}
    for key in [i.key for i in ITEMS if i.key.endswith("erythema")]:
        answers[key] = min(activity, 3)
        activity -= answers[key]
    area = Interval(percent / 1.4, percent * 1.4)
    store.sign(
        by,
        visit_id,
        PASSWORD,
        answers=answers,
        origins=dict.fromkeys(answers, AnswerOrigin.ENTERED),
        bsa=BsaEstimate(percent, area, Convention.PROTOCOL, CalibrationSource.HANDPRINT),
        meaning=Meaning.AUTHORSHIP,
        measurement_ids=[],
        suggestions_shown=False,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A record with four patients whose visits are signed, and no protocol."""
    home = tmp_path / "record"
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with Store.open(home, hasher=quick) as store:
        by = store.create_owner("owner", "Clinic Owner", PASSWORD)
        for pseudonym, values in COURSES.items():
            patient = store.add_patient(by, pseudonym)
            for day, label, signed in zip(
                DAYS, ("Baseline", "Week 4", "Week 12"), values, strict=True
            ):
                if signed is not None:
                    visit = store.add_visit(by, patient.id, day, label)
                    sign(store, by, visit.id, *signed)
            store.record_age(by, patient.id, 52)
            store.record_patient_event(
                by, patient.id, day=DAYS[0], kind=EventKind.DOSE, words="cream started"
            )
    return home


class Staff:
    """Someone of the study at the screen."""

    def __init__(self, page: Page, pictures: Path) -> None:
        self.page, self.pictures = page, pictures

    def wait(self) -> None:
        idle = 0
        while idle < 3:
            self.page.wait_for_timeout(150)
            idle = 0 if self.page.locator(RUNNING).count() else idle + 1

    def sign_in(self) -> None:
        self.page.get_by_role("textbox", name="Name", exact=True).fill("owner")
        self.page.get_by_role("textbox", name="Password", exact=True).fill(PASSWORD)
        self.press("Sign in")
        self.sees("DM-001")

    def press(self, name: str | re.Pattern[str], **options: Any) -> None:
        self.page.get_by_role("button", name=name, **options).first.click()
        self.wait()

    def go(self, title: str) -> None:
        menu = self.page.get_by_test_id("stSidebarNav")
        menu.get_by_role("link", name=title, exact=True).click()
        self.page.get_by_role("heading", name=title, exact=True).wait_for()
        self.wait()

    def part(self, name: str) -> None:
        self.page.get_by_role("radio", name=name, exact=True).click()
        self.wait()

    def choose(self, label: str, option: str) -> None:
        # By keys: a list that a chart moves while it loads closes under the mouse.
        box = self.page.get_by_role("combobox", name=label)
        box.scroll_into_view_if_needed()
        self.page.wait_for_timeout(500)
        box.fill(option)
        box.press("Enter")
        self.wait()

    def sees(self, text: str | re.Pattern[str]) -> None:
        self.page.get_by_text(text).first.wait_for()

    def picture(self, name: str) -> None:
        self.page.mouse.move(2, 2)
        self.page.wait_for_timeout(400)
        self.page.screenshot(path=self.pictures / f"{name}.png")


def test_a_study_from_its_protocol_to_its_response(
    serve: Callable[..., str], open_page: Callable[..., Any], home: Path, tmp_path: Path
) -> None:
    pictures = Path(os.environ.get("LESIONSCOPE_SCREENSHOTS", tmp_path / "screenshots"))
    pictures.mkdir(parents=True, exist_ok=True)
    url = serve(APP, {"LESIONSCOPE_HOME": str(home)})
    staff = Staff(open_page(url), pictures)
    staff.sign_in()
    set_protocol(staff, tmp_path)
    screen(staff)
    staff.part("Response")
    staff.sees("Responders at Week 12")
    staff.sees("2 of 3")
    staff.page.locator(".st-key-response_quantity").scroll_into_view_if_needed()
    staff.picture("29_response")
    with staff.page.expect_download() as download:
        staff.page.get_by_role("button", name="Study report (PDF)").click()
    report = Path(download.value.path()).read_bytes()
    assert report.startswith(b"%PDF")
    follow_shot_list(staff)
    with Store.open(home) as store:
        owner = store.authenticate("owner", PASSWORD)
        kept = [event.detail for event in store.events(owner, limit=20) if event.act == "export"]
        assert kept == [{"what": "study report, A4", "sha256": hashlib.sha256(report).hexdigest()}]
        assert store.verify() == []


def set_protocol(staff: Staff, folder: Path) -> None:
    """Upload a file with faults, see each with its line, and then the right one."""
    staff.go("Study")
    staff.sees("No protocol is set yet")
    staff.part("A file")
    faulty = folder / "faulty.yaml"
    text = with_rule().decode()
    faulty.write_text(
        text.replace("day: 28", "day: four weeks").replace(
            "readers: {value: 2", "readers: {value: two"
        )
    )
    staff.page.locator("input[type=file]").set_input_files(faulty)
    staff.sees("The file was refused: 2 faults")
    staff.picture("25_protocol_faults")
    good = folder / "study.yaml"
    good.write_bytes(with_rule())
    staff.page.locator("input[type=file]").set_input_files(good)
    staff.sees("4 visits, 16 photographs")
    staff.press("Set as the protocol of this study")
    staff.sees("NCT06857240 is the protocol of this study now.")


def screen(staff: Staff) -> None:
    """See all patients, open one, and look at the schedule, the criteria and the cream."""
    staff.part("All patients")
    staff.sees("Visits missing")
    staff.picture("26_study_patients")
    staff.go("Patients")
    staff.press("DM-003")
    staff.go("Study")
    staff.part("One patient")
    staff.sees("Undetermined: the protocol text is silent at BSA 1 %")
    staff.sees(re.compile(r"P\(BSA > 1 %\) = 0\.\d\d"))
    staff.sees("cream started")
    staff.picture("27_one_patient")
    staff.go("Patients")
    staff.press("DM-001")
    staff.go("Study")
    staff.part("One patient")
    staff.choose("For the lesional area of", "Baseline, 12 Jan 2026")
    staff.sees("From 14 % of the body surface on")
    staff.page.get_by_text("From 14 % of the body surface on").scroll_into_view_if_needed()
    staff.picture("28_cream")


def follow_shot_list(staff: Staff) -> None:
    """Follow the list on a tablet: a tap on a view leads to its photo."""
    staff.go("Shot list")
    staff.page.set_viewport_size({"width": 820, "height": 1180})
    staff.sees("Missing 16")
    drawn = staff.page.get_by_alt_text(re.compile("^Pictogram: ")).evaluate_all(
        "all => all.map(one => one.complete && one.naturalWidth)"
    )
    assert drawn == [120] * 16
    staff.picture("30_shot_list")
    staff.press("Abdomen, front")
    staff.sees("Standing, arms away. Ribs to groin.")
    staff.picture("31_take")
    staff.page.get_by_role("dialog").locator("input[type=file]").set_input_files(PHOTO)
    staff.sees("Missing 15")
    staff.page.get_by_text("Being checked").wait_for(state="detached")
    staff.wait()
