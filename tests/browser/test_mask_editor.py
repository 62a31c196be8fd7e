"""The mask editor in Chromium: real pointers and keys, compared pixel for pixel.

The expected masks are made here by brute force from the positions that the test moved to, in
whole-number arithmetic; nothing of the editor's rasteriser is used.
"""

from __future__ import annotations

import base64
import contextlib
import io
import itertools
import json
import math
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from lesionscope.pages.components.mask_editor import decode_runs, encode_runs

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
SCRIPT = Path(__file__).parents[2] / "lesionscope" / "pages" / "components" / "mask_editor.js"
Pixel = tuple[int, int]
Mask = NDArray[np.bool_]

_CASES = (f"case{number}" for number in itertools.count())


# ---- expected masks, by brute force


def stroke(mask: Mask, pixels: Sequence[Pixel], diameter: int, value: bool) -> Mask:
    """Cover what lies within half a diameter of the lines between pixel centres."""
    out = mask.copy()
    for (ax, ay), (bx, by) in zip([pixels[0], *pixels], pixels, strict=False):
        reach = diameter // 2 + 1
        top, bottom = max(min(ay, by) - reach, 0), min(max(ay, by) + reach + 1, mask.shape[0])
        left, right = max(min(ax, bx) - reach, 0), min(max(ax, bx) + reach + 1, mask.shape[1])
        if top >= bottom or left >= right:
            continue
        y, x = np.mgrid[top:bottom, left:right].astype(np.int64)
        dx, dy = bx - ax, by - ay
        square = dx * dx + dy * dy
        along = (x - ax) * dx + (y - ay) * dy
        from_a = (x - ax) ** 2 + (y - ay) ** 2
        from_b = (x - bx) ** 2 + (y - by) ** 2
        across = ((x - ax) * dy - (y - ay) * dx) ** 2
        beside = 4 * across <= diameter**2 * square
        near = np.where(along <= 0, 4 * from_a <= diameter**2, beside)
        near = np.where(along >= square, 4 * from_b <= diameter**2, near)
        out[top:bottom, left:right][near] = value
    return out


def area(mask: Mask, corners: Sequence[Pixel], value: bool) -> Mask:
    """Cover the pixel centres that the outline winds around."""
    xs, ys = zip(*corners, strict=True)
    top, bottom = max(min(ys), 0), min(max(ys), mask.shape[0])
    left, right = max(min(xs), 0), min(max(xs), mask.shape[1])
    y, x = np.mgrid[top:bottom, left:right].astype(np.int64)
    x, y = 2 * x + 1, 2 * y + 1
    winding = np.zeros(x.shape, np.int64)
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
        turn = 1 if ay < by else -1
        upper, lower = sorted([(2 * ay, 2 * ax), (2 * by, 2 * bx)])
        crossed = (upper[0] < y) & (y < lower[0])
        dy, dx = lower[0] - upper[0], lower[1] - upper[1]
        winding += turn * (crossed & (x * dy > upper[1] * dy + (y - upper[0]) * dx))
    out = mask.copy()
    out[top:bottom, left:right][winding != 0] = value
    return out


def blob(width: int, height: int) -> Mask:
    y, x = np.mgrid[0:height, 0:width]
    return np.hypot(x - 0.35 * width, y - 0.4 * height) < 0.12 * height


# ---- the editor on a page


class OpenEditor:
    """What a test does to the editor, and what it reads from it."""

    def __init__(self, page: Any, key: str, record: Path) -> None:
        self.page, self.key, self.record = page, key, record
        self.ready()
        page.mouse.move(*self.at(0.5, 0.5))

    def ready(self) -> None:
        self.page.wait_for_selector(".editor .area")
        self.page.wait_for_function(
            f"() => {EDITOR} && {EDITOR}.ready && {EDITOR}.painter.frame === 0"
        )

    def ask(self, expression: str) -> Any:
        return self.page.evaluate(f"() => {{ const editor = {EDITOR}; return {expression}; }}")

    def stage(self) -> dict[str, float]:
        return self.ask(
            "(({x, y, scale}, box) => ({x, y, scale, left: box.left, top: box.top,"
            " width: box.width, height: box.height}))"
            "(editor.view, editor.stage.getBoundingClientRect())"
        )

    def at(self, across: float, down: float) -> Pixel:
        """A whole client position at a share of the photo."""
        s = self.stage()
        width, height = self.ask("[editor.view.width, editor.view.height]")
        return (
            round(s["left"] + s["x"] + across * width * s["scale"]),
            round(s["top"] + s["y"] + down * height * s["scale"]),
        )

    def images(self, places: Iterable[Pixel]) -> list[tuple[float, float]]:
        s = self.stage()
        return [
            ((x - s["left"] - s["x"]) / s["scale"], (y - s["top"] - s["y"]) / s["scale"])
            for x, y in places
        ]

    def pixels(self, places: Iterable[Pixel]) -> list[Pixel]:
        return [(math.floor(x), math.floor(y)) for x, y in self.images(places)]

    def corners(self, places: Iterable[Pixel]) -> list[Pixel]:
        return [(math.floor(x + 0.5), math.floor(y + 0.5)) for x, y in self.images(places)]

    @property
    def diameter(self) -> int:
        return int(self.ask("editor.diameter"))

    def mask(self) -> Mask:
        """The browser's own mask, eight pixels a byte."""
        width, height, text = self.ask(
            """(() => {
              const { cells, width, height } = editor.mask;
              const bytes = new Uint8Array(Math.ceil(cells.length / 8));
              for (let i = 0; i < cells.length; i++) bytes[i >> 3] |= cells[i] << (7 - (i & 7));
              let text = "";
              for (let i = 0; i < bytes.length; i += 32768)
                text += String.fromCharCode.apply(null, bytes.subarray(i, i + 32768));
              return [width, height, btoa(text)];
            })()"""
        )
        bits = np.unpackbits(np.frombuffer(base64.b64decode(text), np.uint8))
        return bits[: width * height].reshape(height, width).astype(np.bool_)

    def draw(self, places: Sequence[Pixel], *, shift: bool = False) -> None:
        mouse = self.page.mouse
        if shift:
            self.page.keyboard.down("Shift")
        mouse.move(*places[0])
        mouse.down()
        for place in places[1:]:
            mouse.move(*place)
        mouse.up()
        if shift:
            self.page.keyboard.up("Shift")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def await_state(self, words: str) -> None:
        self.page.wait_for_function(
            f"words => {EDITOR}.find('.state-text').textContent === words", arg=words
        )

    def save(self) -> Mask:
        """Press Save and return what Python had in its hands."""
        kept = self.record / f"{self.key}.npy"
        before = kept.stat().st_mtime_ns if kept.exists() else 0
        self.page.click("button[data-act=save]")
        self.await_state("Saved")
        until = time.monotonic() + 20
        while not kept.exists() or kept.stat().st_mtime_ns == before:
            assert time.monotonic() < until, "the page had no mask to keep"
            time.sleep(0.05)
        self.page.wait_for_timeout(100)
        return np.load(kept)

    def saves(self) -> int:
        log = self.record / f"{self.key}.log"
        return len(log.read_text().splitlines()) if log.exists() else 0

    def reload(self) -> None:
        self.page.wait_for_timeout(500)
        self.page.reload()
        self.ready()


