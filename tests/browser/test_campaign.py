"""A whole read campaign in Chromium: two readers, a third, an unlock, a query, the report.

Everything that the server sends a reader is kept and searched: no patient, visit, day, file or
other reader may be in it. ``LESIONSCOPE_SCREENSHOTS`` keeps the pictures of the user guide.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from lesionscope.core.case import CaseState, Pane
from lesionscope.core.people import Reader
from lesionscope.store.case_binder import Binder
from tests.browser.reading_screens import (
    Person,
    leaks,
    log_leaks,
    look_at_photo,
    meet_fixture,  # noqa: F401
    pictures_fixture,  # noqa: F401
    room_fixture,  # noqa: F401
    served_fixture,  # noqa: F401
)
from tests.store.reading_room import PASSWORD, ReadingRoom

pytestmark = pytest.mark.browser

NAME = "Arms of SUBJ-0, Screening to Wochen 12"
DISCORDANT = (2, 5, 9)


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


def number_of(binder: Binder, code: str) -> int:
    """Return which case a showing is of."""
    slot = next(s for s in binder.slots if s.code == code)
    return binder.cases[slot.case_id].number


def level(binder: Binder, by: Reader, code: str) -> int:
    """Return what a reader sees: the same for both, but for the cases that shall differ."""
    number = number_of(binder, code)
    seen = number % 4
    if by.id == binder.campaign.plan.readers[1] and number in DISCORDANT:
        return (seen + 2) % 4
    return seen


def read_cases(person: Person, by: Reader, binder: Binder, count: int) -> None:
    """Read cases in the order that the page leads through.

    The area is the case's own: each campaign draws another order, and two readers who meet the
    same case at different places must not differ in it.
    """
    person.go("Blinded cases")
    person.press(re.compile("^Next case"))
    for place in range(count):
        code = person.code
        area = 1 + number_of(binder, code) % 3
        person.enter(str(level(binder, by, code)), "0", "0", area=f"{area}")
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
    for page in ("patients", "campaign"):
        elsewhere = two.elsewhere(page)
        elsewhere.sees("Betareader Two, adjudicator")  # signed in, and led to no such page
        assert elsewhere.page.get_by_role("heading", name="Worklist").count()
        two.and_of(elsewhere)

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
        assert leaks(person, NAME, *names) == []
    assert log_leaks(tmp_path_factory.getbasetemp()) == []

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
        tab.page.locator("fieldset.item input").first.wait_for(state="attached")
    one.enter("1", "0", "0")
    other.enter("2", "0", "0")
    # What is signed is what stands on the screen: here it was entered in the other tab since.
    press_sign(one)
    one.sees("Your entries for this case were changed in another tab and now stand here")
    one.page.locator("fieldset.item input[value='2']:checked").first.wait_for(state="attached")
    one.wait()
    one.sign()
    assert one.code != first
    press_sign(other)
    other.sees(re.compile("locked", re.IGNORECASE))
    one.page.go_back()
    one.sees("Ask for this case to be unlocked")
    (campaign,) = room.store.campaigns(room.manager)
    (read,) = room.store.campaign_binder(room.manager, campaign.id).reads.values()
    assert read.scores[Pane.VISIT].answers["arm.erythema"] == 2


def press_sign(person: Person) -> None:
    person.write("Your password", PASSWORD)
    person.page.get_by_role("textbox", name="Your password").press("Enter")
