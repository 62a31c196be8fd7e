"""What the pages of a visit will ask for, made before somebody opens them.

One thread, for all readers, draws the pictures of the visit that is open, finds what its photos
show twice, and lays them onto the first photos of their sites. It begins when the page that opened
the visit is done, and runs like any other: a page may have to wait for what it is in the middle of.
All of it goes where the pages keep it themselves (`lesionscope.pages.kept`): a page that comes
first makes its own, and nothing is shown from here. What is asked for is asked as the reader.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import streamlit as st
from streamlit import runtime

from lesionscope.core.people import Act, Reader, may
from lesionscope.pages import pictures, session
from lesionscope.pages.laying import lay
from lesionscope.pages.serial import preview, shots_of
from lesionscope.pages.timeline_site import TILE_SIDE
from lesionscope.pages.visit_bsa import measured_photos, overlaps

log = logging.getLogger("lesionscope.pages")

SIDES = (pictures.THUMBNAIL, pictures.DETAIL // 2, TILE_SIDE)
"""Longer sides of the outlined photos on the pages Visit and Capture, Score, and Timeline."""
_NAME = "ahead"


class Ahead:
    """Does work in the background, one piece after the other."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, _NAME)
        self._waiting: set[Hashable] = set()
        self._lock = threading.Lock()

    def do(self, name: Hashable, work: Callable[[], object]) -> None:
        """Do a piece of work when there is time.

        Parameters
        ----------
        name : hashable
            What it is; while it waits it is not taken up a second time.
        work : callable
            Whatever it raises is logged and goes no further: the page that needs what was to be
            made makes it itself, and says what is wrong.
        """
        with self._lock:
            if name in self._waiting:
                return
            self._waiting.add(name)
        self._thread.submit(self._quietly, name, work)

    def _quietly(self, name: Hashable, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception:
            log.debug("what was to be made ahead could not be", exc_info=True)
        finally:
            with self._lock:
                self._waiting.discard(name)


@st.cache_resource(show_spinner=False)
def _ahead() -> Ahead:
    # A cache that says on the page what it waits for warns in the log where there is no page.
    warns = logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context")
    warns.addFilter(lambda said: f"'{_NAME}_" not in said.getMessage())
    return Ahead()


def do(name: Hashable, work: Callable[[], object]) -> None:
    """Do a piece of work in the background of the server, see `Ahead.do`; nothing elsewhere."""
    if runtime.exists():
        _ahead().do(name, work)


def prepare_open_visit(reader: Reader) -> None:
    """Make what the pages of the open visit will ask for, once each time that it is opened."""
    patient_id, visit_id = (st.session_state.get(key) for key in (session.PATIENT, session.VISIT))
    prepared = st.session_state.get(session.PREPARED) == visit_id
    if patient_id is None or visit_id is None or prepared or not may(reader.role, Act.READ_RECORD):
        return
    st.session_state[session.PREPARED] = visit_id
    do(("pictures", visit_id), partial(draw_pictures, reader, visit_id))
    do(("overlaps", visit_id), partial(find_overlaps, reader, visit_id))
    do(("pairs", visit_id), partial(lay_pairs, reader, patient_id, visit_id))
    do(("course", patient_id), partial(find_overlaps_of_all, reader, patient_id))


def draw_pictures(reader: Reader, visit_id: int) -> None:
    """Draw the pictures of a visit that its pages show."""
    for photo, latest in measured_photos(session.store(), reader, visit_id):
        pictures.tile(reader, photo)
        if latest is None:
            pictures.thumbnail(reader, photo)
            continue
        for side in SIDES:
            pictures.outlined(reader, photo, latest, side=side)
        pictures.full_jpeg(reader, photo)


def find_overlaps(reader: Reader, visit_id: int) -> None:
    """Find the skin that two photos of a visit show."""
    overlaps(reader, measured_photos(session.store(), reader, visit_id))


def find_overlaps_of_all(reader: Reader, patient_id: int) -> None:
    """Find the same in every visit of a patient, which the timeline tells side by side."""
    for visit in session.store().visits(reader, patient_id):
        find_overlaps(reader, visit.id)


def lay_pairs(reader: Reader, patient_id: int, visit_id: int) -> None:
    """Lay the photos of a visit onto the first of their sites; of the first, all later ones."""
    for visits in shots_of(reader, patient_id).values():
        first, *later = (shots[-1] for shots in visits)
        for follow in later:
            if visit_id in (first.visit.id, follow.visit.id):
                preview(reader, first)
                preview(reader, follow)
                lay(reader, first, follow)