EDITOR = (
    "document.querySelector('[data-testid=stBidiComponentIsolated]')"
    "?.shadowRoot?.querySelector('.editor')?.maskEditor"
)

Opened = Callable[..., OpenEditor]


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("record")


@pytest.fixture(scope="module")
def url(serve: Callable[..., str], record: Path) -> str:
    return serve(HERE / "pages" / "mask_editor_page.py", {"MASK_EDITOR_RECORD": str(record)})


@pytest.fixture
def opened(open_page: Callable[..., Any], url: str, record: Path) -> Iterator[Opened]:
    pages = []

    def start(photo: str = "1600x1200", query: str = "", **options: Any) -> OpenEditor:
        key = next(_CASES)
        options.setdefault("warm", "has_touch" not in options and "color_scheme" not in options)
        page = open_page(f"{url}/?size={photo}&key={key}{query}", **options)
        if options["warm"]:
            pages.append(page)
        return OpenEditor(page, key, record)

    yield start
    if pages:
        # The next test starts with the brush, whatever this one chose.
        pages[-1].evaluate("localStorage.clear()")


# ---- strokes


def test_brush_and_eraser_give_the_same_pixels_here_there_and_by_brute_force(
    opened: Opened,
) -> None:
    editor = opened()
    start = editor.mask()
    assert np.array_equal(start, blob(1600, 1200))
    line = [editor.at(a, d) for a, d in ((0.3, 0.3), (0.5, 0.35), (0.7, 0.6), (0.55, 0.9))]
    editor.draw(line)
    want = stroke(start, editor.pixels(line), editor.diameter, True)
    assert np.array_equal(editor.mask(), want)
    editor.press("e", "]", "]")
    cut = [editor.at(0.2, 0.45), editor.at(0.6, 0.3)]
    editor.draw(cut)
    want = stroke(want, editor.pixels(cut), editor.diameter, False)
    editor.await_state("2 unsaved strokes")
    assert np.array_equal(editor.save(), want)
    assert np.array_equal(editor.mask(), want)
    assert editor.page.inner_text(".area") == f"{want.sum() * 0.0004:.1f} cm²"


def test_twelve_megapixels_by_pen(opened: Opened) -> None:
    editor = opened("4000x3000")
    want = editor.mask()
    pen = editor.page.context.new_cdp_session(editor.page)

    def move(kind: str, place: Pixel, button: str = "left", buttons: int = 1) -> None:
        position = {"x": place[0], "y": place[1], "pointerType": "pen", "force": 0.6}
        event = {"type": kind, "button": button, "buttons": buttons, "clickCount": 1}
        pen.send("Input.dispatchMouseEvent", {**event, **position})

    for step in range(3):
        line = [editor.at(0.2 + 0.06 * i, 0.2 + 0.2 * step + 0.02 * (i % 3)) for i in range(9)]
        move("mousePressed", line[0])
        for place in line[1:]:
            move("mouseMoved", place)
        move("mouseReleased", line[-1])
        want = stroke(want, editor.pixels(line), editor.diameter, True)
    assert editor.ask("editor.penSeen") is True
    saved = editor.save()
    assert saved.shape == (3000, 4000)
    assert np.array_equal(saved, want)
    assert np.array_equal(editor.mask(), want)


def test_shift_turns_the_brush_into_an_eraser_and_back(opened: Opened) -> None:
    editor = opened()
    want = editor.mask()
    line = [editor.at(0.3, 0.4), editor.at(0.4, 0.42)]
    editor.draw(line, shift=True)
    want = stroke(want, editor.pixels(line), editor.diameter, False)
    assert np.array_equal(editor.mask(), want)
    editor.press("e")
    editor.draw(line, shift=True)
    want = stroke(want, editor.pixels(line), editor.diameter, True)
    assert np.array_equal(editor.mask(), want)


