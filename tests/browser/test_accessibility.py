"""Every page under axe-core, and the layers of the mask editor on a photo of the demo study.

axe-core looks for what breaks WCAG 2.2 A and AA; what it finds serious or critical fails. What
Streamlit itself causes is named in `OF_STREAMLIT` by rule and place. ``LESIONSCOPE_SCREENSHOTS``
keeps the pictures of the user guide.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher

from lesionscope.core.people import Reader
from lesionscope.demo import demo_photos, seed
from lesionscope.store.entries import StoredPhoto
from lesionscope.store.store import Store

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

APP = Path(__file__).parents[2] / "app.py"
PASSWORD = "a long enough secret"
RUNNING = "[data-testid=stApp][data-test-script-state=running]"
EDITOR = (
    "[...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]"
    ".map((part) => part.shadowRoot?.querySelector('.editor')?.maskEditor).find(Boolean)"
)
PHOTOS = ("D02_v1_arm.jpg", "D02_v2_arm.jpg", "D03_v1_vneck.jpg")
"""Two visits of one site, and a photo with a colour chart."""
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OF_STREAMLIT = {
    # Streamlit 1.67 wraps each section of its own page list, <ul>, in a <div>. The links have
    # names and are reached by keyboard; only the count of entries is not announced.
    "list": "[data-testid=stSidebarNavItems]",
    "listitem": "[data-testid=stSidebarNavItems]",
    # Day, month and year of its date field are as narrow as their digits. The field is one stop for
    # the keyboard, takes the date as typed, and opens a calendar with large days.
    "target-size": "[data-testid=stDateInput]",
}


class Demo:
    """A record with a part of the demo study, and its owner."""

    def __init__(self, home: Path, store: Store) -> None:
        self.home, self.store = home, store
        self.owner: Reader = self.store.create_owner("owner", "Clinic Owner", PASSWORD)
        seed(
            self.store, self.owner, photos=tuple(p for p in demo_photos() if p.path.name in PHOTOS)
        )

    def photo(self, name: str) -> tuple[int, StoredPhoto]:
        """Return a photo and its patient."""
        for summary in self.store.patients(self.owner):
            for visit in self.store.visits(self.owner, summary.patient.id):
                for photo in self.store.photos(self.owner, visit.id):
                    if photo.name == name:
                        return summary.patient.id, photo
        raise LookupError(name)

    def place(self, name: str) -> str:
        """Return what a browser tab keeps of somebody at work on a photo."""
        patient, photo = self.photo(name)
        return json.dumps(
            {
                "token": self.store.open_session(self.owner),
                "patient_id": patient,
                "visit_id": photo.visit_id,
                "photo_id": photo.id,
            }
        )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    home = tmp_path_factory.mktemp("record")
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with Store.open(home, hasher=quick) as store:
        yield Demo(home, store)


@pytest.fixture(scope="module")
def url(serve: Callable[..., str], demo: Demo) -> str:
    return serve(APP, {"LESIONSCOPE_HOME": str(demo.home)})


@pytest.fixture
def at_work(open_page: Callable[..., Any], url: str, demo: Demo) -> Callable[..., Page]:
    """Open the Read page on a photo: ``at_work("D02_v1_arm.jpg")``."""

    def opened(name: str, **options: Any) -> Page:
        page = open_page(url, **options)
        page.evaluate(
            "kept => sessionStorage.setItem('lesionscope.session', kept)", demo.place(name)
        )
        page.goto(f"{url}/read")
        page.wait_for_function(f"() => {EDITOR}?.ready && {EDITOR}.painter.frame === 0")
        settle(page)
        return page

    return opened


def settle(page: Page) -> None:
    """Wait until the page has finished what the last act began."""
    idle = 0
    while idle < 3:
        page.wait_for_timeout(100)
        idle = 0 if page.locator(RUNNING).count() else idle + 1


def grave_findings(page: Page) -> list[str]:
    """Return what axe-core finds serious or critical and Streamlit did not make."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    options = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]}
    found = axe.Axe().run(page, options=options).response
    assert found["testEngine"]["name"] == "axe-core"
    assert found["passes"], "axe-core had nothing to look at"
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:200]}"
        for rule in found["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
        if not made_by_streamlit(page, rule["id"], node["target"])
    ]


