"""Readers at their screens: a record ready to be read blind, served, and people signed in to it."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from argon2 import PasswordHasher
from numpy.typing import NDArray

from lesionscope.imaging.deidentify import metadata_in
from lesionscope.pipeline import read_photo
from lesionscope.places import samples_folder
from lesionscope.store import Store
from tests.store.reading_room import PASSWORD, SECRETS, ReadingRoom, furnish

if TYPE_CHECKING:
    from playwright.sync_api import Page, Response

APP = Path(__file__).parents[2] / "app.py"
DEMO = samples_folder() / "demo_study" / "photos"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
RUNNING = "[data-testid=stApp][data-test-script-state=running]"


@dataclass
class Person:
    """Somebody signed in at a screen, and all that the server sent there.

    `sent` has the frames of the socket and the head of every answer; `answers` the answers
    themselves, whose bodies `leaks` fetches.
    """

    page: Page
    url: str
    pictures: Path
    sent: list[bytes] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)

    def watch(self) -> Person:
        self.page.on("websocket", lambda socket: socket.on("framereceived", self._keep))
        self.page.on("response", self._answered)
        return self

    def _answered(self, answer: Response) -> None:
        self.sent.append(f"{answer.url}\n{answer.headers}".encode())
        parts = urlsplit(answer.url)
        # What the page makes of what it was sent (blob:) was in a frame.
        served = parts.scheme == "http" and not parts.path.startswith(("/static/", "/_stcore/"))
        self.answers += [answer] if served else []

    def and_of(self, other: Person) -> None:
        """Take over what was sent to another tab of this person, and close it."""
        self.sent += [*other.sent, *[_body(other, answer) for answer in other.answers]]
        other.page.close()

    def elsewhere(self, page: str) -> Person:
        """Open another page by its address in a tab that is signed in like this one."""
        with self.page.context.expect_page() as opened:
            self.page.evaluate("url => { window.open(url) }", f"{self.url}/{page}")
        opened.value.set_default_timeout(120_000)
        return Person(opened.value, self.url, self.pictures).watch()

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


def look_at_photo(person: Person) -> None:
    """The pictures carry nothing but the opaque code of the case."""
    for image in person.page.locator(".viewer img").all():
        source = image.get_attribute("src") or ""
        picture = base64.b64decode(source.partition(",")[2])
        assert metadata_in(picture) == ("comment",)
        assert person.code.encode() in picture[:40]


BASE64 = re.compile(rb"data:([a-z0-9.+/-]+);base64,([A-Za-z0-9+/=]+)")


def leaks(person: Person, *others: str) -> list[str]:
    """Search all that was ever sent to this screen, and the screen as it stands.

    Whatever travels in base64 is searched as what it is: a name in a picture counts.
    """
    page = person.page
    bodies = [_body(person, answer) for answer in person.answers] + _offered(person)
    kept = page.evaluate(
        "() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
    )
    places = {
        "what the server sent": b"\n".join(person.sent),
        "an answer or a download": b"\n".join(bodies),
        "the page or its address": f"{page.content()}\n{page.url}".encode(),
        "what the tab keeps": kept.encode(),
    }
    hidden = {found for place in places.values() for found in BASE64.findall(place)}
    pictures = [base64.b64decode(data) for _, data in hidden]
    assert any(kind == b"image/jpeg" for kind, _ in hidden)
    assert len(places["what the server sent"]) > 50_000
    places = {name: BASE64.sub(b"", place) for name, place in places.items()}
    places["a picture"] = b"\n".join([*pictures, *bodies])
    found = [f"{kind.decode()} in base64" for kind, _ in hidden if kind != b"image/jpeg"]
    photos = [base64.b64decode(data) for kind, data in hidden if kind == b"image/jpeg"]
    found += [f"{metadata_in(p)} in a photo" for p in photos if metadata_in(p) != ("comment",)]
    for name, place in places.items():
        low = place.lower()
        found += [f"{s} in {name}" for s in (*SECRETS, *others) if s.lower().encode() in low]
    return found


def log_leaks(sessions: Path) -> list[str]:
    """Search what the servers of these tests wrote."""
    logs = [file.read_text() for file in sessions.glob("served*/server.log")]
    assert logs
    return [f"{s} in the log" for log in logs for s in SECRETS if s.casefold() in log.casefold()]


def _offered(person: Person) -> list[bytes]:
    """Fetch every picture and download that a page offered, whether anybody took it or not."""
    names = set(re.findall(rb"/media/[0-9a-f]{32,}(?:\.\w+)?", b"\n".join(person.sent)))
    answers = [person.page.request.get(f"{person.url}{name.decode()}") for name in names]
    return [f"{answer.headers}".encode() + answer.body() for answer in answers]


def _body(person: Person, answer: Response) -> bytes:
    """Return the body of an answer, asked for again where the browser has it no more."""
    try:
        return answer.body()
    except Exception:  # Playwright's, which is imported only where it is installed
        return person.page.request.get(answer.url).body()


@pytest.fixture(name="pictures")
def pictures_fixture(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("LESIONSCOPE_SCREENSHOTS", tmp_path / "screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(name="room")
def room_fixture(tmp_path: Path) -> Iterator[ReadingRoom]:
    with Store.open(tmp_path / "home", hasher=QUICK) as store:
        room = furnish(store, photo_of=arm)
        for place, photo in enumerate(room.photos.values()):
            found = {"suggestions": [suggestion("erythema", place % 4), suggestion("scale", 0)]}
            store.add_measurement(
                room.owner, photo, {**found, "bsa_percent": 1.0 + place / 4}, {}, drawn_by="machine"
            )
        yield room


@pytest.fixture(name="series")
def series_fixture(tmp_path: Path) -> Iterator[ReadingRoom]:
    """Furnish a reading room with the three visits of one patient."""
    with Store.open(tmp_path / "home", hasher=QUICK) as store:
        yield furnish(store, patients=1, photo_of=arm)


def arm(patient: int, visit: int) -> NDArray[np.uint8]:
    """Return an arm of the demo study; the last two patients are mirrored."""
    name = f"{('D02', 'D04')[patient % 2]}_v{visit + 1}_arm.jpg"
    pixels = read_photo((DEMO / name).read_bytes()).pixels
    return np.ascontiguousarray(pixels[:, ::-1]) if patient >= 2 else pixels


def suggestion(item: str, level: int) -> dict[str, Any]:
    return {"site": "arm", "item": item, "level": level}


@pytest.fixture(name="served")
def served_fixture(serve: Callable[..., str], tmp_path: Path) -> str:
    return serve(APP, {"LESIONSCOPE_HOME": str(tmp_path / "home")})


@pytest.fixture(name="meet")
def meet_fixture(
    served: str, open_page: Callable[..., Any], pictures: Path
) -> Callable[..., Person]:
    def met(name: str, **options: Any) -> Person:
        page = open_page("about:blank", **options)
        page.set_default_timeout(120_000)
        person = Person(page, served, pictures).watch()
        page.goto(served)
        return person.sign_in(name)

    return met
