"""How long each page takes to open, and the comparator and the mask editor to answer, in Chromium.

    python benchmarks/pages.py --home FOLDER [--rounds 20] [--only Compare Read] [--out FILE]

A record is made in FOLDER (or taken up again): two patients, three visits each, four photos of
12 megapixels a visit, all measured, and a read campaign over them. The app is served from it as
`lesionscope serve` does, and Chromium opens every page in turn as somebody who is signed in: first
once each, which warms the server, then so many rounds, each with another visit, which nobody may
have opened before: what is made once for a visit is among the worst times.

A page is open when its heading stands, no script runs, nothing on it is stale, and every picture
is decoded and painted; the clock runs from the click in the menu, or from the beginning of the
navigation where the page is opened by its address. On a shared machine the clock measures the
neighbours too, so the processor time of server and browser is printed beside it.

An answer is the time from the event in the browser to the frame that shows what it did.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from lesionscope.core.campaign import Asked, CampaignPlan, CaseUnit, ReadDesign
from lesionscope.core.case import Scores
from lesionscope.core.people import Reader, Role
from lesionscope.demo import DemoPhoto, demo_photos, seed
from lesionscope.imaging.deidentify import blinded_view
from lesionscope.pipeline import read_photo
from lesionscope.store import Store

PASSWORD = "correct horse battery"
LARGE = (4000, 3000)
NOISE = 4.0
"""Of the sensor, in levels: without it an enlarged photo is a third of a camera's file."""
PATIENTS = {"DEMO-01": "DM-001", "DEMO-04": "DM-001", "DEMO-02": "DM-002", "DEMO-03": "DM-002"}
"""Two of the rendered patients stand for one, so that a visit has four photos."""
LIMIT_S, LIMIT_MS = 1.0, 50.0
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Heading in the menu, its address, and the heading of the page where it differs.
OWNER_PAGES = (
    ("Worklist", "worklist"), ("Patients", "patients"), ("Shot list", "shots"),
    ("Capture", "capture"), ("Read", "read"), ("Score", "score"), ("Forms", "forms"),
    ("Visit and signature", "visit"), ("Compare", "comparator"), ("Timeline", "timeline"),
    ("Release photos", "release"), ("Read campaigns", "campaign"), ("Agreement", "agreement"),
    ("Study", "study"), ("Import", "import_records"), ("Exports", "exports"),
    ("Learning", "learning"), ("Audit trail", "audit"), ("Accounts", "accounts"),
    ("Unlocks", "unlocks"), ("My account", "my_account"), ("Model cards", "models"),
    ("About", "about"),
)  # fmt: skip
BLIND_PAGES = (
    ("Blinded cases", "cases"), ("Discordant cases", "settle"), ("Worklist", "worklist"),
)  # fmt: skip

# Runs in the page. `until` polls at every frame, and answers with the first moment of a lasting
# rest: a page may come to rest for a frame between two runs of its script.
WATCH = """
window.benchmark = (() => {
  const parts = (name) => [...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")]
    .map((part) => part.shadowRoot?.querySelector(name)).filter(Boolean);
  const editor = () => parts(".editor")[0]?.maskEditor;
  const comparator = () => parts(".comparator")[0]?.comparator;
  const pictures = () => [...document.images,
    ...parts(".viewer").flatMap((part) => [...part.querySelectorAll("img")])];
  const heading = (title) =>
    [...document.querySelectorAll("h1")].some((h) => h.innerText.trim() === title);
  const resting = () => {
    const app = document.querySelector("[data-testid=stApp]");
    return app?.dataset.testScriptState === "notRunning"
      && !document.querySelector("[data-stale=true], [data-testid=stSkeleton]");
  };
  const shown = () => pictures().every((image) => image.complete && image.naturalWidth > 0);
  const drawn = (title) => {
    // Photos that were never laid onto each other are seen before they are; the script runs on.
    if (title === "Compare") return Boolean(comparator()?.ready && comparator().frame === 0);
    if (title === "Read") return Boolean(editor()?.ready && editor().painter.frame === 0);
    return true;
  };
  // What a person waits for: the heading, the photos to look at, and that all is done.
  const stages = (title) => {
    const there = heading(title);
    const seen = there && shown() && drawn(title);
    return [there, seen, seen && resting()];
  };
  const until = (title, from) => new Promise((answer) => {
    const since = [null, null, null];
    const look = () => {
      const now = performance.now();
      stages(title).forEach((holds, i) => { since[i] = holds ? since[i] ?? now : null; });
      if (since[2] !== null && now - since[2] > 400) answer(since.map((at) => at - from));
      else if (now - from > 60000) answer(null);
      else requestAnimationFrame(look);
    };
    look();
  });
  const choose = (title) => {
    const links = [...document.querySelectorAll("[data-testid=stSidebarNavLink]")];
    const link = links.find((one) => one.innerText.trim().endsWith(title));
    const from = performance.now();
    link.click();
    return until(title, from);
  };
  const answers = [];
  // After the frame that follows the event: its animation callbacks and its paint are then over.
  const listen = (kinds) => kinds.forEach((kind) => window.addEventListener(kind, (event) => {
    const began = event.timeStamp;
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => answers.push(performance.now() - began);
      channel.port2.postMessage(null);
    });
  }, { capture: true, passive: true }));
  return { editor, comparator, until, choose, listen, answers };
})();
"""