def made_by_streamlit(page: Page, rule: str, target: list[Any]) -> bool:
    """Return whether a finding is one of those that Streamlit itself causes."""
    place = OF_STREAMLIT.get(rule)
    if place is None or not all(isinstance(part, str) for part in target):
        return False
    return bool(
        page.evaluate(
            "([target, place]) => Boolean(document.querySelector(target)?.closest(place))",
            [target[0], place],
        )
    )


def open_each(page: Page) -> Iterator[str]:
    """Open every page that the owner has, and name it; an owner has them all."""
    menu = page.get_by_test_id("stSidebarNav")
    # The first line of a link is the name of its symbol, which is hidden from screen readers.
    titles = [text.splitlines()[-1] for text in menu.get_by_role("link").all_inner_texts()]
    assert len(set(titles)) == len(titles) > 20
    for title in titles:
        menu.get_by_role("link", name=title, exact=True).click()
        page.get_by_role("heading", name=title, exact=True, level=1).wait_for()
        settle(page)
        yield title


def test_no_page_has_a_serious_finding(at_work: Callable[..., Page]) -> None:
    page = at_work("D02_v1_arm.jpg", warm=True)
    found = {title: grave_findings(page) for title in open_each(page)}
    assert {title: what for title, what in found.items() if what} == {}


def test_no_serious_finding_in_the_dark(at_work: Callable[..., Page]) -> None:
    page = at_work("D02_v1_arm.jpg", color_scheme="dark")
    open_all_panels(page)
    assert grave_findings(page) == []


def test_no_serious_finding_before_sign_in(open_page: Callable[..., Any], url: str) -> None:
    page = open_page(url, warm=True)
    page.get_by_role("textbox", name="Password", exact=True).wait_for()
    settle(page)
    assert grave_findings(page) == []
    # And it would notice: words made too pale, and a button without a name.
    page.get_by_text("not a medical device").evaluate("words => words.style.color = '#aaa'")
    page.evaluate("() => document.body.append(document.createElement('button'))")
    found = grave_findings(page)
    assert any(each.startswith("color-contrast") and "medical device" in each for each in found)
    assert any(each.startswith("button-name") for each in found)


def open_all_panels(page: Page) -> None:
    """Show the erythema map and the list of lesions."""
    page.focus(".stage")
    page.keyboard.press("v")
    page.keyboard.press("i")
    page.wait_for_function(f"() => {EDITOR}.maps && {EDITOR}.painter.frame === 0")
    page.wait_for_timeout(300)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("LESIONSCOPE_SCREENSHOTS", tmp_path / "screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_the_list_says_of_each_lesion_what_was_measured(
    at_work: Callable[..., Page], demo: Demo, pictures: Path
) -> None:
    page = at_work("D02_v1_arm.jpg", warm=True)
    assert page.is_disabled("[data-layer=corrected]")
    open_all_panels(page)
    assert grave_findings(page) == []
    page.screenshot(path=pictures / "68_erythema_map.png")
    rows = page.eval_on_selector_all(
        ".list li button",
        "(rows) => rows.map((row) => [...row.children].map((c) => c.textContent))",
    )
    _, photo = demo.photo("D02_v1_arm.jpg")
    latest = demo.store.latest_measurement(demo.owner, photo.id)
    assert latest is not None
    lesions = latest.document["lesions"]
    assert len(rows) == len(lesions) > 5
    large = [(row, lesion) for row, lesion in zip(rows, lesions, strict=True)][:5]
    for row, lesion in large:
        assert float(row[1].split()[0]) == pytest.approx(lesion["area_cm2"], rel=0.03)
        assert float(row[2]) == pytest.approx(lesion["delta_erythema"], abs=0.03)
    page.click("[data-area='1']")
    page.keyboard.press("v")
    page.wait_for_timeout(400)
    page.screenshot(path=pictures / "68b_melanin_map.png")


def test_a_chart_gives_a_layer_in_corrected_colour(
    at_work: Callable[..., Page], pictures: Path
) -> None:
    page = at_work("D03_v1_vneck.jpg", warm=True)
    page.click("[data-layer=corrected]")
    page.wait_for_function(f"() => {EDITOR}.painter.sheets.has('corrected')")
    assert page.is_hidden(".legend")
    page.wait_for_timeout(300)
    page.screenshot(path=pictures / "68c_corrected_colour.png")
