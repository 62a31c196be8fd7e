"""Acts of widgets that the next click cannot cut short.

Streamlit runs the act of a widget inside the script, and lets the next click interrupt the script
wherever it touches the session state. An act caught there is dropped without a word: of thirty
answers typed quickly, two to five never reached the record, while the page showed them as chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from streamlit.runtime.scriptrunner import get_script_run_ctx


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let the session state be read and written without looking for the next click.

    The click is not lost: it is looked for again as soon as the acts are done.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        yield
        return
    state = context.session_state
    look = state._yield_callback
    # The state takes every attribute for an entry of its own, save through `object`.
    object.__setattr__(state, "_yield_callback", _look_later)
    try:
        yield
    finally:
        object.__setattr__(state, "_yield_callback", look)


def _look_later() -> None:
    return None
