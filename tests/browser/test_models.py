"""The model cards in Chromium: from About to what a network saw and where it fails."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from lesionscope.store.store import Store
from tests.browser.test_walk import APP, PASSWORD, Clinician

pytestmark = pytest.mark.browser

REACHABLE = """table => {
  for (let at = table; at; at = at.parentElement) {
    const scrolls = ['auto', 'scroll'].includes(getComputedStyle(at).overflowX);
    if (scrolls && at.scrollWidth > at.clientWidth) return true;
  }
  return table.getBoundingClientRect().right <= window.innerWidth;
}"""


def test_about_leads_to_a_card_with_its_figures_and_failures(
    serve: Callable[..., str],
    open_page: Callable[..., Any],
    tmp_path: Path,
) -> None:
    pictures = Path(os.environ.get("LESIONSCOPE_SCREENSHOTS", tmp_path / "screenshots"))
    pictures.mkdir(parents=True, exist_ok=True)
    with Store.open(tmp_path / "record", hasher=PasswordHasher(1, 8, 1)) as store:
        store.create_owner("owner", "Study Owner", PASSWORD)
    url = serve(APP, {"LESIONSCOPE_HOME": str(tmp_path / "record")})
    walk = Clinician(open_page(url), pictures)
    walk.write("Name", "owner")
    walk.write("Password", PASSWORD)
    walk.press("Sign in", exact=True)
    walk.go("About")
    main = walk.page.get_by_test_id("stMain")
    main.get_by_role("link", name="Model cards").click()
    walk.page.get_by_role("heading", name="Model cards", exact=True).wait_for()
    walk.wait()
    walk.picture("65_model_cards")
    walk.page.get_by_role("tab", name="Lesion grades").click()
    failures = walk.page.get_by_text("The worst suggestions on rendered photos")
    failures.scroll_into_view_if_needed()
    walk.picture("65b_model_failures")
    walk.page.set_viewport_size({"width": 820, "height": 1180})
    walk.page.get_by_role("heading", name="How well it does").last.scroll_into_view_if_needed()
    walk.picture("65c_model_card_tablet")
    assert walk.page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    table = walk.page.locator("table:visible").first
    assert table.evaluate(REACHABLE), "the last column of a card's table cannot be reached"