# ------------------------------------------------------------------------------ the record


def enlarged(source: Path, folder: Path) -> Path:
    """Write a photo of the demo study at 12 megapixels with the noise of a sensor."""
    target = folder / source.name
    if not target.exists():
        picture = Image.open(source).resize(LARGE, Image.Resampling.BICUBIC)
        grain = np.random.default_rng(1).normal(0, NOISE, (*LARGE[::-1], 1)).astype(np.float32)
        pixels = np.clip(np.asarray(picture, np.float32) + grain, 0, 255).astype(np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, format="JPEG", quality=92)
        target.write_bytes(buffer.getvalue())
    return target


def large_photos(folder: Path) -> tuple[DemoPhoto, ...]:
    """Return the demo study at 12 megapixels, two of its patients as one."""
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(
        replace(photo, path=enlarged(photo.path, folder), pseudonym=PATIENTS[photo.pseudonym])
        for photo in demo_photos()
    )


def furnish(home: Path) -> None:
    """Make the record, or finish one that was begun."""
    home.mkdir(parents=True, exist_ok=True)
    with Store.open(home / "record") as store:
        if store.has_owner():
            owner = store.authenticate("owner", PASSWORD)
        else:
            owner = store.create_owner("owner", "Clinic Owner", PASSWORD)
        seed(store, owner, photos=large_photos(home / "photos"), progress=_told)
        if not store.campaigns(owner):
            start_reading(store, owner)


def _told(doing: str, done: int, many: int) -> None:
    print(f"{done} of {many}: {doing}", flush=True)


def start_reading(store: Store, owner: Reader) -> None:
    """Release the photos and start a campaign in which one case is discordant."""
    one, two, third = (
        store.add_account(owner, name, f"Reader {name}", Role.ADJUDICATOR, PASSWORD)
        for name in ("one", "two", "three")
    )
    visits = [v for p in store.patients(owner) for v in store.visits(owner, p.patient.id)]
    for photo in (p for visit in visits for p in store.photos(owner, visit.id)):
        pixels = read_photo(store.original(owner, photo.id)).pixels
        store.release_photo(owner, photo.id, blinded_view(pixels))
    plan = CampaignPlan(
        name="Speed", design=ReadDesign.SINGLE, unit=CaseUnit.SITE,
        asked=(Asked.CDASI, Asked.BSA), readers=(one.id, two.id), third_reader=third.id, seed=7,
    )  # fmt: skip
    sites = [(visit.id, list({p.site for p in store.photos(owner, visit.id)})) for visit in visits]
    campaign = store.start_campaign(owner, plan, sites)
    disagree(store, owner, campaign.id)


def disagree(store: Store, owner: Reader, campaign_id: int) -> None:
    """Let both readers lock the first case, three levels apart."""
    binder = store.campaign_binder(owner, campaign_id)
    first = binder.slots[0].case_id
    for name, level in (("one", 0), ("two", 3)):
        reader = store.authenticate(name, PASSWORD)
        for slot in binder.slots:
            if (slot.case_id, slot.account_id) == (first, reader.id):
                case = store.blind_case(reader, slot.code)
                answers = {item.key: min(level, len(item.levels) - 1) for item in case.items}
                scores = {pane: Scores(answers, 1.0 + level) for pane in case.panes}
                store.lock_case(reader, slot.code, PASSWORD, scores=scores)


