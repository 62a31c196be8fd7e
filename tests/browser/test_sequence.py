"""The time points of a patient one after the other, with a pause in between and an early end."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from lesionscope.core.campaign import ReadDesign
from lesionscope.core.case import CaseState
from tests.browser.reading_screens import (
    Person,
    leaks,
    log_leaks,
    meet_fixture,  # noqa: F401
    pictures_fixture,  # noqa: F401
    series_fixture,  # noqa: F401
    served_fixture,  # noqa: F401
)
from tests.store.reading_room import ReadingRoom

pytestmark = pytest.mark.browser


def time_points(reader: Person) -> list[str]:
    return reader.page.locator(".viewer figcaption").all_text_contents()


def test_time_points_are_shown_one_after_the_other(
    series: ReadingRoom, meet: Callable[..., Person], tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = series.store
    plan = series.plan(design=ReadDesign.SEQUENTIAL, repeat_percent=0)
    campaign = store.start_campaign(series.manager, plan, series.chosen(1))
    codes = [line.code for line in store.my_cases(series.one)]
    reader = meet("readerone")
    reader.go("Blinded cases")
    reader.picture("45b_series")
    reader.press(re.compile("^Next case"))
    assert reader.code == codes[0]
    reader.enter("1", "0", "0")
    assert time_points(reader) == ["Time point 1 (score this one), Arm"]

    ahead = reader.elsewhere(f"cases?case={codes[1]}")
    ahead.sees("Lock the earlier time points of this series first.")
    reader.and_of(ahead)

    reader.sign()
    assert reader.code == codes[1]
    reader.enter("2", "1", "0")
    assert time_points(reader) == [
        "Time point 2 (score this one), Arm",
        "Time point 1 (earlier), Arm",
    ]
    reader.sees("Scores of time point 2")
    reader.picture("45c_time_points")

    store.pause_campaign(series.manager, campaign.id, "The screens are being checked.")
    reader.page.locator("textarea").first.fill("glare")
    reader.sees("The campaign is paused: The screens are being checked. What you have entered")
    reader.wait()  # the page before has a button of this name too
    reader.press("All cases")
    reader.sees("Paused by the study team: The screens are being checked.")
    reader.picture("45d_paused")
    store.resume_campaign(series.manager, campaign.id, "The screens are even.")
    reader.page.reload()
    reader.sees("1 of 3 cases locked")
    reader.wait()
    reader.press(re.compile("^Next case"))
    reader.sees("All fields answered.")
    assert reader.page.locator("textarea").first.input_value() == "glare"
    reader.sign()

    assert reader.code == codes[2]
    store.close_campaign(series.manager, campaign.id, "The sponsor ended the study.")
    reader.page.reload()
    reader.sees("The campaign was closed early: The sponsor ended the study.")
    reader.wait()  # the page before has a button of this name too
    reader.press("All cases")
    reader.sees("2 of 3 cases locked")
    reader.picture("45e_closed")
    assert [line.state for line in store.my_cases(series.one)] == [
        CaseState.LOCKED,
        CaseState.LOCKED,
        CaseState.CLOSED,
    ]
    assert leaks(reader, plan.name, "Deltamanager", "Betareader", "Gammareader") == []
    assert log_leaks(tmp_path_factory.getbasetemp()) == []
    assert store.verify() == []
