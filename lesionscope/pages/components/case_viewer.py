"""The photos of a blinded case, side by side, zoomed and moved together.

They travel inside the page: no address of a picture can be kept, guessed or compared.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

_HERE = Path(__file__)

_VIEWER = st.components.v2.component(
    "lesionscope_case_viewer",
    html='<div class="viewer"></div>\n',
    css=_HERE.with_suffix(".css").read_text(encoding="utf-8"),
    js=_HERE.with_suffix(".js").read_text(encoding="utf-8"),
)


def case_viewer(photos: Sequence[tuple[str, bytes]], *, key: str) -> None:
    """Show the photos of a case.

    Parameters
    ----------
    photos : sequence of (str, bytes)
        What each is called, and its JPEG.
    key : str
        Key of the component in the session state.
    """
    shown = [
        {"name": name, "src": f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"}
        for name, picture in photos
    ]
    # The browser keeps zoom and place while it is shown the same photos.
    known = hashlib.sha256(b"".join(picture for _, picture in photos)).hexdigest()
    _VIEWER(key=key, data={"key": known, "photos": shown}, height="content")
