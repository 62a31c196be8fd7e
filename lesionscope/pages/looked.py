"""Where the network looked: a dialog beside a suggestion."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from lesionscope.core.measurement import Item
from lesionscope.core.people import Reader
from lesionscope.core.sites import Site
from lesionscope.exchange.measurement_json import measurement_from
from lesionscope.looked import lesion_behind, looked_at
from lesionscope.pages import session
from lesionscope.pipeline import read_photo

_MEANS = {
    Item.ERYTHEMA: "Bright: where hiding the spot behind clear skin lowers the redness most.",
    Item.SCALE: "Bright: what the network takes for flakes.",
    Item.EROSION: "Bright: what the network takes for raw or crusted skin.",
}


@st.dialog("Where the network looked", width="medium")
def show_looked(photo_id: int, site: Site, item: Item) -> None:
    """Show the lesion that a suggestion rests on, and what in it moved the network."""
    with st.spinner("Looking again ..."):
        found = _picture(session.reader_here(), photo_id, site, item)
    if found is None:
        st.info("No graded lesion of this photo stands behind the suggestion.")
        return
    st.image(found, width="stretch", alt="The lesion, and a map of what moved the network")
    st.caption(f"{_MEANS[item]} It is not a proof that the suggestion is right.")


def _picture(reader: Reader, photo_id: int, site: Site, item: Item) -> NDArray[np.uint8] | None:
    store = session.store()
    latest = store.latest_measurement(reader, photo_id)
    if latest is None:
        return None
    files = store.measurement_files(reader, latest.id)
    found = measurement_from(latest.document, files)
    lesion = lesion_behind(found, site, item)
    if lesion is None:
        return None
    photo = read_photo(store.original(reader, photo_id))
    return looked_at(photo, found, lesion, item, session.grader())
