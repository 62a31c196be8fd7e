"""Rectangles drawn by a person over what blinded readers must not see, such as eyes."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

import streamlit as st

from lesionscope.imaging.deidentify import MaskRectangle

_HERE = Path(__file__)

_FRAME = st.components.v2.component(
    "lesionscope_mask_frame",
    html='<div class="frame"></div>\n',
    css=_HERE.with_suffix(".css").read_text(encoding="utf-8"),
    js=_HERE.with_suffix(".js").read_text(encoding="utf-8"),
)


def mask_frame(
    picture: bytes, masks: Sequence[MaskRectangle], *, name: str, key: str
) -> tuple[MaskRectangle, ...]:
    """Let a person draw masks on a photo.

    Parameters
    ----------
    picture : bytes
        JPEG of the photo, at a size for the screen.
    masks : sequence of MaskRectangle
        Those to begin with.
    name : str
        What the photo is called.
    key : str
        Names the frame; one for each photo.

    Returns
    -------
    tuple of MaskRectangle
        What is drawn now.
    """
    source = f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"
    result = _FRAME(
        key=key,
        data={
            "photo": key,
            "src": source,
            "name": name,
            "masks": [astuple(mask) for mask in masks],
        },
        height="content",
        on_drawn_change=lambda: None,
    )
    drawn = result.get("drawn")
    if not isinstance(drawn, dict) or drawn.get("photo") != key:
        return tuple(masks)
    return tuple(MaskRectangle(*map(float, corners)) for corners in drawn["masks"])
