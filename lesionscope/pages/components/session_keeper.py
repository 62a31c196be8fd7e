"""Sign-in that survives a reload: the browser tab keeps what the server would forget."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_KEEPER = st.components.v2.component(
    "lesionscope_session_keeper",
    html="<span hidden></span>",
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


def session_keeper(
    *, question: str = "", keep: str = "", forget: bool = False, key: str
) -> str | None:
    """Ask the browser tab what it kept, give it something to keep, or let it forget.

    Parameters
    ----------
    question : str
        Unique name of this question; asks what was kept.
    keep : str
        What to keep.
    forget : bool
        Whether to drop what was kept.
    key : str
        Key of the component in the session state.

    Returns
    -------
    str or None
        What the tab kept (empty when nothing); None while it has not answered the question.
    """
    result = _KEEPER(
        key=key,
        data={"question": question, "keep": keep, "forget": forget},
        height="content",
        on_answer_change=lambda: None,
    )
    answer = result.get("answer")
    if isinstance(answer, dict) and question and answer.get("question") == question:
        return str(answer.get("kept", ""))
    return None