def test_a_lasso_that_crosses_itself_has_no_hole(opened: Opened) -> None:
    editor = opened(query="&blob=0")
    editor.press("l")
    turns = [k / 24 * 2 * math.pi * 2 for k in range(49)]
    loop = [
        editor.at(0.5 + 0.1 * (1 + t / 9) * math.cos(t), 0.5 + 0.13 * math.sin(t)) for t in turns
    ]
    editor.draw(loop)
    want = area(np.zeros((1200, 1600), np.bool_), editor.corners(loop), True)
    assert want.sum() > 50_000
    assert np.array_equal(editor.mask(), want)
    editor.press("x")
    bite = [editor.at(a, d) for a, d in ((0.5, 0.5), (0.7, 0.45), (0.68, 0.7), (0.52, 0.62))]
    editor.draw(bite)
    want = area(want, editor.corners(bite), False)
    assert np.array_equal(editor.save(), want)


def test_a_polygon_by_clicks_takes_points_back_and_closes_on_the_first(opened: Opened) -> None:
    editor = opened(query="&blob=0")
    editor.press("p")
    places = [editor.at(a, d) for a, d in ((0.3, 0.3), (0.7, 0.25), (0.75, 0.7), (0.4, 0.8))]
    for place in places:
        editor.page.mouse.click(*place)
    editor.page.mouse.click(*editor.at(0.1, 0.9))
    assert "5 points" in editor.page.inner_text(".notice-text")
    editor.press("Backspace")
    assert not editor.mask().any()
    editor.page.mouse.click(places[0][0] + 3, places[0][1] - 2)
    want = area(np.zeros((1200, 1600), np.bool_), editor.corners(places), True)
    assert np.array_equal(editor.mask(), want)
    for place in places[:3]:
        editor.page.mouse.click(*place)
    editor.press("Escape")
    assert np.array_equal(editor.mask(), want)
    editor.await_state("1 unsaved stroke")


# ---- clicks that the server answers


def click(editor: OpenEditor, key: str, place: Pixel) -> Pixel:
    """Click with the tool of a key, wait for the answer, and return the pixel."""
    editor.press(key)
    editor.page.mouse.click(*place)
    editor.page.wait_for_function(f"() => {EDITOR}.asked === null && {EDITOR}.painter.frame === 0")
    return editor.pixels([place])[0]


def square(mask: Mask, pixel: Pixel, value: bool) -> Mask:
    out = mask.copy()
    out[pixel[1] - 20 : pixel[1] + 20, pixel[0] - 30 : pixel[0] + 30] = value
    return out


def test_clicks_in_and_out_put_in_and_take_out_what_the_server_found(opened: Opened) -> None:
    editor = opened()
    want = editor.mask()
    before = editor.ask("[editor.view.scale, editor.header.photo]")
    want = square(want, click(editor, "g", editor.at(0.7, 0.3)), True)
    assert np.array_equal(editor.mask(), want)
    added = want
    want = square(want, click(editor, "d", editor.at(0.35, 0.4)), False)
    assert np.array_equal(editor.mask(), want)
    editor.await_state("2 unsaved strokes")
    assert editor.ask("editor.tool") == "drop"
    assert editor.ask("[editor.view.scale, editor.header.photo]") == before
    assert editor.page.get_by_text("Run 1", exact=True).is_visible(), "the page ran for a click"
    editor.press("Control+z")
    assert np.array_equal(editor.mask(), added)
    editor.press("Control+z", "Control+y", "Control+y")
    assert np.array_equal(editor.mask(), want)
    assert np.array_equal(editor.save(), want)
    assert editor.ask("editor.tool") == "drop"


def test_where_nothing_grows_the_editor_says_so(opened: Opened) -> None:
    editor = opened()
    start = editor.mask()
    click(editor, "g", editor.at(0.03, 0.5))
    assert "Nothing with an edge" in editor.page.inner_text(".notice-text")
    assert np.array_equal(editor.mask(), start)
    editor.await_state("No changes")


def test_shift_turns_a_click_in_into_a_click_out(opened: Opened) -> None:
    editor = opened()
    start = editor.mask()
    editor.page.keyboard.down("Shift")
    pixel = click(editor, "G", editor.at(0.35, 0.4))
    editor.page.keyboard.up("Shift")
    assert np.array_equal(editor.mask(), square(start, pixel, False))


def test_clear_skin_is_a_step_like_any_other_and_is_saved(opened: Opened) -> None:
    editor = opened()
    start = editor.mask()
    x, y = click(editor, "c", editor.at(0.8, 0.6))
    want = start.copy()
    want[y:, :800], want[y:, 800:] = True, False
    assert np.array_equal(editor.mask(), want)
    assert editor.ask("editor.clearSkin") == [x, y]
    editor.press("Control+z")
    assert editor.ask("editor.clearSkin") is None
    assert np.array_equal(editor.mask(), start)
    editor.press("Control+y")
    assert np.array_equal(editor.save(), want)
    assert json.loads((editor.record / f"{editor.key}.json").read_text())["clear_skin"] == [x, y]
    assert editor.ask("editor.header.clear_skin") == [x, y]
    editor.press("Control+z")
    editor.await_state("1 unsaved stroke")
    editor.page.click("button[data-act=save]")
    editor.await_state("Saved")
    assert editor.ask("editor.header.clear_skin") is None


