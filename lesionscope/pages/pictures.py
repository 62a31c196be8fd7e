"""Pictures of stored photos for the eye: thumbnails, and outlines on the photo.

They are kept by the photo's number, whose bytes never change. Callers hold a `StoredPhoto`,
which the record hands only to those who may see it.
"""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from lesionscope.core.people import Reader
from lesionscope.core.photo import Photo
from lesionscope.imaging.aligned import pulled
from lesionscope.imaging.maskfile import mask_from_png
from lesionscope.imaging.mesh import Box, Mesh
from lesionscope.imaging.overlay import jpeg, outline_overlay, thumbnail_jpeg
from lesionscope.pages import session
from lesionscope.pipeline import read_photo
from lesionscope.store.entries import StoredMeasurement, StoredPhoto

THUMBNAIL = 320
"""Longest side of a thumbnail, in pixels."""
TILE_SHAPE = 0.75
"""Height of a tile as a fraction of its width."""
DETAIL = 1400
"""Longest side of a photo shown to be judged, in pixels."""


@st.cache_resource(max_entries=6, show_spinner=False)
def _photo(photo_id: int, _reader: Reader) -> Photo:
    return read_photo(session.store().original(_reader, photo_id))


def _pixels(photo_id: int, reader: Reader) -> NDArray[np.uint8]:
    return _photo(photo_id, reader).pixels


@st.cache_data(max_entries=2000, show_spinner=False)
def _thumbnail(photo_id: int, side: int, _reader: Reader) -> bytes:
    return thumbnail_jpeg(_pixels(photo_id, _reader), side)


@st.cache_data(max_entries=12, show_spinner=False)
def _full_jpeg(photo_id: int, _reader: Reader) -> bytes:
    return jpeg(_pixels(photo_id, _reader))


@st.cache_data(max_entries=400, show_spinner=False)
def _outlined(
    photo_id: int, measurement_id: int, side: int, opacity: float, _reader: Reader
) -> bytes:
    files = session.store().measurement_files(_reader, measurement_id)
    hand = mask_from_png(files["hand"]) if "hand" in files else None
    picture = outline_overlay(
        _pixels(photo_id, _reader), mask_from_png(files["lesion"]), hand=hand, opacity=opacity
    )
    return thumbnail_jpeg(picture, side)


@st.cache_data(max_entries=400, show_spinner=False)
def _tile(photo_id: int, _reader: Reader) -> bytes:
    photo = _pixels(photo_id, _reader)
    height, width = photo.shape[:2]
    # A strip of one height: the middle in the shape of a landscape photo.
    shown = min(height, round(width * TILE_SHAPE))
    top = (height - shown) // 2
    across = min(width, round(shown / TILE_SHAPE))
    left = (width - across) // 2
    return thumbnail_jpeg(photo[top : top + shown, left : left + across], THUMBNAIL)


def decoded(reader: Reader, stored: StoredPhoto) -> Photo:
    """Return a stored photo decoded, from the few that are kept so."""
    return _photo(stored.id, reader)


def tile(reader: Reader, stored: StoredPhoto) -> bytes:
    """Return the middle of a stored photo as a small JPEG, all tiles in one shape."""
    return _tile(stored.id, reader)


def thumbnail(reader: Reader, stored: StoredPhoto, side: int = THUMBNAIL) -> bytes:
    """Return a small JPEG of a stored photo."""
    return _thumbnail(stored.id, side, reader)


def full_jpeg(reader: Reader, stored: StoredPhoto) -> bytes:
    """Return a stored photo as upright sRGB JPEG in its own size."""
    return _full_jpeg(stored.id, reader)


def outlined(
    reader: Reader,
    stored: StoredPhoto,
    measurement: StoredMeasurement,
    *,
    side: int = THUMBNAIL,
    opacity: float = 0.0,
) -> bytes:
    """Return a JPEG of a stored photo with the lesions and the ruler hand outlined."""
    return _outlined(stored.id, measurement.id, side, opacity, reader)


def part_laid(
    reader: Reader,
    stored: StoredPhoto,
    mesh: Mesh | None,
    part: tuple[Box, tuple[int, int]],
) -> NDArray[np.uint8]:
    """Return a part of a photo, in its own frame or as it lies on a baseline.

    Parameters
    ----------
    reader : Reader
        Who looks.
    stored : StoredPhoto
        The photo.
    mesh : Mesh or None
        Where the baseline lies in it; None for its own frame.
    part : tuple
        The part of the frame, shares of its longer side, and the height and width in pixels that
        it is wanted at.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8
    """
    pixels = np.asarray(_pixels(stored.id, reader))
    box, size = part
    follow_size = pixels.shape[0], pixels.shape[1]
    lies = Mesh.same(follow_size) if mesh is None else mesh
    return np.asarray(pulled(pixels, lies.field(box, size, follow_size)), np.uint8)
