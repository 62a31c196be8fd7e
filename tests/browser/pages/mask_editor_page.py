"""One editor over a drawn photo; a stand-in for the reading page.

``?size=1600x1200&key=case&calibrated=1&blob=1&forget=0`` chooses the case. What the editor hands
over is kept as ``<key>.npy`` in the folder that ``MASK_EDITOR_RECORD`` names, and read back from
there as the record of a real page would be; with ``forget=1`` it is not kept. With ``layers=1``
there are layers: redness grows from left to right, pigment from top to bottom, the right half of
the skin slants by two, the lowest tenth is no skin, and corrected colour is pure green.
"""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from lesionscope.imaging.overlay import jpeg
from lesionscope.imaging.patch import Patch
from lesionscope.imaging.skin_maps import SkinMaps, maps_png
from lesionscope.pages.components.click_relay import Answer, Click, Question, click_relay
from lesionscope.pages.components.layer_relay import Layers, layer_relay
from lesionscope.pages.components.mask_editor import HandChoice, PhotoFacts, mask_editor

RECORD = Path(os.environ["MASK_EDITOR_RECORD"])


@st.cache_data
def drawn_photo(width: int, height: int) -> bytes:
    """Skin-coloured shading with one pure blue square, 20 px wide, at 3/4 of width and height."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    shade = 0.75 + 0.25 * np.cos(x / width * 2) * np.cos(y / height * 2)
    rgb = shade[..., None] * np.array([224, 172, 150], np.float32)
    spot = np.hypot(x - 0.35 * width, y - 0.4 * height) < 0.12 * height
    rgb[spot] *= np.array([0.95, 0.72, 0.75], np.float32)
    left, top = 3 * width // 4, 3 * height // 4
    rgb[top : top + 20, left : left + 20] = (0, 0, 255)
    held = io.BytesIO()
    Image.fromarray(rgb.clip(0, 255).astype(np.uint8)).save(held, "JPEG", quality=92)
    return held.getvalue()


def blob(width: int, height: int) -> NDArray[np.bool_]:
    y, x = np.mgrid[0:height, 0:width]
    return np.hypot(x - 0.35 * width, y - 0.4 * height) < 0.12 * height


st.set_page_config(layout="wide")
width, height = (int(part) for part in st.query_params.get("size", "1600x1200").split("x"))
key = st.query_params.get("key", "case")
calibrated = st.query_params.get("calibrated", "1") == "1"
start = blob(width, height)
if st.query_params.get("blob", "1") == "0":
    start[:] = False

kept = RECORD / f"{key}.npy"
mask = np.load(kept) if kept.exists() else start
if st.toggle("Send another outline"):
    mask = np.zeros_like(start)
    mask[: height // 4, : width // 4] = True
st.session_state["runs"] = st.session_state.get("runs", 0) + 1
st.slider("Another widget", 0, 100)
st.text(f"Run {st.session_state['runs']}")
if st.toggle("Close the editor"):
    st.stop()
chosen = RECORD / f"{key}.json"
beside = json.loads(chosen.read_text()) if chosen.exists() else {}
facts = PhotoFacts(
    cm2_per_px=0.0004 if calibrated else None,
    percent_per_px=0.0000025 if calibrated else None,
    clear_skin=tuple(beside["clear_skin"]) if beside.get("clear_skin") else None,
    hands=((0.2 * width, 0.8 * height), (0.8 * width, 0.8 * height)),
    ruler_hand=beside.get("hand", 0),
    layers_of=int(mask.sum()) if st.query_params.get("layers") == "1" else None,
    corrected=True,
)


def answered(question: Question) -> Answer:
    """Answer as no photo would, but exactly: squares, and the left half for clear skin."""
    x, y = question.at
    if question.click is Click.CLEAR_SKIN:
        left = np.zeros((height, width // 2), bool)
        left[y:] = True
        return Answer(added=Patch(0, 0, left), removed=Patch(width // 2, 0, left))
    square = Patch(x - 30, y - 20, np.ones((40, 60), bool))
    if question.click is Click.ADD:
        return Answer(added=square) if x > 100 else Answer(words="Nothing with an edge lies here.")
    return Answer(removed=square)


edited = mask_editor(drawn_photo(width, height), mask, facts, key=key)
if isinstance(edited, HandChoice):
    near = min(range(2), key=lambda i: abs(facts.hands[i][0] - edited.at[0]))
    chosen.write_text(json.dumps({**beside, "hand": near}))
    st.rerun()
if edited is not None:
    with (RECORD / f"{key}.log").open("a") as log:
        log.write(f"{edited.mask.sum()}\n")
    if st.query_params.get("forget") != "1":
        np.save(kept, edited.mask)
        chosen.write_text(json.dumps({**beside, "clear_skin": edited.clear_skin}))
        st.rerun()


def drawn_layers() -> Layers:
    """Layers at half the size of the photo."""
    y, x = np.mgrid[0 : height // 2, 0 : width // 2].astype(np.float32)
    maps = SkinMaps(
        erythema=x / (width // 2),
        melanin=y / (height // 2),
        skin=y < 0.9 * (height // 2),
        stretch=np.where(x < width // 4, np.float32(1), np.float32(2)),
    )
    green = np.broadcast_to(np.array([0, 255, 0], np.uint8), (*x.shape, 3))
    return Layers(maps_png(maps), jpeg(np.ascontiguousarray(green)))


@st.fragment
def send_layers() -> None:
    layer_relay(drawn_layers, key=key)


@st.fragment
def answer_clicks() -> None:
    click_relay(answered, shape=(height, width), key=key)


answer_clicks()
send_layers()