def test_a_click_by_keyboard_alone(opened: Opened) -> None:
    editor = opened()
    start = editor.mask()
    editor.page.focus(".stage")
    editor.press("g", "Shift+ArrowRight", "Enter")
    editor.page.wait_for_function(f"() => {EDITOR}.asked === null")
    caret = editor.ask("editor.caret")
    assert np.array_equal(editor.mask(), square(start, (caret["x"], caret["y"]), True))


def test_the_ruler_hand_is_chosen_by_a_click(opened: Opened) -> None:
    editor = opened()
    editor.draw([editor.at(0.6, 0.6), editor.at(0.8, 0.6)])
    drawn = editor.mask()
    assert editor.ask("editor.header.ruler_hand") == 0
    editor.press("r")
    editor.page.mouse.click(*editor.at(0.78, 0.82))
    editor.page.wait_for_function(f"() => {EDITOR}.header.ruler_hand === 1")
    assert editor.page.inner_text(".notice-text") == "Hand 2 is the ruler."
    assert np.array_equal(editor.mask(), drawn)
    assert editor.ask("editor.tool") == "ruler"


def test_a_lost_answer_does_not_stop_the_editor(opened: Opened) -> None:
    editor = opened()
    # From here on nothing that the editor asks leaves it.
    editor.ask("(window.dispatchEvent = () => true, 0)")
    editor.press("g")
    editor.page.mouse.click(*editor.at(0.7, 0.3))
    editor.await_state("Growing…")
    editor.ask("editor.unanswered(editor.asked.id)")
    assert "has not answered" in editor.page.inner_text(".notice-text")
    editor.press("b")
    editor.draw([editor.at(0.6, 0.6), editor.at(0.8, 0.6)])
    editor.await_state("1 unsaved stroke")


# ---- steps


def test_fifty_steps_back_and_forth_and_across_a_save(opened: Opened) -> None:
    editor = opened(query="&blob=0")
    masks = [editor.mask()]
    for k in range(6):
        editor.draw([editor.at(0.1 + 0.12 * k, 0.2), editor.at(0.1 + 0.12 * k, 0.7)])
        masks.append(editor.mask())
    editor.save()
    for k in (5, 4, 3):
        editor.press("Control+z")
        assert np.array_equal(editor.mask(), masks[k])
    editor.await_state("3 unsaved strokes")
    editor.press("Control+y", "Control+y", "Control+Shift+Z")
    assert np.array_equal(editor.mask(), masks[6])
    editor.await_state("Saved")
    editor.press("Control+z", "Control+z")
    editor.draw([editor.at(0.9, 0.2), editor.at(0.9, 0.7)])
    editor.await_state("3 unsaved strokes")
    assert editor.page.is_disabled("button[data-act=redo]")
    for k in range(60):
        editor.draw([editor.at(0.05 + 0.015 * k, 0.9)])
    for _ in range(70):
        editor.press("Control+z")
    assert editor.ask("editor.history.steps.length") == 50
    assert editor.ask("editor.history.cursor") == 0
    assert editor.ask("editor.mask.changed") == int((editor.mask() ^ masks[6]).sum())


def test_discard_returns_to_the_saved_outline_and_can_be_undone(opened: Opened) -> None:
    editor = opened()
    editor.draw([editor.at(0.6, 0.6), editor.at(0.8, 0.6)])
    drawn = editor.mask()
    editor.page.click("button[data-act=discard]")
    assert np.array_equal(editor.mask(), blob(1600, 1200))
    editor.await_state("No changes")
    assert editor.page.is_disabled("button[data-act=save]")
    editor.press("Control+z")
    assert np.array_equal(editor.mask(), drawn)
    editor.await_state("1 unsaved stroke")


# ---- the view


def test_a_stroke_after_zoom_and_pan_lands_where_it_is_seen(opened: Opened) -> None:
    editor = opened(query="&blob=0")
    page = editor.page
    page.mouse.move(*editor.at(0.756, 0.758))
    for _ in range(8):
        page.mouse.wheel(0, -200)
    page.keyboard.down("Space")
    page.mouse.down()
    x, y = editor.at(0.756, 0.758)
    page.mouse.move(x - 130, y - 70, steps=4)
    page.mouse.up()
    page.keyboard.up("Space")
    assert not editor.mask().any()
    editor.press("o")
    page.wait_for_timeout(200)
    seen = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB")).astype(int)
    blue = (seen[..., 2] > 200) & (seen[..., 0] < 60) & (seen[..., 1] < 60)
    rows, columns = np.nonzero(blue)
    assert rows.size > 400, "the blue square is not in view"
    editor.ask("editor.setDiameter(1)")
    editor.draw([(int(columns.mean()), int(rows.mean()))])
    down, across = np.nonzero(editor.mask())
    assert len(down) == 1
    # The square covers 20 pixels from (1200, 900); its middle is between pixels 9 and 10.
    assert abs(across[0] - 1209.5) <= 1.5
    assert abs(down[0] - 909.5) <= 1.5
    top_left = (int(columns.min()), int(rows.min()))
    editor.draw([top_left])
    down, across = np.nonzero(editor.mask())
    assert abs(across.min() - 1200) <= 1
    assert abs(down.min() - 900) <= 1


