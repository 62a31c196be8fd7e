"""Many users of one server for a long time: no error, memory flat, pages quick.

    python benchmarks/soak.py [--users 20] [--minutes 30] [--think 15] [--home FOLDER] [--port 0]

A user is a session of the app over the connection that a browser would open (Streamlit's
websocket): it gives back the sign-in that its tab kept, opens a visit of the demo study, walks over
the pages at random, fetches every picture that a page shows, reloads now and then and asks the HTTP
API for a measurement. What a browser does with a page is not part of it: a page's time runs from
the click to the server's word that the page is whole. ``--browser`` adds one real page in Chromium
whose times, drawing included, are told apart. Everything stays on this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates

from lesionscope.core.people import Act, Reader, Role, may
from lesionscope.demo import demo_photos, seed_demo_home
from lesionscope.demo_sign_in import ACCOUNT
from lesionscope.places import samples_folder
from lesionscope.store import Store

PAGES = ("worklist", "patients", "shots", "capture", "read", "score", "forms", "visit",
         "comparator", "timeline", "study", "audit", "about", "release", "campaign")  # fmt: skip
"""Pages that are walked over; a page that the role may not open is passed by."""
GROWTH_PERCENT = 5.0
P95_SECONDS = 1.5
WARM_UP = 0.3
"""Share of the time after which memory is expected to be flat."""
PAGE_LIMIT = 120.0
RELOAD, MEASURE, FETCH = 0.05, 0.02, 0.05
"""How likely, after a page, a reload is, a photo sent to be measured, and a measurement fetched."""
CALL = "from lesionscope.cli import app; raise SystemExit(app())"
CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")


@dataclass
class Seen:
    """What all users saw."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    computed: float = 0.0
    """Seconds of processor that the server used; does not depend on who else uses the machine."""
    memory_mb: list[tuple[float, float, float]] = field(default_factory=list)
    """Seconds since the start, memory of the server, memory of its measuring processes."""

    def pages(self) -> list[float]:
        """Return the seconds of all pages of the simulated users."""
        return [took for name, times in self.times.items() if "/" not in name for took in times]


class Tab:
    """One browser tab as the server sees it."""

    def __init__(self, port: int, place: dict[str, Any], seen: Seen) -> None:
        self._port, self._place, self._seen = port, place, seen
        self._stream: Any = None
        self._keeper: WidgetState | None = None
        self._asked = False
        self._pictures: set[str] = set()
        self.page = ""
        self.pages: dict[str, str] = {}
        """Script hash of each page that may be opened, by its address."""

    async def open(self) -> None:
        """Load the app, give back what the tab kept, and wait for the first page."""
        self._stream = await websockets.connect(
            f"ws://127.0.0.1:{self._port}/_stcore/stream",
            subprotocols=[websockets.Subprotocol("streamlit")],
            max_size=None,
            ping_interval=None,
        )
        self._keeper = None
        await self.show("", "loaded anew")

    async def close(self) -> None:
        """Close the tab."""
        await self._stream.close()

    async def show(self, page: str, name: str = "") -> None:
        """Open a page, with its pictures, and wait until the server says that it is whole."""
        self.page = page
        begun = time.monotonic()
        async with asyncio.timeout(PAGE_LIMIT):
            await self._run(page)
            wanted = [f"http://127.0.0.1:{self._port}{url}" for url in self._pictures]
            self._pictures.clear()
            await asyncio.gather(*(asyncio.to_thread(fetch, url) for url in wanted))
        self._seen.times[name or page].append(time.monotonic() - begun)

    async def _run(self, page: str) -> None:
        await self._send(page)
        async for data in self._stream:
            message = ForwardMsg()
            message.ParseFromString(data)
            kind = message.WhichOneof("type")
            if kind == "navigation":
                listed = message.navigation.app_pages
                self.pages = {one.url_pathname: one.page_script_hash for one in listed}
            elif kind == "new_session":
                self._pictures.clear()  # those of a run that this one replaces are gone
            elif kind == "delta":
                self._take(page, message.delta.new_element)
            elif kind == "script_finished":
                how = message.script_finished
                if how == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    self._seen.errors[f"{page}: not compiled"] += 1
                if self._asked:
                    await self._send(page)
                elif how != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    return

    async def _send(self, page: str) -> None:
        self._asked = False
        ask = BackMsg()
        ask.rerun_script.page_script_hash = self.pages.get(page, "")
        kept = [] if self._keeper is None else [self._keeper]
        ask.rerun_script.widget_states.CopyFrom(WidgetStates(widgets=kept))
        await self._stream.send(ask.SerializeToString())

    def _take(self, page: str, element: Any) -> None:
        kind = element.WhichOneof("type")
        if kind == "bidi_component" and "session_keeper" in element.bidi_component.component_name:
            self._answer(element.bidi_component)
        elif kind == "exception":
            self._seen.errors[f"{page}: {element.exception.message}"] += 1
        elif kind == "alert" and element.alert.format == element.alert.ERROR:
            self._seen.errors[f"{page}: {element.alert.body}"] += 1
        elif kind == "imgs":
            urls = (image.url for image in element.imgs.imgs)
            self._pictures.update(url for url in urls if url.startswith("/"))

    def _answer(self, component: Any) -> None:
        """Answer the question what the tab kept, as the keeper in a browser does."""
        stated = json.loads(component.mixed.json or component.json or "{}")
        if stated.get("question"):
            answer = {"question": stated["question"], "kept": json.dumps(self._place)}
            self._keeper = WidgetState(id=component.id, json_value=json.dumps({"answer": answer}))
            self._asked = True


