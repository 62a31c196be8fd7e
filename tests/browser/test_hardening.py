"""The served app under its own policy: it works, nothing else runs, nobody else is asked."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lesionscope.core.sites import Side, Site
from lesionscope.exchange.measurement_json import document, mask_files
from lesionscope.pipeline import measure
from lesionscope.places import samples_folder
from lesionscope.store.store import Store

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

PASSWORD = "a long enough secret"
CALL = "from lesionscope.cli import app; raise SystemExit(app())"
PHOTO = samples_folder() / "demo_study" / "photos" / "D02_v1_arm.jpg"


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Serve as a clinic does, with two measured visits: a chart, pictures and components."""
    home = tmp_path / "record"
    with Store.open(home) as store:
        owner = store.create_owner("owner", "Clinic Owner", PASSWORD)
        patient = store.add_patient(owner, "DM-001")
        found = measure(PHOTO, site=Site.ARM)
        for number in range(2):
            day = date(2026, 1, 5) + timedelta(weeks=4 * number)
            visit = store.add_visit(owner, patient.id, day, f"Visit {number + 1}")
            stored = store.add_photo(
                owner, visit.id, PHOTO.read_bytes(),
                name="arm.jpg", view="arm", site=Site.ARM, side=Side.LEFT,
            )  # fmt: skip
            drawn_by = found.lesion_map.drawn_by
            files = mask_files(found)
            store.add_measurement(owner, stored.id, document(found), files, drawn_by=drawn_by)
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = int(trial.getsockname()[1])
    server = subprocess.Popen(
        [sys.executable, "-c", CALL, "serve", "--port", str(port), "--no-browser"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"LESIONSCOPE_HOME": str(home), "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert server.stdout is not None
        assert any("answers at" in server.stdout.readline() for _ in range(2))
        yield f"http://127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def test_pages_work_under_the_policy_and_foreign_code_does_not(
    url: str, open_page: Callable[..., Page], browser: Browser, tmp_path: Path
) -> None:
    page = open_page(url)
    page.get_by_role("textbox", name="Name", exact=True).fill("owner")
    page.get_by_role("textbox", name="Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="DM-001").click()
    page.get_by_text("Visits of DM-001").wait_for()
    go(page, "Timeline")
    page.get_by_test_id("stVegaLiteChart").locator("svg, canvas").first.wait_for()
    go(page, "Read")
    page.get_by_role("application", name=re.compile("lesion outline")).wait_for()
    go(page, "Capture")
    hostile = tmp_path / "arm.jpg"
    hostile.write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'></svg>")
    page.locator("input[type=file]").first.set_input_files(hostile)
    page.get_by_text("This is an SVG drawing").wait_for()
    refuses_foreign_code(browser, url)


def refuses_foreign_code(browser: Browser, url: str) -> None:
    # A page of its own: that the policy complains is what is wanted here.
    page = browser.new_page()
    page.goto(url)
    page.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = 'window.ran = true';
            document.head.append(script);
        }"""
    )
    assert page.evaluate("window.ran") is None
    asked = page.evaluate("fetch('https://example.org/').then(() => 'sent', () => 'refused')")
    assert asked == "refused"
    page.close()


def go(page: Page, title: str) -> None:
    menu = page.get_by_test_id("stSidebarNav")
    menu.get_by_role("link", name=title, exact=True).click()
    page.get_by_role("heading", name=title, exact=True).wait_for()