def test_the_overlay_on_the_screen_is_the_mask(opened: Opened) -> None:
    editor = opened()
    editor.page.mouse.move(5, 5)
    s = editor.stage()
    bare = editor.page.locator(".stage")
    shown = editor.page.screenshot()
    editor.page.focus(".stage")
    editor.page.keyboard.down("h")
    assert "bare" in (bare.get_attribute("class") or "")
    editor.page.wait_for_timeout(100)
    hidden = editor.page.screenshot()
    editor.page.keyboard.up("h")
    assert "bare" not in (bare.get_attribute("class") or "")
    a, b = (
        np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)
        for shot in (shown, hidden)
    )
    top, left = math.ceil(s["top"]) + 12, math.ceil(s["left"] + s["x"]) + 4
    differs = (np.abs(a - b).sum(axis=2) > 12)[top : top + 380, left : left + 500]
    y, x = np.mgrid[top : top + 380, left : left + 500] + 0.5
    columns = np.floor((x - s["left"] - s["x"]) / s["scale"]).astype(int)
    rows = np.floor((y - s["top"] - s["y"]) / s["scale"]).astype(int)
    inside = blob(1600, 1200)[rows, columns]
    assert inside.sum() > 5_000
    assert differs[inside].mean() == 1.0
    # Outside only the dark rim of the outline, two device pixels wide.
    assert (differs & ~inside).sum() < 0.15 * inside.sum()


def test_a_stroke_repaints_its_own_rectangle_only(opened: Opened) -> None:
    editor = opened("4000x3000")
    start, end = editor.at(0.6, 0.6), editor.at(0.65, 0.6)
    editor.page.mouse.move(*start)
    before = editor.ask("editor.painter.repainted")
    editor.draw([start, end])
    editor.page.wait_for_timeout(200)
    painted = editor.ask("editor.painter.repainted") - before
    whole = editor.ask("editor.painter.image.width * editor.painter.image.height")
    assert 0 < painted < 0.1 * whole


# ---- layers and the list of lesions


def listed(editor: OpenEditor) -> list[list[str]]:
    """What the list says: number, area, delta erythema."""
    return editor.page.eval_on_selector_all(
        ".list li button",
        "(rows) => rows.map((row) => [...row.children].map((c) => c.textContent))",
    )


def seen_at(editor: OpenEditor, across: float, down: float) -> list[int]:
    """Colour of the screen at a share of the photo."""
    x, y = editor.at(across, down)
    editor.page.mouse.move(5, 5)
    editor.page.wait_for_timeout(200)
    shot = Image.open(io.BytesIO(editor.page.screenshot())).convert("RGB")
    return list(shot.getpixel((x, y)))


def test_layers_come_once_and_only_when_asked_for(opened: Opened) -> None:
    editor = opened(query="&blob=0&layers=1")
    editor.page.evaluate(
        "() => { window.asked = 0;"
        " window.addEventListener('lesionscope-layers-ask', () => window.asked++, true) }"
    )
    plain = seen_at(editor, 0.75, 0.6)
    editor.page.focus(".stage")
    editor.press("v")
    editor.page.wait_for_function(f"() => {EDITOR}.maps && {EDITOR}.painter.frame === 0")
    # Erythema 0.75 is five eighths of the way from -0.5 to 1.5: byte 159 of the colour map.
    assert seen_at(editor, 0.75, 0.6) == pytest.approx([0xE2, 0x5E, 0x32], abs=6)
    assert seen_at(editor, 0.75, 0.95) == [43, 43, 43], "there is no skin"
    editor.page.mouse.move(*editor.at(0.5, 0.5))
    editor.page.wait_for_function(f"() => {EDITOR}.find('.here').textContent === '+0.50'")
    editor.press("v")
    editor.page.wait_for_function(f"() => {EDITOR}.find('.legend-name').textContent[0] === 'M'")
    assert seen_at(editor, 0.2, 0.75) == pytest.approx([0xE2, 0x5E, 0x32], abs=6)
    editor.press("v")
    assert seen_at(editor, 0.75, 0.6) == pytest.approx([0, 255, 0], abs=3)
    assert editor.page.is_hidden(".legend")
    editor.press("v")
    assert seen_at(editor, 0.75, 0.6) == plain
    editor.page.click("[data-layer=erythema]")
    assert editor.page.evaluate("window.asked") == 1
    assert editor.page.get_by_text("Run 1", exact=True).is_visible(), "the page ran for a layer"


def test_a_saved_outline_brings_new_layers(opened: Opened) -> None:
    editor = opened(query="&layers=1")
    editor.page.focus(".stage")
    editor.press("v")
    editor.page.wait_for_function(f"() => {EDITOR}.mapsOf")
    before = editor.ask("editor.mapsOf")
    editor.draw([editor.at(0.6, 0.6), editor.at(0.8, 0.6)])
    editor.save()
    editor.page.wait_for_function(f"() => {EDITOR}.mapsOf !== {before}")
    assert editor.ask("editor.mapsOf") == editor.mask().sum()
    assert editor.ask("editor.layer") == "erythema"


def test_a_layer_that_never_comes_gives_the_photo_back(opened: Opened) -> None:
    editor = opened(query="&layers=1")
    editor.ask("(window.addEventListener('lesionscope-layers-ask',"
               " (e) => e.stopImmediatePropagation(), true), 0)")  # fmt: skip
    editor.page.focus(".stage")
    editor.press("v")
    assert editor.page.inner_text(".busy") == "Making this layer…"
    editor.ask("editor.layersLate()")
    assert "has not sent this layer" in editor.page.inner_text(".notice-text")
    assert editor.page.is_hidden(".busy")
    assert editor.ask("[editor.layer, editor.wanted]") == ["photo", None]


