"""A whole read campaign in Chromium: two readers, a third, an unlock, a query, the report.

Everything that the server sends a reader is kept and searched: no patient, visit, day, file or
other reader may be in it. ``LESIONSCOPE_SCREENSHOTS`` keeps the pictures of the user guide.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from argon2 import PasswordHasher
from numpy.typing import NDArray

from lesionscope.core.case import CaseState
from lesionscope.core.people import Reader
from lesionscope.imaging.deidentify import metadata_in
from lesionscope.pipeline import read_photo
from lesionscope.places import samples_folder
from lesionscope.store import Store
from lesionscope.store.case_binder import Binder
from tests.store.reading_room import PASSWORD, SECRETS, ReadingRoom, furnish

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

APP = Path(__file__).parents[2] / "app.py"
DEMO = samples_folder() / "demo_study" / "photos"
RUNNING = "[data-testid=stApp][data-test-script-state=running]"
NAME = "Arms of SUBJ-0, Screening to Wochen 12"
DISCORDANT = (2, 5, 9)


@dataclass
class Person:
    """Somebody signed in at a screen, and all that the server sent there."""

    page: Page
    url: str
    pictures: Path
    sent: list[bytes] = field(default_factory=list)

    def watch(self) -> Person:
        self.page.on("websocket", lambda socket: socket.on("framereceived", self._keep))
        self.page.on("response", lambda answer: self.sent.append(answer.url.encode()))
        return self

    def _keep(self, frame: str | bytes) -> None:
        self.sent.append(frame.encode() if isinstance(frame, str) else frame)

    def wait(self) -> None:
        idle = 0
        while idle < 2:
            self.page.wait_for_timeout(80)
            idle = 0 if self.page.locator(RUNNING).count() else idle + 1

    def sign_in(self, name: str) -> Person:
        self.write("Name", name)
        self.write("Password", PASSWORD)
        self.press("Sign in")
        self.page.get_by_test_id("stSidebarNav").wait_for()
        self.wait()
        return self

    def write(self, label: str, text: str) -> None:
        self.page.get_by_role("textbox", name=label, exact=True).fill(text)

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
        self.page.get_by_role("combobox", name=label, exact=True).click()
        self.page.get_by_role("option", name=re.compile(option)).click()
        self.wait()

    def sees(self, text: str | re.Pattern[str]) -> None:
        self.page.get_by_text(text).first.wait_for()

    def picture(self, name: str) -> None:
        self.page.mouse.move(2, 2)
        self.page.wait_for_timeout(300)
        self.page.screenshot(path=self.pictures / f"{name}.png")

    @property
    def code(self) -> str:
        return self.page.url.rpartition("case=")[2]

    def enter(self, *keys: str, area: str = "2.5") -> None:
        """Answer a case with the keyboard alone."""
        self.page.locator("fieldset.item input").first.wait_for(state="attached")
        self.page.locator("fieldset.item input").first.focus()
        for key in keys:
            self.page.keyboard.press(key)
        self.page.keyboard.type(area)
        self.sees("All fields answered.")

    def sign(self, button: str = "Sign and lock") -> None:
        before = self.page.url
        self.write("Your password", PASSWORD)
        self.page.get_by_role("textbox", name="Your password").press("Enter")
        self.page.wait_for_function("url => location.href !== url", arg=before)
        # The address changes first: what is typed before the page follows is the last case's.
        after = f"Case {self.code}" if "case=" in self.page.url else re.compile("ed cases|nt cases")
        self.page.get_by_role("heading", name=after).first.wait_for()
        self.wait()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("LESIONSCOPE_SCREENSHOTS", tmp_path / "screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def room(tmp_path: Path) -> Iterator[ReadingRoom]:
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with Store.open(tmp_path / "home", hasher=quick) as store:
        room = furnish(store, photo_of=arm)
        for place, photo in enumerate(room.photos.values()):
            found = {"suggestions": [suggestion("erythema", place % 4), suggestion("scale", 0)]}
            store.add_measurement(
                room.owner, photo, {**found, "bsa_percent": 1.0 + place / 4}, {}, drawn_by="machine"
            )
        yield room


def arm(patient: int, visit: int) -> NDArray[np.uint8]:
    """Return an arm of the demo study; the last two patients are mirrored."""
    name = f"{('D02', 'D04')[patient % 2]}_v{visit + 1}_arm.jpg"
    pixels = read_photo((DEMO / name).read_bytes()).pixels
    return np.ascontiguousarray(pixels[:, ::-1]) if patient >= 2 else pixels


def suggestion(item: str, level: int) -> dict[str, Any]:
    return {"site": "arm", "item": item, "level": level}


@pytest.fixture
def meet(
    serve: Callable[..., str], open_page: Callable[..., Any], tmp_path: Path, pictures: Path
) -> Callable[..., Person]:
    url = serve(APP, {"LESIONSCOPE_HOME": str(tmp_path / "home")})

    def met(name: str, **options: Any) -> Person:
        page = open_page("about:blank", **options)
        page.set_default_timeout(45_000)
        person = Person(page, url, pictures).watch()
        page.goto(url)
        return person.sign_in(name)

    return met


def set_up(manager: Person) -> None:
    manager.go("Read campaigns")
    manager.part("New campaign")
    manager.choose("Reader", "Alphareader")
    manager.choose("Other reader", "Betareader")
    manager.choose("Third reader", "Gammareader")
    slider = manager.page.get_by_role("slider")
    slider.focus()
    for _ in range(2):
        manager.page.keyboard.press("ArrowRight")
        manager.wait()
    manager.write("Name (readers never see it)", NAME)
    manager.page.keyboard.press("Enter")
    manager.sees("A case goes to the third reader when")
    manager.picture("44_campaign_plan")
    manager.press("Start the campaign")
    manager.sees("was started")


def level(binder: Binder, by: Reader, code: str) -> int:
    """Return what a reader sees: the same for both, but for the cases that shall differ."""
    slot = next(s for s in binder.slots if s.code == code)
    number = binder.cases[slot.case_id].number
    seen = number % 4
    if by.id == binder.campaign.plan.readers[1] and number in DISCORDANT:
        return (seen + 2) % 4
    return seen


def read_cases(person: Person, by: Reader, binder: Binder, count: int) -> None:
    """Read cases in the order that the page leads through."""
    person.go("Blinded cases")
    person.press(re.compile("^Next case"))
    for place in range(count):
        code = person.code
        person.enter(str(level(binder, by, code)), "0", "0", area=f"{1 + place % 3}")
        if place == 0 and by.name == "readerone":
            person.picture("45_blinded_case")
            keep_through_reload(person)
        person.sign()


def read_the_rest(room: ReadingRoom, by: Reader, binder: Binder) -> None:
    """Read what is left without a screen."""
    for line in room.store.my_cases(by):
        if line.state is CaseState.OPEN:
            room.lock(by, line.code, level(binder, by, line.code), 2.0)


def keep_through_reload(person: Person) -> None:
    """Nothing entered is lost by a reload, nor by a connection that is gone for a while."""
    person.page.reload()
    person.sees("All fields answered.")
    person.wait()
    person.page.context.set_offline(True)
    person.page.locator("textarea").first.fill("glare at the elbow")
    person.page.wait_for_timeout(300)
    person.page.context.set_offline(False)
    person.page.reload()
    person.sees("All fields answered.")
    assert person.page.locator("textarea").first.input_value() == "glare at the elbow"


def look_at_photo(person: Person) -> None:
    """The pictures carry nothing but the opaque code of the case."""
    for image in person.page.locator(".viewer img").all():
        source = image.get_attribute("src") or ""
        picture = base64.b64decode(source.partition(",")[2])
        assert metadata_in(picture) == ("comment",)
        assert person.code.encode() in picture[:40]


def assert_blind(person: Person, *others: str) -> None:
    """Search all that was ever sent to this screen, and the page as it stands."""
    page = person.page
    everything = b"\n".join([*person.sent, page.content().encode(), page.url.encode()])
    pictures = set(re.findall(rb"data:image/jpeg;base64,([A-Za-z0-9+/=]+)", everything))
    assert pictures
    words = re.sub(rb"data:image/jpeg;base64,[A-Za-z0-9+/=]+", b"", everything)
    assert len(words) > 50_000
    found = words.decode("latin-1").casefold()
    for secret in (*SECRETS, NAME, *others):
        assert secret.casefold() not in found, secret
    for picture in map(base64.b64decode, pictures):
        assert metadata_in(picture) == ("comment",)
        assert not any(secret.encode() in picture for secret in SECRETS)


def unlock_one(reader: Person, manager: Person) -> str:
    """Have a case unlocked by a second person, and sign it anew."""
    reader.choose("Any case", r"^1\. ")
    code = reader.code
    reader.page.get_by_text("Ask for this case to be unlocked").click()
    reader.write("Reason", "slipped a key")
    reader.press("Ask", exact=True)
    reader.sees("The case stays locked until they agree")
    manager.go("Worklist")
    manager.sees("1 reader asked for a case to be unlocked.")
    manager.picture("49_worklist_manager")
    manager.press("Unlocks")
    manager.sees("slipped a key")
    manager.write("Your password", PASSWORD)
    manager.picture("50_unlock")
    manager.press("Unlock", exact=True)
    manager.sees("Nobody asks for an unlock.")
    reader.go("Worklist")
    reader.sees(f"Case {code} was unlocked: sign it anew.")
    reader.picture("51_worklist_reader")
    reader.press("Blinded cases")
    reader.press(re.compile(f"Next case .{code}"))
    return code


def ask_and_close(reader: Person, manager: Person) -> None:
    """Ask the site, answer with a name in it, and close with words that have none."""
    reader.page.get_by_text("Ask the study team about these photos").click()
    reader.write("Question", "Is the dark patch a tattoo?")
    reader.press("Send")
    manager.go("Read campaigns")
    manager.part("Queries")
    manager.sees("Is the dark patch a tattoo?")
    manager.write("Words", "SUBJ-00 had it at Screening")
    manager.page.keyboard.press("Enter")
    manager.press("Answer for the site")
    manager.sees("answered")
    manager.write("Words", "Leave that patch out.")
    manager.page.keyboard.press("Enter")
    manager.picture("52_query")
    manager.press("Close", exact=True)
    manager.sees("closed")
    reader.page.reload()
    reader.page.get_by_text("Ask the study team about these photos").click()
    reader.sees("Leave that patch out.")


def settle_all(third: Person) -> None:
    third.go("Discordant cases")
    third.picture("46_discordant")
    for number, choice in enumerate(("Read 1 stands", "Read 2 stands", "Neither: score anew")):
        third.press("Settle", exact=True)
        third.page.get_by_text(choice).click()
        third.wait()
        if number == 2:
            third.enter("1", "0", "0")
        third.page.get_by_role("textbox", name="Reason").fill("the redness is plain")
        if number == 0:
            look_at_photo(third)
            third.picture("47_settle")
        third.sign("Sign and settle")
    third.sees("locked")


def test_a_whole_campaign(
    room: ReadingRoom, meet: Callable[..., Person], tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = room.store
    manager = meet("manager")
    set_up(manager)
    (campaign,) = store.campaigns(room.manager)
    binder = store.campaign_binder(room.manager, campaign.id)
    assert (len(binder.cases), sum(slot.repeat for slot in binder.slots)) == (12, 4)

    one = meet("readerone")
    read_cases(one, room.one, binder, 4)
    read_the_rest(room, room.one, binder)
    one.go("Worklist")
    one.go("Blinded cases")
    one.sees("14 of 14 cases locked")
    two = meet("readertwo", size=(820, 1180))
    read_cases(two, room.two, binder, 2)
    read_the_rest(room, room.two, binder)

    manager.go("Read campaigns")
    manager.part("Follow")
    manager.sees("0 of 3 discordant cases settled")
    manager.picture("48_follow")

    code = unlock_one(one, manager)
    ask_and_close(one, manager)
    look_at_photo(one)
    one.page.get_by_role("textbox", name="Why it is signed anew").fill("slipped a key")
    one.sign()

    # Somebody else's case, and a page of the record, by their address.
    two.page.goto(f"{two.url}/cases?case={code}")
    two.sees("You have no case")
    two.picture("53_not_yours")
    elsewhere = two.page.context.new_page()  # Streamlit logs that there is no such page
    elsewhere.goto(f"{two.url}/patients")
    elsewhere.get_by_text("LesionScope").first.wait_for()
    assert not elsewhere.get_by_text("SUBJ").count()
    elsewhere.close()

    third = meet("third")
    settle_all(third)

    everyone = (
        "Omegaowner",
        "Deltamanager",
        "Alphareader",
        "Alphareader One",
        "Betareader ",
        "Betareader Two",
        "Gammareader ",
    )
    for person, own in ((one, "Alphareader One"), (two, "Betareader Two"), (third, "Gammareader ")):
        names = [n for n in everyone if n.strip() not in own and n != own]
        assert_blind(person, *names)
    logs = [file.read_text() for file in tmp_path_factory.getbasetemp().glob("served*/server.log")]
    assert logs
    assert not any(secret in log for log in logs for secret in SECRETS)

    manager.go("Agreement")
    manager.sees("3 (25 %)")
    manager.picture("54_agreement")
    with manager.page.expect_download() as download:
        manager.page.get_by_role("button", name="Agreement report (PDF)").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
    manager.page.get_by_role("tab", name="Machine and consensus").click()
    manager.wait()
    manager.picture("55_machine")

    after = store.campaign_binder(room.manager, campaign.id)
    assert {after.state(slot) for slot in after.slots} == {CaseState.LOCKED}
    assert len(after.reads) == 31
    assert sum(read.supersedes is not None for read in after.reads.values()) == 1
    results = store.campaign_results(room.manager, campaign.id)
    assert sum(case.discordant for case in results) == 3
    assert sum(case.settled is not None for case in results) == 3
    assert store.verify() == []


def test_two_tabs_and_the_back_button_double_nothing(
    room: ReadingRoom, meet: Callable[..., Person]
) -> None:
    room.store.start_campaign(room.manager, room.plan(), room.chosen(patients=1))
    one, other = meet("readerone"), meet("readerone")
    first = room.store.my_cases(room.one)[0].code
    for tab in (one, other):
        tab.page.goto(f"{tab.url}/cases?case={first}")
        tab.enter("1", "0", "0")
    one.sign()
    assert one.code != first
    other.write("Your password", PASSWORD)
    other.page.get_by_role("textbox", name="Your password").press("Enter")
    other.sees(re.compile("locked", re.IGNORECASE))
    one.page.go_back()
    one.sees("Ask for this case to be unlocked")
    (campaign,) = room.store.campaigns(room.manager)
    assert len(room.store.campaign_binder(room.manager, campaign.id).reads) == 1
