"""Answering a form from the keyboard: a number answers the field in focus and goes on."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_KEYS = st.components.v2.component(
    "lesionscope_form_keys",
    html="<span hidden></span>",
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


def form_keys(*, unclear: bool = True) -> None:
    """Let keys answer the choices of this page, and say which.

    A number chooses the level of that number, ``n`` "not assessable", Backspace makes the field
    blank, arrows go up and down the fields.

    Parameters
    ----------
    unclear : bool
        Whether the fields may be answered "not assessable".
    """
    also = ", **n** is not assessable" if unclear else ""
    st.caption(
        f":material/keyboard: In a field its number answers and goes on{also}, **Backspace** makes "
        "it blank, **↑ ↓** go from field to field."
    )
    _KEYS(key="form_keys", data={}, height="content")
