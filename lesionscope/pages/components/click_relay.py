"""Clicks of the mask editor that only the server can answer, and the way back of the answers."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from lesionscope.imaging.patch import Patch
from lesionscope.pages.components.mask_editor import decode_runs, encode_runs, pixel

_RELAY = st.components.v2.component(
    "lesionscope_click_relay",
    html="<span hidden></span>",
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


class Click(StrEnum):
    """What a click asks for."""

    ADD = "add"
    """Grow a lesion from here."""
    REMOVE = "remove"
    """This is no lesion."""
    CLEAR_SKIN = "clear"
    """This is clear skin: look at the whole photo again."""


@dataclass(frozen=True, eq=False)
class Question:
    """A click and the outline it was made on.

    Attributes
    ----------
    click : Click
        What it asks for.
    at : tuple of int
        (x, y) pixel of the photo.
    mask : ndarray of shape (H, W), bool
        The outline as the browser holds it.
    clear_skin : tuple of int or None
        (x, y) of the clear skin chosen before, if any.
    """

    click: Click
    at: tuple[int, int]
    mask: NDArray[np.bool_]
    clear_skin: tuple[int, int] | None


@dataclass(frozen=True, eq=False)
class Answer:
    """What changes in the outline, or why nothing does.

    Attributes
    ----------
    added, removed : Patch or None
        Pixels to put in and to take out.
    words : str
        A sentence for the reader; empty where the change says enough.
    """

    added: Patch | None = None
    removed: Patch | None = None
    words: str = ""


def click_relay(
    answered: Callable[[Question], Answer], *, shape: tuple[int, int], key: str
) -> None:
    """Answer the clicks of the mask editor of the same key.

    Call it in a fragment: a click then runs that alone, and the photo does not travel again.

    Parameters
    ----------
    answered : callable
        Called once for each click.
    shape : tuple of int
        Height and width of the photo in pixels.
    key : str
        As given to `mask_editor`: one photo of one reader.

    Raises
    ------
    ValueError
        If the browser sent a mask that does not fill the photo.
    """
    own, kept = f"{key}.relay", f"{key}.answer"
    asked = _asked(st.session_state.get(own))
    last: dict[str, Any] | None = st.session_state.get(kept)
    if asked and (last is None or last["id"] != asked["id"]):
        last = {"id": asked["id"], **_parts(answered(_question(asked, shape)))}
        st.session_state[kept] = last
    _RELAY(key=own, data={"key": key, "answer": last}, on_asked_change=lambda: None)


def _asked(state: Any) -> Mapping[str, Any]:
    """Return the last click, or nothing: the browser's word is not trusted to be complete."""
    asked = state.get("asked") if isinstance(state, Mapping) else None
    if not isinstance(asked, Mapping) or asked.get("click") not in set(Click):
        return {}
    texts = all(isinstance(asked.get(name), str) for name in ("id", "runs"))
    return asked if texts and pixel(asked.get("at")) else {}


def _question(asked: Mapping[str, Any], shape: tuple[int, int]) -> Question:
    x, y = asked["at"]
    mask = decode_runs(base64.b64decode(asked["runs"]), shape)
    return Question(Click(asked["click"]), (int(x), int(y)), mask, pixel(asked.get("clear_skin")))


def _parts(answer: Answer) -> dict[str, Any]:
    patches = ((1, answer.added), (0, answer.removed))
    parts = [_part(value, patch) for value, patch in patches if patch is not None]
    return {"parts": [part for part in parts if part], "words": answer.words}


def _part(value: int, patch: Patch) -> dict[str, Any] | None:
    if not patch.mask.any():
        return None
    height, width = patch.mask.shape
    return {
        "value": value,
        "box": [patch.left, patch.top, width, height],
        "runs": base64.b64encode(encode_runs(patch.mask)).decode(),
    }
