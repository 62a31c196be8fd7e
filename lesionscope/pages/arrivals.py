"""Photos on their way in: checked, stored, queued for measuring, and what was refused."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from lesionscope.apart.desk import desk
from lesionscope.core.people import Reader
from lesionscope.core.sites import Side, view_named
from lesionscope.imaging.decode import ENDINGS, UnreadableImage
from lesionscope.pages import session
from lesionscope.pages.measuring import Bench, measure_stored
from lesionscope.store.entries import StoredPhoto
from lesionscope.store.refusals import AlreadyThere

FORMATS = [ending.removeprefix(".") for ending in ENDINGS]
"""Endings of the files that are taken: of all that can be read."""


@dataclass(frozen=True, eq=False)
class Arrival:
    """A file that came in, and what it is taken for.

    Attributes
    ----------
    name : str
        File name as given.
    data : bytes
        The file.
    view : str
        Id of a standard view; its first site is proposed.
    side : Side
        Side of the body.
    """

    name: str
    data: bytes
    view: str
    side: Side


def add_photo(reader: Reader, visit_id: int, arrival: Arrival) -> None:
    """Check that a file is a photo, store its bytes, and queue it for measuring."""
    try:
        # In a process apart: a file made to do harm ends that process and not the server.
        desk().read(arrival.data, arrival.name)
        stored = session.store().add_photo(
            reader,
            visit_id,
            arrival.data,
            name=arrival.name,
            view=arrival.view,
            site=view_named(arrival.view).sites[0],
            side=arrival.side,
        )
    except (UnreadableImage, AlreadyThere) as refusal:
        refused = st.session_state.setdefault(session.REFUSED, [])
        refused.append((arrival.name, session.sentence(refusal)))
    else:
        st.session_state.setdefault(session.TO_MEASURE, []).append(stored.id)


def first_time(file_id: str) -> bool:
    """Return whether an uploaded file was not taken yet: a click can start a page anew."""
    with session.one_at_a_time():
        taken: set[str] = st.session_state.setdefault(session.TAKEN, set())
        if file_id in taken:
            return False
        taken.add(file_id)
        return True


def show_refused() -> None:
    """Say which files were not taken, and why; the others went on."""
    refused: list[tuple[str, str]] = st.session_state.get(session.REFUSED, [])
    if not refused:
        return
    with st.container(border=True):
        st.markdown(f":red[:material/error:] **Not added: {len(refused)}**")
        for name, sentence in refused:
            st.markdown(f"`{name.replace('`', '')}`: {sentence}")
        st.button("Dismiss", on_click=st.session_state.pop, args=(session.REFUSED,))


def queue(photo_id: int) -> None:
    """Put a photo last in the queue for measuring."""
    waiting: list[int] = st.session_state.setdefault(session.TO_MEASURE, [])
    if photo_id not in waiting:
        waiting.append(photo_id)
    st.session_state.get(session.NOT_MEASURED, {}).pop(photo_id, None)


def measured_or_why_not(bench: Bench, photo: StoredPhoto) -> str:
    """Measure a stored photo; return an empty string, or a sentence why it has no result."""
    try:
        measure_stored(bench, photo)
    except session.REFUSALS as refusal:
        return session.sentence(refusal)
    except Exception:
        return session.TROUBLE.format(number=session.logged())
    return ""
