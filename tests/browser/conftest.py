"""What every browser test needs: Chromium, a served script, and pages that are watched.

``browser`` is one headless Chromium a session. ``serve(script, env)`` starts a Streamlit script on
a free loopback port and stops it at the end. ``open_page(url, size=...)`` opens it in a context of
its own; at the end of the test no page may have logged an error or asked another host for anything.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

collect_ignore_glob = ["pages/*"]

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
START_SECONDS = 240.0  # a second or two on an idle machine
PROBES = ("/_stcore/health", "/_stcore/host-config")
OURS = ("127.0.0.1", "localhost")

SECONDS_EACH = 900
"""No test of these takes two minutes alone; on a machine that is busy with others it may."""

Serve = Callable[..., str]
OpenPage = Callable[..., "Page"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give what drives a browser more time than the rest."""
    for item in items:
        if item.get_closest_marker("browser") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SECONDS_EACH))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        installed = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
        own = started.chromium.executable_path
        executable = installed or (own if Path(own).exists() else None)
        if executable is None:
            pytest.skip("Chromium is not installed: none of " + ", ".join(CHROMIUM_NAMES))
        launched = started.chromium.launch(executable_path=executable, args=list(QUIET))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Start ``serve(script, env=None)`` and return its address; all are stopped at the end."""
    running: list[subprocess.Popen[bytes]] = []

    def start(script: Path, env: Mapping[str, str] | None = None) -> str:
        port = _free_port()
        log = tmp_path_factory.mktemp("served") / "server.log"
        with log.open("wb") as held:
            process = subprocess.Popen(
                _command(script, port),
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=held,
                stderr=subprocess.STDOUT,
            )
        running.append(process)
        url = f"http://127.0.0.1:{port}"
        _await_health(url, process, log)
        return url

    yield start
    for process in running:
        process.terminate()
    for process in running:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


@pytest.fixture(scope="session")
def warm_context(browser: Browser) -> Iterator[BrowserContext]:
    """One context for all tests that may share cookies and storage: it loads Streamlit once."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def open_page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[OpenPage]:
    """Open pages with ``open_page(url, size=(1366, 768), **context_options)`` and watch them.

    With ``warm=True`` the page opens in `warm_context`, which takes no options.
    """
    opened_here: list[Page | BrowserContext] = []
    complaints: list[str] = []
    strangers: list[str] = []

    def opened(
        url: str, *, size: tuple[int, int] = (1366, 768), warm: bool = False, **options: Any
    ) -> Page:
        if warm:
            page = request.getfixturevalue("warm_context").new_page()
            opened_here.append(page)
        else:
            context = browser.new_context(**options)
            opened_here.append(context)
            page = context.new_page()
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.set_default_timeout(120_000)
        _watch(page, complaints, strangers)
        page.goto(url)
        return page

    yield opened
    for page_or_context in opened_here:
        page_or_context.close()
    assert not complaints
    assert not strangers


def _watch(page: Page, complaints: list[str], strangers: list[str]) -> None:
    def visited(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in OURS:
            strangers.append(url)

    def logged(message: ConsoleMessage) -> None:
        # Opened below its root, Streamlit's page first asks the wrong folder for its server.
        asked = urlsplit(message.location["url"]).path
        if message.type == "error" and not asked.endswith(PROBES):
            complaints.append(f"{message.text} {asked}")

    page.on("console", logged)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: visited(request.url))
    page.on("websocket", lambda socket: visited(socket.url))


def _command(script: Path, port: int) -> list[str]:
    options = {
        "server.port": str(port),
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "streamlit", "run", str(script), *flags]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_health(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(
        f"the server at {url} did not start: {log.read_text(errors='replace')[-2000:]}"
    )