def test_the_list_has_number_area_and_redness_and_finds_each_lesion(opened: Opened) -> None:
    editor = opened(query="&layers=1")
    editor.draw([editor.at(0.8, 0.2), editor.at(0.9, 0.2)])
    editor.press("i")
    editor.page.wait_for_function(f"() => {EDITOR}.maps && {EDITOR}.areas.length === 2")
    mask = editor.mask()
    left, right = mask.copy(), mask.copy()
    left[:, 1000:], right[:, :1000] = False, False
    # The right half slants by two: its skin counts twice, and both add up to the whole.
    share = left.sum() / (left.sum() + 2 * right.sum())
    whole = mask.sum() * 0.0004
    rows = listed(editor)
    assert [row[0] for row in rows] == ["1", "2"]
    assert float(rows[0][1].split()[0]) == pytest.approx(share * whole, rel=0.02)
    assert float(rows[1][1].split()[0]) == pytest.approx((1 - share) * whole, rel=0.02)
    for row, part in zip(rows, (left, right), strict=True):
        want = np.median(np.nonzero(part)[1]) / 1600
        assert float(row[2]) == pytest.approx(want, abs=0.015)
    editor.page.click("[data-area='1']")
    assert editor.page.get_attribute("[data-area='1']", "aria-current") == "true"
    x, y = editor.ask(
        "(({x, y}) => [x, y])(editor.view.toView({x: 0.85 * editor.view.width,"
        " y: 0.2 * editor.view.height}))"
    )
    stage, covered = editor.stage(), editor.ask("editor.find('.list').offsetWidth")
    assert x == pytest.approx((stage["width"] + covered) / 2, abs=4)
    assert y == pytest.approx(stage["height"] / 2, abs=4)
    editor.press("0")
    editor.draw([editor.at(0.8, 0.7), editor.at(0.9, 0.7)])
    editor.page.wait_for_function(
        f"() => {EDITOR}.section.querySelectorAll('.list li').length === 3"
    )
    editor.press("i")
    assert editor.page.is_hidden(".list")


def test_without_layers_the_list_still_counts_and_measures(opened: Opened) -> None:
    editor = opened(query="&calibrated=0")
    assert editor.page.is_hidden(".layers")
    editor.press("i")
    assert listed(editor) == [["1", f"{editor.mask().sum():,} px", "–"]]


# ---- the page around it


def test_a_rerun_of_the_page_loses_no_stroke(opened: Opened) -> None:
    editor = opened()
    editor.draw([editor.at(0.6, 0.6), editor.at(0.8, 0.6)])
    drawn = editor.mask()
    for _ in range(8):
        editor.page.get_by_role("slider", name="Another widget").press("ArrowRight")
    editor.page.get_by_text(re.compile(r"^Run ([2-9]|\d\d)$")).wait_for()
    editor.page.wait_for_timeout(500)
    assert np.array_equal(editor.mask(), drawn)
    editor.await_state("1 unsaved stroke")
    editor.page.focus(".stage")
    editor.press("Control+z")
    assert np.array_equal(editor.mask(), blob(1600, 1200))


def test_closing_and_opening_the_editor_loses_no_stroke(opened: Opened) -> None:
    editor = opened()
    editor.draw([editor.at(0.6, 0.6), editor.at(0.8, 0.6)])
    drawn = editor.mask()
    editor.page.get_by_text("Close the editor").click()
    editor.page.wait_for_selector(".editor", state="detached")
    editor.page.get_by_text("Close the editor").click()
    editor.ready()
    assert np.array_equal(editor.mask(), drawn)
    editor.await_state("1 unsaved stroke")


def test_saved_is_said_only_when_the_record_has_it(opened: Opened) -> None:
    editor = opened(query="&forget=1")
    editor.draw([editor.at(0.6, 0.6), editor.at(0.8, 0.6)])
    drawn = editor.mask()
    editor.press("Control+s")
    editor.page.wait_for_function(f"() => {EDITOR}.header.received === {EDITOR}.pending.id")
    assert editor.saves() == 1
    editor.await_state("Saving…")
    editor.reload()
    assert np.array_equal(editor.mask(), drawn)
    editor.await_state("1 unsaved stroke")


def test_keys_of_the_editor_are_not_the_pages(opened: Opened) -> None:
    editor = opened()
    editor.page.focus(".stage")
    editor.press("r", "c")
    editor.page.wait_for_timeout(800)
    assert editor.page.get_by_text("Run 1", exact=True).is_visible()
    assert editor.page.get_by_role("dialog").filter(has_text="Clear caches").count() == 0
    # The same key outside the editor is the page's: it runs again.
    editor.ask("document.activeElement.blur()")
    editor.press("r")
    editor.page.get_by_text("Run 2", exact=True).wait_for()


def test_each_save_reaches_python_once(opened: Opened) -> None:
    editor = opened()
    editor.draw([editor.at(0.6, 0.6), editor.at(0.8, 0.6)])
    first = editor.save()
    editor.page.get_by_role("slider", name="Another widget").press("ArrowRight")
    editor.page.wait_for_timeout(500)
    assert editor.saves() == 1
    editor.draw([editor.at(0.6, 0.8), editor.at(0.8, 0.8)])
    editor.press("Control+s")
    editor.await_state("Saved")
    editor.page.wait_for_timeout(500)
    assert editor.saves() == 2
    assert editor.mask().sum() > first.sum()


