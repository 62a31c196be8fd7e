"""A reader whose server hangs, or is gone, in the middle of a case: nothing is lost or doubled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lesionscope.core.case import CaseState, Pane, Scores
from tests.browser.reading_screens import (
    Person,
    pictures_fixture,  # noqa: F401
    series_fixture,  # noqa: F401
    served_fixture,  # noqa: F401
)
from tests.browser.wire import Wire
from tests.store.reading_room import PASSWORD, ReadingRoom

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.fixture
def wire(served: str) -> Iterator[Wire]:
    wire = Wire(served)
    yield wire
    wire.close()


@pytest.fixture
def reader(browser: Browser, wire: Wire, pictures: Path) -> Iterator[Person]:
    """Sign a reader in by the wire; a browser cut off logs errors, so this page is not watched."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    context.set_default_timeout(120_000)
    page = context.new_page()
    page.goto(wire.url)
    yield Person(page, wire.url, pictures).sign_in("readerone")
    context.close()


ONE_TO_SIGN = """() => {
    const fields = document.querySelectorAll("input[type=password]")
    return fields.length === 1 && !fields[0].disabled
}"""


def enter_all(reader: Person, level: int) -> None:
    """Answer the case that is open; nothing comes back meanwhile."""
    page = reader.page
    page.locator("fieldset.item input").first.focus()
    for key in (str(level), "1", "0"):
        page.keyboard.press(key)
    page.keyboard.type("2.5")
    page.locator("textarea").first.fill("glare")


@pytest.mark.parametrize("seconds", [2, pytest.param(30, marks=pytest.mark.stress)])
def test_a_lost_connection_loses_and_doubles_nothing(
    series: ReadingRoom, reader: Person, wire: Wire, seconds: int
) -> None:
    store, page = series.store, reader.page
    campaign = store.start_campaign(series.manager, series.plan(repeat_percent=0), series.chosen(1))
    reader.go("Blinded cases")
    reader.press(re.compile("^Next case"))
    page.locator("fieldset.item input").first.wait_for(state="attached")
    first = reader.code

    # The server hangs: what is entered and the signature wait, and arrive together.
    with wire.silent():
        enter_all(reader, 1)
        reader.write("Your password", PASSWORD)
        page.get_by_role("textbox", name="Your password").press("Enter")
        page.wait_for_timeout(1000 * seconds)
        if seconds > 4:
            reader.sees("Not saved yet: the server does not answer.")
    page.wait_for_function("code => !location.href.includes(code)", arg=first)
    page.get_by_role("heading", name=f"Case {reader.code}").wait_for()
    page.locator("fieldset.item input").first.wait_for(state="attached")
    reader.wait()

    # The server is gone: entries are kept in the tab, and nothing can be signed.
    second = reader.code
    with wire.cut():
        enter_all(reader, 3)
        page.locator("input[type=password]:disabled").first.wait_for()
        page.wait_for_timeout(1000 * seconds)
        assert store.my_cases(series.one)[1].state is CaseState.OPEN
    reader.sees("All fields answered.")
    # What was there before goes when the new page is whole: until then there are two.
    page.wait_for_function(ONE_TO_SIGN)
    reader.sign()
    page.go_back()
    reader.sees("Ask for this case to be unlocked")

    reads = store.campaign_binder(series.manager, campaign.id).reads.values()
    assert [(read.scores[Pane.VISIT], read.note) for read in reads] == [
        (Scores({"arm.erythema": level, "arm.scale": 1, "arm.erosion": 0}, 2.5), "glare")
        for level in (1, 3)
    ]
    events = store.events(series.owner, limit=50)
    assert sorted(e.detail["code"] for e in events if e.act == "lock case") == sorted(
        (first, second)
    )
    assert store.verify() == []