# ------------------------------------------------------------------------------ the server


@contextmanager
def served(home: Path, port: int) -> Iterator[tuple[str, int]]:
    """Serve the app from a record until the end of the block."""
    command = (
        "from lesionscope.cli import commands; import sys; "
        f"sys.argv = ['lesionscope', 'serve', '--port', '{port}', '--no-browser']; commands()"
    )
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-c", command],
            env={**os.environ, "LESIONSCOPE_HOME": str(home / "record")},
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        url = f"http://127.0.0.1:{port}"
        try:
            _await_health(url, process)
            yield url, process.pid
            log.seek(0)
            if b"Traceback" in (said := log.read()):
                raise SystemExit(f"a page failed: {said.decode()[-3000:]}")
        finally:
            process.terminate()
            process.wait(20)


def _await_health(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 240
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=2).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit(f"the server at {url} did not start")


def processor_seconds(first: int) -> float:
    """Return what a process and all that it started have spent, on Linux; 0 elsewhere."""
    parents, spent = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        parents[int(path.parent.name)] = int(state[1])
        spent[int(path.parent.name)] = sum(map(int, state[11:13])) / os.sysconf("SC_CLK_TCK")
    total = 0.0
    for process in spent:
        ancestor = process
        while ancestor not in (first, 0):
            ancestor = parents.get(ancestor, 0)
        total += spent[process] if ancestor == first else 0.0
    return total


def child_named(name: str) -> int:
    """Return the process of this name that this one started, itself or through another."""
    parents, found = {}, []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            number, _, rest = path.read_text().partition(" ")
        except OSError:
            continue
        called, _, state = rest.rpartition(")")
        parents[int(number)] = int(state.split()[1])
        if called.strip("( ").startswith(name):
            found.append(int(number))
    for process in sorted(found):
        ancestor = parents[process]
        while ancestor not in (os.getpid(), 0):
            ancestor = parents.get(ancestor, 0)
        if ancestor == os.getpid():
            return process
    return 0


# ------------------------------------------------------------------------------ measuring


@dataclass
class Opened:
    """What opening one page took, a value a time: seconds; the first is left out of the rest."""

    stages: list[tuple[float, float, float]] = field(default_factory=list)
    server: list[float] = field(default_factory=list)
    browser: list[float] = field(default_factory=list)


class Visitor:
    """Somebody signed in, in a tab of Chromium."""

    def __init__(self, page: Page, url: str, server: int, browser: int):
        self.page, self.url, self.server, self.browser = page, url, server, browser
        self.opened: dict[tuple[str, str], Opened] = {}

    def enter(self, place: dict[str, Any]) -> None:
        """Sign in, with a visit open."""
        self.page.goto(self.url)
        self.page.evaluate(
            "kept => sessionStorage.setItem('lesionscope.session', kept)", json.dumps(place)
        )
        self._addressed("My account", "my_account")

    def by_address(self, title: str, path: str) -> None:
        """Open a page by its address."""
        self._timed((title, "address"), lambda: self._addressed(title, path))

    def _addressed(self, title: str, path: str) -> Any:
        self.page.goto(f"{self.url}/{path}", wait_until="commit")
        return self.page.evaluate("title => window.benchmark.until(title, 0)", title)

    def by_menu(self, title: str) -> None:
        """Open a page from the menu."""
        self._timed(
            (title, "menu"),
            lambda: self.page.evaluate("title => window.benchmark.choose(title)", title),
        )

    def _timed(self, name: tuple[str, str], act: Any) -> None:
        before = processor_seconds(self.server), processor_seconds(self.browser)
        took = act()
        if took is None:
            self.page.screenshot(path=f"{tempfile.gettempdir()}/did_not_open.png")
            raise SystemExit(f"{name[0]} did not open within a minute")
        print(f"{name[0]}, by {name[1]}: {took[2] / 1000:.2f} s", flush=True)
        kept = self.opened.setdefault(name, Opened())
        kept.stages.append(tuple(part / 1000 for part in took))
        kept.server.append(processor_seconds(self.server) - before[0])
        kept.browser.append(processor_seconds(self.browser) - before[1])

    def answers(self, element: str, acts: dict[str, Any]) -> dict[str, list[float]]:
        """Return the milliseconds from each input to the frame that shows what it did."""
        kinds = ["keydown", "wheel", "pointermove", "pointerdown"]
        self.page.evaluate("kinds => window.benchmark.listen(kinds)", kinds)
        box = self.page.evaluate(
            f"(() => {{ const b = window.benchmark.{element}().stage.getBoundingClientRect();"
            "return [b.left + b.width / 4, b.top + b.height / 2]; })()"
        )
        took = {}
        for name, act in acts.items():
            self.page.mouse.move(*box)
            self.page.wait_for_timeout(400)
            self.page.evaluate("window.benchmark.answers.length = 0")
            for turn in range(30):
                act(self.page, box, turn)
                self.page.wait_for_timeout(40)
            self.page.wait_for_timeout(300)
            took[name] = list(self.page.evaluate("window.benchmark.answers"))
        return took