def test_another_outline_from_the_page_can_be_undone(opened: Opened) -> None:
    editor = opened()
    editor.draw([editor.at(0.6, 0.6), editor.at(0.8, 0.6)])
    drawn = editor.mask()
    editor.page.get_by_text("Send another outline").click()
    editor.page.wait_for_function(f"() => !{EDITOR}.find('.notice').hidden")
    assert editor.mask().sum() == 400 * 300
    editor.await_state("No changes")
    editor.page.get_by_role("button", name="Undo", exact=True).last.click()
    assert np.array_equal(editor.mask(), drawn)


# ---- drafts


def test_a_reload_brings_the_draft_back(opened: Opened) -> None:
    editor = opened()
    editor.draw([editor.at(0.6, 0.6), editor.at(0.8, 0.6)])
    editor.draw([editor.at(0.6, 0.7), editor.at(0.8, 0.7)])
    drawn = editor.mask()
    editor.reload()
    assert np.array_equal(editor.mask(), drawn)
    editor.await_state("2 unsaved strokes")
    assert "restored" in editor.page.inner_text(".notice-text")
    assert np.array_equal(editor.save(), drawn)
    editor.reload()
    editor.await_state("No changes")
    assert editor.page.is_hidden(".notice")
    assert np.array_equal(editor.mask(), drawn)


def test_a_crash_of_the_tab_loses_no_stroke(opened: Opened) -> None:
    editor = opened(warm=False)
    editor.draw([editor.at(0.6, 0.6), editor.at(0.8, 0.6)])
    drawn = editor.mask()
    editor.page.wait_for_timeout(600)
    address = editor.page.url
    tab = editor.page.context.new_cdp_session(editor.page)
    with contextlib.suppress(Exception):  # the tab dies without an answer
        tab.send("Page.crash", timeout=1)
    again = editor.page.context.new_page()
    again.goto(address)
    revived = OpenEditor(again, editor.key, editor.record)
    assert np.array_equal(revived.mask(), drawn)
    assert "Draft restored" in again.inner_text(".notice-text")
    revived.await_state("1 unsaved stroke")


def test_a_dropped_draft_stays_away(opened: Opened) -> None:
    editor = opened()
    editor.draw([editor.at(0.6, 0.6), editor.at(0.8, 0.6)])
    editor.reload()
    editor.page.get_by_role("button", name="Drop the draft").click()
    assert np.array_equal(editor.mask(), blob(1600, 1200))
    editor.reload()
    assert editor.page.is_hidden(".notice")
    assert np.array_equal(editor.mask(), blob(1600, 1200))


def test_a_draft_on_an_outline_that_changed_asks_first(opened: Opened) -> None:
    editor = opened()
    editor.draw([editor.at(0.6, 0.6), editor.at(0.8, 0.6)])
    drawn = editor.mask()
    editor.page.wait_for_timeout(400)
    other = np.zeros((1200, 1600), np.bool_)
    np.save(editor.record / f"{editor.key}.npy", other)
    editor.reload()
    assert not editor.mask().any()
    assert "has changed since" in editor.page.inner_text(".notice-text")
    editor.reload()
    editor.page.get_by_role("button", name="Restore the draft").click()
    assert np.array_equal(editor.mask(), drawn)


# ---- other hands


def test_by_keyboard_alone(opened: Opened) -> None:
    editor = opened(query="&blob=0")
    editor.page.focus(".stage")
    editor.press("Enter", *["ArrowRight"] * 6, "Enter")
    caret = editor.ask("editor.caret")
    step = max(1, round(8 / editor.stage()["scale"]))
    end = (caret["x"], caret["y"])
    line = [(end[0] - k * step, end[1]) for k in range(6, -1, -1)]
    want = stroke(np.zeros((1200, 1600), np.bool_), line, editor.diameter, True)
    assert np.array_equal(editor.mask(), want)
    editor.press("p", "Enter", "Shift+ArrowRight", "Enter", "Shift+ArrowDown", "Enter", "Enter")
    editor.await_state("2 unsaved strokes")
    editor.press("Tab")
    for _ in range(12):
        if editor.ask("editor.section.getRootNode().activeElement.dataset.act") == "save":
            break
        editor.press("Tab")
    editor.press("Enter")
    editor.await_state("Saved")
    assert editor.saves() == 1


def test_one_finger_draws_and_two_move_the_photo(opened: Opened) -> None:
    editor = opened(query="&blob=0", has_touch=True, size=(1024, 768))
    hand = editor.page.context.new_cdp_session(editor.page)

    def touch(kind: str, *places: Pixel) -> None:
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(places)]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    line = [editor.at(0.3, 0.5), editor.at(0.4, 0.5), editor.at(0.5, 0.55)]
    touch("touchStart", line[0])
    for place in line[1:]:
        touch("touchMove", place)
    touch("touchEnd")
    want = stroke(np.zeros((1200, 1600), np.bool_), editor.pixels(line), editor.diameter, True)
    assert np.array_equal(editor.mask(), want)
    before = editor.stage()["scale"]
    (x, y) = editor.at(0.5, 0.5)
    touch("touchStart", (x - 40, y))
    touch("touchStart", (x - 40, y), (x + 40, y))
    for spread in (50, 60, 70, 80):
        touch("touchMove", (x - spread, y), (x + spread, y))
    touch("touchEnd")
    assert editor.stage()["scale"] == pytest.approx(2 * before, rel=0.02)
    assert np.array_equal(editor.mask(), want)
    editor.await_state("1 unsaved stroke")