def fetch(url: str, token: str = "", data: bytes | None = None) -> int:
    """Fetch an address of the server; return the number of bytes."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(url, data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=PAGE_LIMIT) as answer:
        return len(answer.read())


class User:
    """Somebody who works at one tab until the time is up."""

    def __init__(self, server: Server, place: dict[str, Any], seen: Seen, *, seed: int) -> None:
        self._server, self._place, self._seen = server, place, seen
        self._chance = random.Random(seed)

    async def work(self, until: float, think: float) -> None:
        """Walk over the pages; what goes wrong is counted, and the user begins anew."""
        await self._pause(think)
        while time.monotonic() < until:
            tab = Tab(self._server.port, self._place, self._seen)
            try:
                await tab.open()
                await self._walk(tab, until, think)
            except (OSError, TimeoutError, websockets.WebSocketException) as error:
                self._seen.errors[f"{tab.page}: {type(error).__name__} {error}"] += 1
            finally:
                with suppress(Exception):
                    await tab.close()

    async def _walk(self, tab: Tab, until: float, think: float) -> None:
        if "timeline" not in tab.pages:
            self._seen.errors["not signed in"] += 1
            await self._pause(think)
        while time.monotonic() < until:
            await self._pause(think)
            page = self._chance.choice([page for page in PAGES if page in tab.pages] or [""])
            await tab.show(page)
            if self._chance.random() < MEASURE and self._place["may_measure"]:
                await self._ask("api/measure", "/measure?site=arm", self._server.photo)
            if self._chance.random() < FETCH:
                number = self._place["photo_id"]
                await self._ask("api/measurement", f"/photos/{number}/measurement", None)
            if self._chance.random() < RELOAD:
                return

    async def _ask(self, name: str, path: str, data: bytes | None) -> None:
        begun = time.monotonic()
        url = f"http://127.0.0.1:{self._server.port}/api/v1{path}"
        await asyncio.to_thread(fetch, url, self._place["token"], data)
        self._seen.times[name].append(time.monotonic() - begun)

    async def _pause(self, think: float) -> None:
        # Streamlit's own word: between two pages a reader looks, for a time that varies.
        await asyncio.sleep(self._chance.uniform(0.5, 1.5) * think)


class Server:
    """A server of the app over a record with the demo study."""

    def __init__(self, home: Path, port: int, *, photos: int | None) -> None:
        self.home, self.port = home, port or free_port()
        self.photo = next((samples_folder() / "demo_study" / "photos").glob("*arm*")).read_bytes()
        shown = None if photos is None else demo_photos()[:photos]
        seed_demo_home(home, photos=shown)
        self.log = home / "soak.log"
        self._process: subprocess.Popen[bytes] | None = None

    def places(self, users: int) -> list[dict[str, Any]]:
        """Return what the tabs of so many accounts keep: their session and an open visit."""
        secret = (self.home / "demo-sign-in.txt").read_text("utf-8").split()[3]
        with Store.open(self.home) as store:
            owner = store.authenticate(ACCOUNT, secret)
            visits = [visit for patient in store.patients(owner)
                      for visit in store.visits(owner, patient.patient.id)]  # fmt: skip
            shown = [(visit, store.photos(owner, visit.id)) for visit in visits]
            shown = [(visit, photos) for visit, photos in shown if photos]
            accounts = [self._account(store, owner, number) for number in range(users)]
            return [
                {
                    "token": store.open_session(account),
                    "patient_id": visit.patient_id,
                    "visit_id": visit.id,
                    "photo_id": photos[0].id,
                    "may_measure": may(account.role, Act.MEASURE),
                }
                for account, (visit, photos) in zip(accounts, itertools.cycle(shown))
            ]

    def _account(self, store: Store, owner: Reader, number: int) -> Reader:
        if number == 0:
            return owner
        role = (Role.CLINICIAN, Role.DATA_MANAGER, Role.MONITOR)[number % 3]
        name = f"user-{secrets.token_hex(4)}"
        return store.add_account(owner, name, f"User {number}", role, secrets.token_hex(12))

    def __enter__(self) -> Server:
        """Start and wait until it answers."""
        with self.log.open("wb") as held:
            self._process = subprocess.Popen(
                [sys.executable, "-c", CALL, "serve", "--port", str(self.port), "--no-browser"],
                env=os.environ | {"LESIONSCOPE_HOME": str(self.home)},
                stdin=subprocess.DEVNULL,
                stdout=held,
                stderr=subprocess.STDOUT,
            )
        until = time.monotonic() + PAGE_LIMIT
        while time.monotonic() < until and self._process.poll() is None:
            with suppress(OSError):
                fetch(f"http://127.0.0.1:{self.port}/api/v1/ready")
                return self
            time.sleep(0.2)
        raise SystemExit(f"the server did not start: {self.log.read_text('utf-8')[-2000:]}")

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def memory_mb(self) -> tuple[float, float]:
        """Return the memory of the server itself and of its measuring processes."""
        assert self._process is not None
        pid = self._process.pid
        tasks = Path(f"/proc/{pid}/task").iterdir()
        children = [one for task in tasks for one in (task / "children").read_text().split()]
        return held_mb(pid), sum(held_mb(int(child)) for child in children)

    def computed(self) -> float:
        """Return the seconds of processor that the server itself has used."""
        assert self._process is not None
        stat = Path(f"/proc/{self._process.pid}/stat").read_text("ascii").rsplit(")", 1)[1]
        return sum(map(int, stat.split()[11:13])) / os.sysconf("SC_CLK_TCK")

    def complaints(self) -> list[str]:
        """Return the lines of the log that tell of a fault."""
        lines = self.log.read_text("utf-8", "replace").splitlines()
        return [line for line in lines if "ERROR" in line or "Traceback" in line]


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def held_mb(pid: int) -> float:
    """Return the resident memory of a process, in megabytes; 0 if it is gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def growth_percent(samples: list[tuple[float, float]]) -> float:
    """Return by how much memory grew from the end of the warm-up to the end.

    Medians of the first and the last fifth of what follows the warm-up: a page that is being made
    takes some memory for a moment.
    """
    end = samples[-1][0] if samples else 0.0
    flat = [held for at, held in samples if at >= WARM_UP * end]
    part = max(1, len(flat) // 5)
    if not flat:
        return 0.0
    before, after = statistics.median(flat[:part]), statistics.median(flat[-part:])
    return 100 * (after / before - 1)


def p95(times: list[float]) -> float:
    """Return the 95th percentile of some seconds."""
    return sorted(times)[max(0, -(-95 * len(times) // 100) - 1)] if times else 0.0


@contextmanager
def real_browser(server: Server, place: dict[str, Any], seen: Seen) -> Iterator[None]:
    """Walk over the pages in Chromium, drawing included, while the others work."""
    stop = threading.Event()
    walker = threading.Thread(target=_browse, args=(server, place, seen, stop), daemon=True)
    walker.start()
    yield
    stop.set()
    walker.join(PAGE_LIMIT)


def _browse(server: Server, place: dict[str, Any], seen: Seen, stop: threading.Event) -> None:
    from playwright.sync_api import Error, sync_playwright

    kept = f"sessionStorage.setItem('lesionscope.session', {json.dumps(json.dumps(place))})"
    executable = next((path for path in CHROMIUM if Path(path).exists()), None)
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.set_default_timeout(1000 * PAGE_LIMIT)
        page.on("pageerror", lambda error: seen.errors.update([f"browser: {error}"]))
        page.add_init_script(kept)
        page.goto(f"http://127.0.0.1:{server.port}")
        titles = ("Timeline", "Read", "Visit and signature", "Patients")
        for title in itertools.cycle(titles):
            if stop.wait(5):
                break
            try:
                begun = time.monotonic()
                page.get_by_test_id("stSidebarNav").get_by_role(
                    "link", name=title, exact=True
                ).click()
                page.get_by_role("heading", name=title, exact=True).wait_for()
                page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
                seen.times[f"browser/{title}"].append(time.monotonic() - begun)
            except Error as error:
                seen.errors[f"browser, {title}: {str(error).splitlines()[0]}"] += 1
        browser.close()


async def soak(server: Server, places: list[dict[str, Any]], seen: Seen, asked: Asked) -> None:
    """Let all users work until the time is up, and look at the server's memory meanwhile."""
    begun, computed = time.monotonic(), server.computed()
    until = begun + 60 * asked.minutes
    users = [User(server, place, seen, seed=number) for number, place in enumerate(places)]
    work = asyncio.gather(*(user.work(until, asked.think) for user in users))
    while not work.done():
        seen.memory_mb.append((time.monotonic() - begun, *server.memory_mb()))
        await asyncio.wait([work], timeout=min(5.0, 3 * asked.minutes))
    await work
    seen.computed = server.computed() - computed


@dataclass(frozen=True)
class Asked:
    """How many users, for how long, and how long each looks at a page, in seconds."""

    users: int
    minutes: float
    think: float
    browser: bool = False


def run(server: Server, asked: Asked) -> Seen:
    """Run the soak; return what the users saw."""
    seen = Seen()
    places = server.places(asked.users)
    with server:
        browser: Callable[..., Any] = real_browser if asked.browser else _nobody
        with browser(server, places[0], seen):
            asyncio.run(soak(server, places, seen, asked))
    for line in server.complaints():
        seen.errors[f"log: {line}"] += 1
    return seen


@contextmanager
def _nobody(*_: object) -> Iterator[None]:
    yield


def report(seen: Seen) -> str:
    """Return the tables of pages and memory, and the errors."""
    rows = ["| page | times | median, s | p95, s | longest, s |", "|---|---|---|---|---|"]
    for name, times in [*sorted(seen.times.items()), ("all pages", seen.pages())]:
        if times:
            middle, most = statistics.median(times), max(times)
            rows.append(f"| {name} | {len(times)} | {middle:.2f} | {p95(times):.2f} | {most:.2f} |")
    each = seen.computed / max(1, len(seen.pages()))
    rows.append(f"\nThe server computed {seen.computed:.0f} s, {each:.2f} s a page.")
    rows += ["", "| memory, MB | at the start | after the warm-up | at the end | growth |",
             "|---|---|---|---|---|"]  # fmt: skip
    end = seen.memory_mb[-1][0]
    flat = [sample for sample in seen.memory_mb if sample[0] >= WARM_UP * end]
    for place, name in ((1, "server"), (2, "measuring processes")):
        first, warm, last = seen.memory_mb[0][place], flat[0][place], flat[-1][place]
        grown = growth_percent([(sample[0], sample[place]) for sample in seen.memory_mb])
        rows.append(f"| {name} | {first:.0f} | {warm:.0f} | {last:.0f} | {grown:+.1f} % |")
    errors = [f"{times} x {error}" for error, times in seen.errors.most_common()]
    return "\n".join([*rows, "", "errors: " + ("; ".join(errors) or "none")])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--think", type=float, default=15, help="mean seconds between two pages")
    parser.add_argument("--browser", action="store_true", help="one more user, in Chromium")
    parser.add_argument("--home", type=Path, help="data folder with the demo study, made if empty")
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    asked = Asked(given.users, given.minutes, given.think, given.browser)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as scratch:
        server = Server(given.home or Path(scratch), given.port, photos=None)
        seen = run(server, asked)
    print(
        f"{asked.users} users, {asked.minutes:g} minutes, {asked.think:g} s between two pages; "
        f"{os.cpu_count()} processors, load {load:.1f} before, {os.getloadavg()[0]:.1f} after\n"
    )
    print(report(seen))
    grown = growth_percent([(at, held) for at, held, _ in seen.memory_mb])
    held = not seen.errors and grown < GROWTH_PERCENT and p95(seen.pages()) < P95_SECONDS
    raise SystemExit(not held)


if __name__ == "__main__":
    main()
