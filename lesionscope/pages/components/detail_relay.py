"""Finer parts of photos, sent to the comparator when a reader zooms in."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from lesionscope.imaging.mesh import Box
from lesionscope.pages.components.comparator import bundle

MOST_SIDE = 2048
"""Longer side, in pixels, of what is sent of one photo at a time."""

_RELAY = st.components.v2.component(
    "lesionscope_detail_relay",
    html="<span hidden></span>",
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Wanted:
    """A part of a photo that the comparator asks for.

    Attributes
    ----------
    visit : str
        Id of the photo.
    aligned : bool
        Whether it is wanted as it lies on the baseline, or as taken.
    box : tuple of float
        Left, top, right, bottom in that frame, shares of its longer side.
    width, height : int
        Pixels that it is wanted at.
    """

    visit: str
    aligned: bool
    box: Box
    width: int
    height: int


def detail_relay(drawn: Callable[[Wanted], bytes | None], *, key: str) -> None:
    """Answer the comparator of the same key; call it in a fragment.

    Parameters
    ----------
    drawn : callable
        Returns a wanted part as JPEG, or None where there is no such photo.
    key : str
        As given to `comparator`.
    """
    own, kept = f"{key}.relay", f"{key}.detail"
    asked = _asked(st.session_state.get(own))
    last: tuple[str, bytes] | None = st.session_state.get(kept)
    if asked and (last is None or last[0] != asked["id"]):
        last = (asked["id"], _answer(key, asked, drawn))
        st.session_state[kept] = last
    _RELAY(
        key=own,
        data=bundle({"key": key, "id": None}, ()) if last is None else last[1],
        on_asked_change=lambda: None,
    )


def _answer(key: str, asked: Mapping[str, Any], drawn: Callable[[Wanted], bytes | None]) -> bytes:
    parts, blobs = [], []
    for wanted in filter(None, map(_wanted, asked["parts"][:6])):
        jpeg = drawn(wanted)
        if jpeg is not None:
            parts.append(
                {"visit": wanted.visit, "aligned": wanted.aligned, "box": wanted.box,
                 "bytes": len(jpeg)}
            )  # fmt: skip
            blobs.append(jpeg)
    return bundle({"key": key, "id": asked["id"], "parts": parts}, blobs)


def _asked(state: Any) -> Mapping[str, Any]:
    """Return the last question, or nothing: the browser's word is not trusted to be complete."""
    asked = state.get("asked") if isinstance(state, Mapping) else None
    if not isinstance(asked, Mapping) or not isinstance(asked.get("id"), str):
        return {}
    return asked if isinstance(asked.get("parts"), list) else {}


def _wanted(part: Any) -> Wanted | None:
    """Read one wanted part; None where it makes no sense."""
    if not isinstance(part, Mapping) or not isinstance(part.get("visit"), str):
        return None
    numbers = [*(part.get("box") or ()), part.get("width"), part.get("height")]
    if len(numbers) != 6 or not all(isinstance(n, int | float) for n in numbers):
        return None
    left, top, right, bottom, width, height = (float(n) for n in numbers)
    if not all(map(math.isfinite, numbers)) or not (-1 <= left < right <= 2):
        return None
    if not (-1 <= top < bottom <= 2 and 1 <= width <= MOST_SIDE and 1 <= height <= MOST_SIDE):
        return None
    box = (left, top, right, bottom)
    return Wanted(part["visit"], bool(part.get("aligned")), box, int(width), int(height))