CONTROLS = """
(() => {
  const luminance = (rgb) => {
    const linear = rgb.map((byte) => {
      const share = byte / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const layer = (colour) => { probe.fillStyle = colour; probe.fillRect(0, 0, 1, 1); };
  const read = () => luminance([...probe.getImageData(0, 0, 1, 1).data.slice(0, 3)]);
  const contrast = (element) => {
    const backs = [];
    for (let e = element; e; e = e.parentElement ?? e.getRootNode().host)
      backs.unshift(getComputedStyle(e).backgroundColor);
    ["#fff", ...backs].forEach(layer);
    const back = read();
    layer(getComputedStyle(element).color);
    const front = read();
    return (Math.max(back, front) + 0.05) / (Math.min(back, front) + 0.05);
  };
  const shown = (e) => e.getClientRects().length && !e.closest(":disabled");
  const find = (selector) => [...editor.section.querySelectorAll(selector)].filter(shown);
  const words = "button, output, .caption, .area, .share, .changed, .state-text, kbd, dt, dd";
  const controls = find("button, input");
  const html = (elements) => elements.map((e) => e.outerHTML);
  return {
    small: html(controls.filter((e) => Math.min(e.offsetWidth, e.offsetHeight) < 24)),
    nameless: html(controls.filter((e) => !e.ariaLabel && !e.textContent.trim())),
    faint: html(find(words).filter((e) => contrast(e) < 4.5)),
    count: controls.length,
  };
})()
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_controls_have_names_size_and_contrast(opened: Opened, scheme: str) -> None:
    editor = opened(size=(1024, 768), color_scheme=scheme)
    editor.draw([editor.at(0.6, 0.6), editor.at(0.8, 0.6)])
    editor.press("?")
    found = editor.ask(CONTROLS.strip())
    assert found["count"] > 15
    assert found["small"] == []
    assert found["nameless"] == []
    assert found["faint"] == []


@pytest.mark.parametrize("size", [(1366, 768), (1024, 768), (768, 1024)])
def test_the_editor_fits_the_screen(opened: Opened, size: tuple[int, int]) -> None:
    editor = opened(size=size)
    width, height = editor.ask("[editor.section.offsetWidth, editor.section.offsetHeight]")
    assert width <= size[0]
    assert height <= size[1]
    assert editor.stage()["height"] >= 320
    assert editor.ask("editor.section.scrollWidth <= editor.section.clientWidth")


# ---- the script's own parts, against brute force


@pytest.fixture
def parts(open_page: Callable[..., Any]) -> Any:
    page = open_page("about:blank", warm=True)
    page.evaluate(
        """async (text) => {
          const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
          window.parts = await import(url);
        }""",
        SCRIPT.read_text(encoding="utf-8"),
    )
    return page


def test_random_strokes_and_areas_equal_brute_force(parts: Any) -> None:
    random = np.random.default_rng(7)
    blank = np.zeros((90, 120), np.bool_)
    lines = [
        (random.integers(-20, 140, (2, 2)).tolist(), 2 * int(random.integers(0, 25)) + 1)
        for _ in range(300)
    ]
    loops = [
        random.integers(-10, 130, (int(random.integers(3, 14)), 2)).tolist() for _ in range(200)
    ]
    drawn = parts.evaluate(
        """([lines, loops]) => {
          const point = ([x, y]) => ({ x, y });
          const cover = (draw) => {
            const mask = new parts.LesionMask(120, 90, new Uint8Array(120 * 90));
            draw((y, left, right) => mask.setSpan(y, left, right, 1, { add() {} }));
            return [[...parts.encodeRuns(mask.cells)], mask.inside];
          };
          return [
            lines.map(([[a, b], d]) => cover((v) => parts.coverStroke(point(a), point(b), d, v))),
            loops.map((loop) => cover((v) => parts.coverArea(loop.map(point), v))),
          ];
        }""",
        [lines, loops],
    )
    for ((a, b), diameter), (runs, inside) in zip(lines, drawn[0], strict=True):
        want = stroke(blank, [tuple(a), tuple(b)], diameter, True)
        assert np.array_equal(decode_runs(bytes(runs), blank.shape), want)
        assert inside == want.sum()
    for loop, (runs, inside) in zip(loops, drawn[1], strict=True):
        want = area(blank, [tuple(corner) for corner in loop], True)
        assert np.array_equal(decode_runs(bytes(runs), blank.shape), want)
        assert inside == want.sum()


def test_both_sides_code_alike(parts: Any) -> None:
    random = np.random.default_rng(3)
    for share in (0.0, 0.02, 0.5, 1.0):
        mask = random.random((300, 500)) < share
        code = encode_runs(mask)
        again = parts.evaluate(
            "(code) => [...parts.encodeRuns(parts.decodeRuns(Uint8Array.from(code), 150000))]",
            list(code),
        )
        assert bytes(again) == code


def test_separate_areas_are_counted_with_diagonal_neighbours(parts: Any) -> None:
    from skimage.measure import label

    random = np.random.default_rng(11)
    for share in (0.05, 0.3, 0.45, 0.6):
        mask = random.random((60, 80)) < share
        sizes = parts.evaluate(
            """(code) => new parts.LesionMask(80, 60, parts.decodeRuns(Uint8Array.from(code), 4800))
                .areas().map((area) => area.pixels)""",
            list(encode_runs(mask)),
        )
        want = np.bincount(label(mask, connectivity=2).ravel())[1:]
        assert sizes == sorted(want.tolist(), reverse=True)
