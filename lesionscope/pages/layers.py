"""The layers of the mask editor: maps of blood and pigment, and corrected colour.

They are made when a reader first asks for them, at the size that lesions are measured at, and kept
for the measurements last looked at. Callers hold a `StoredPhoto`, which the record hands only to
those who may see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from lesionscope.exchange.measurement_json import measurement_from
from lesionscope.imaging.overlay import jpeg
from lesionscope.imaging.skin_maps import maps_png
from lesionscope.pages import pictures
from lesionscope.pages.components.layer_relay import Layers
from lesionscope.pages.measuring import Bench
from lesionscope.revise import corrected_colours, maps_of
from lesionscope.store.entries import StoredMeasurement, StoredPhoto


@st.cache_data(max_entries=12, show_spinner=False)
def _layers(
    measurement_id: int, _bench: Bench, _stored: StoredPhoto, _document: Mapping[str, Any]
) -> Layers:
    files = _bench.store.measurement_files(_bench.reader, measurement_id)
    found = measurement_from(_document, files)
    photo = pictures.decoded(_bench.reader, _stored)
    corrected = corrected_colours(photo, found)
    return Layers(maps_png(maps_of(photo, found)), b"" if corrected is None else jpeg(corrected))


def layers_of(bench: Bench, stored: StoredPhoto, latest: StoredMeasurement) -> Layers:
    """Return the layers of a photo.

    Parameters
    ----------
    bench : Bench
        Who looks, in which record.
    stored : StoredPhoto
        The photo.
    latest : StoredMeasurement
        Its newest measurement: its outline says what is no clear skin.

    Returns
    -------
    Layers
    """
    return _layers(latest.id, bench, stored, latest.document)


def has_corrected_colour(latest: StoredMeasurement) -> bool:
    """Return whether a chart or a cast in the photo gave other colours than those taken."""
    return latest.document["calibration"].get("colour_matrix") is not None
