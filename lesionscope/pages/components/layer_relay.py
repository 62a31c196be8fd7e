"""Layers of the photo, sent to the mask editor when a reader first asks for one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from lesionscope.imaging.skin_maps import MAP_BOUNDS, STRETCH_BOUNDS

_RELAY = st.components.v2.component(
    "lesionscope_layer_relay",
    html="<span hidden></span>",
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Layers:
    """What can be laid in place of the photo.

    Attributes
    ----------
    maps_png : bytes
        Erythema, melanin and slant, from `lesionscope.imaging.skin_maps.maps_png`.
    corrected_jpeg : bytes
        The photo in corrected colours; empty where colours stand as taken.
    """

    maps_png: bytes
    corrected_jpeg: bytes = b""


def layer_relay(made: Callable[[], Layers], *, key: str) -> None:
    """Send the layers that the mask editor of the same key asks for.

    Call it in a fragment: the question then runs that alone, and the photo does not travel again.

    Parameters
    ----------
    made : callable
        Called once for each question.
    key : str
        As given to `mask_editor`: one photo of one reader.
    """
    own, kept = f"{key}.layer_relay", "mask_editor.layers"
    asked = _asked(st.session_state.get(own))
    # One place for all photos: what is kept for a photo that is closed would only fill memory.
    last: tuple[str, str, bytes] | None = st.session_state.get(kept)
    if last is not None and last[0] != key:
        last = None
    if asked and (last is None or last[1] != asked):
        last = (key, asked, _packed(key, asked, made()))
        st.session_state[kept] = last
    data = _packed(key, "", Layers(b"")) if last is None else last[2]
    _RELAY(key=own, data=data, on_asked_change=lambda: None)


def _asked(state: Any) -> str:
    """Return the name of the last question: the browser's word is not trusted to be complete."""
    asked = state.get("asked") if isinstance(state, Mapping) else None
    name = asked.get("id") if isinstance(asked, Mapping) else None
    return name if isinstance(name, str) else ""


def _packed(key: str, asked: str, layers: Layers) -> bytes:
    head = {
        "key": key,
        "id": asked,
        "maps_bytes": len(layers.maps_png),
        "bounds": MAP_BOUNDS,
        "stretch": STRETCH_BOUNDS,
    }
    text = json.dumps(head).encode()
    size = len(text).to_bytes(4, "little")
    return b"".join((size, text, layers.maps_png, layers.corrected_jpeg))