def key(*names: str) -> Any:
    """Press one key after the other, one each time."""
    return lambda page, _box, turn: page.keyboard.press(names[turn % len(names)])


def wheel(page: Page, _box: list[float], turn: int) -> None:
    """Zoom in, then out."""
    page.mouse.wheel(0, -60 if turn < 15 else 60)


def drag(page: Page, box: list[float], turn: int) -> None:
    """Draw on with the button held."""
    if turn == 0:
        page.mouse.down()
    page.mouse.move(box[0] + 5 * turn, box[1] + 3 * (turn % 10))
    if turn == 29:
        page.mouse.up()


COMPARATOR_ACTS = {
    "wheel zoom": wheel,
    "drag": drag,
    "arrow keys": key("ArrowRight", "ArrowLeft"),
    "slider by key": key("2", ".", ".", ","),
    "blink by hand": key("4", "Space"),
    "change map and back": key("5", "1"),
    "same light and raw": key("w"),
    "outlines": key("o"),
}
EDITOR_ACTS = {
    "wheel zoom": wheel,
    "brush": drag,
    "undo and redo": key("Control+z", "Control+Shift+z"),
    "outline only": key("o"),
}


def share(values: list[float], part: float) -> float:
    """Return the value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(part * len(ordered) + 0.5) - 1))]


# ------------------------------------------------------------------------------ the run


def places_of(home: Path) -> tuple[list[dict[str, Any]], dict[str, Any], list[str]]:
    """Open a session of the owner at every photo, and of the third reader; cases of the first."""
    with Store.open(home / "record") as store:
        owner = store.authenticate("owner", PASSWORD)
        token = store.open_session(owner)
        places = [
            {"token": token, "patient_id": p.patient.id, "visit_id": v.id, "photo_id": photo.id}
            for p in store.patients(owner)
            for v in store.visits(owner, p.patient.id)
            for photo in store.photos(owner, v.id)
        ]
        reader = store.authenticate("one", PASSWORD)
        codes = [line.code for line in store.my_cases(reader)]
        blind = {"token": store.open_session(reader)}
    # Visit after visit, so that no two rounds in a row show the same photos.
    return places[::5] + places[1::5] + places[2::5] + places[3::5], blind, codes


def watch_owner(visitor: Visitor, home: Path, chosen: argparse.Namespace) -> None:
    """Open every page of the owner, by menu and by address, round after round."""
    places, _, _ = places_of(home)
    listed = [one for one in OWNER_PAGES if not chosen.only or one[0] in chosen.only]
    for turn in range(chosen.rounds + 1):
        visitor.enter(places[turn % len(places)])
        for title, path in listed:
            visitor.by_address(title, path)
        visitor.page.goto(f"{visitor.url}/about")
        visitor.page.evaluate("window.benchmark.until('About', 0)")
        for title, _ in listed if listed[-1][0] != "About" else listed[:-1]:
            visitor.by_menu(title)
        print(f"round {turn} of {chosen.rounds}", flush=True)


def watch_blind(visitor: Visitor, home: Path, chosen: argparse.Namespace) -> None:
    """Open the pages of a blinded reader, and one case after the other."""
    _, blind, codes = places_of(home)
    listed = [one for one in BLIND_PAGES if not chosen.only or one[0] in chosen.only]
    visitor.enter(blind)
    for turn in range(chosen.rounds + 1):
        for title, path in listed:
            visitor.by_address(title, path)
            if path == "cases":
                code = codes[turn % len(codes)]
                visitor._timed(
                    ("A blinded case", "address"),
                    lambda code=code: visitor._addressed("Blinded cases", f"cases?case={code}"),
                )


def table_of(opened: dict[tuple[str, str], Opened]) -> list[str]:
    """Write the times of all pages."""
    lines = [
        "| page | opened by | heading, median s | photos seen, median s | open, median s | p95 s "
        "| worst s | first time s | server, processor s | browser, processor s | under 1 s |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for (title, how), one in opened.items():
        rest = one.stages[1:] or one.stages
        heads, seen, ready = ([stage[i] for stage in rest] for i in range(3))
        p95 = share(ready, 0.95)
        cells = (
            statistics.median(heads), statistics.median(seen), statistics.median(ready), p95,
            max(ready), one.stages[0][2], statistics.median(one.server[1:] or one.server),
            statistics.median(one.browser[1:] or one.browser),
        )  # fmt: skip
        kept = "yes" if p95 < LIMIT_S else "NO"
        lines.append(f"| {title} | {how} | {' | '.join(f'{c:.2f}' for c in cells)} | {kept} |")
    return lines


def answer_table(found: dict[str, dict[str, list[float]]]) -> list[str]:
    """Write how fast the components answered."""
    lines = [
        "| answers | input | n | median ms | p95 ms | worst ms | p95 under 50 ms |",
        "|---|---|---|---|---|---|---|",
    ]
    for where, kinds in found.items():
        for name, values in kinds.items():
            p95 = share(values, 0.95)
            cells = f"{statistics.median(values):.0f} | {p95:.0f} | {max(values):.0f}"
            kept = "yes" if p95 < LIMIT_MS else "NO"
            lines.append(f"| {where} | {name} | {len(values)} | {cells} | {kept} |")
    return lines


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--home", type=Path, required=True, help="folder of the record")
    asked.add_argument("--rounds", type=int, default=20)
    asked.add_argument("--port", type=int, default=8771)
    asked.add_argument("--only", nargs="*", default=[], help="headings of pages")
    asked.add_argument("--forget", action="store_true", help="empty what was computed before")
    asked.add_argument("--out", type=Path, help="also write the tables here")
    chosen = asked.parse_args()
    furnish(chosen.home)
    if chosen.forget:
        shutil.rmtree(chosen.home / "record" / "computed", ignore_errors=True)
    executable = next(filter(None, map(shutil.which, CHROMIUM)), None)
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    begun = os.getloadavg()[0]
    answered: dict[str, dict[str, list[float]]] = {}
    with served(chosen.home, chosen.port) as (url, server), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=flags)
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.set_default_timeout(120_000)
        page.add_init_script(WATCH)
        visitor = Visitor(page, url, server, child_named("chrom"))
        watch_owner(visitor, chosen.home, chosen)
        for element, path, title, acts in (
            ("comparator", "comparator", "Compare", COMPARATOR_ACTS),
            ("editor", "read", "Read", EDITOR_ACTS),
        ):
            if not chosen.only or title in chosen.only:
                visitor._addressed(title, path)
                page.wait_for_timeout(1500)
                answered[title] = visitor.answers(element, acts)
        watch_blind(visitor, chosen.home, chosen)
        browser.close()
    lines = [
        f"{date.today():%d %B %Y}, {chosen.rounds} openings a page after the first, 24 photos of "
        f"{LARGE[0]} x {LARGE[1]} pixels, {os.cpu_count()} cores, load average {begun:.1f} before "
        f"and {os.getloadavg()[0]:.1f} after.",
        "", *table_of(visitor.opened), "", *answer_table(answered),
    ]  # fmt: skip
    print("\n".join(lines))
    if chosen.out:
        chosen.out.write_text("# Page speed\n\n" + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
