"""Pictures of stored photos for the eye: thumbnails, and outlines on the photo.

They are kept under the digests of what they are drawn from. Callers hold a `StoredPhoto`, which
the record hands only to those who may see it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from lesionscope.core.people import Reader
from lesionscope.core.photo import Photo
from lesionscope.imaging.aligned import pulled
from lesionscope.imaging.decode import decode
from lesionscope.imaging.maskfile import mask_from_png
from lesionscope.imaging.mesh import Box, Mesh
from lesionscope.imaging.overlay import jpeg, outline_overlay, thumbnail_jpeg
from lesionscope.imaging.resize import resized_mask
from lesionscope.pages import session
from lesionscope.pages.kept import kept
from lesionscope.pipeline import read_photo
from lesionscope.store.entries import StoredMeasurement, StoredPhoto

THUMBNAIL = 320
"""Longest side of a thumbnail, in pixels."""
TILE_SHAPE = 0.75
"""Height of a tile as a fraction of its width."""
DETAIL = 1400
"""Longest side of a photo shown to be judged, in pixels."""


EDITION = 1
"""Raised when what is drawn changes, so that the shelf's older pictures are not used."""


@st.cache_resource(max_entries=6, show_spinner=False)
def _photo(photo_id: int, _reader: Reader) -> Photo:
    return read_photo(session.store().original(_reader, photo_id))


def _pixels(photo_id: int, reader: Reader) -> NDArray[np.uint8]:
    return _photo(photo_id, reader).pixels


def _for_the_eye(reader: Reader, stored: StoredPhoto, side: int) -> NDArray[np.uint8]:
    """Decode a photo no finer than twice the side at which it is shown: lines stay smooth."""
    data = session.store().original(reader, stored.id)
    return decode(data, at_least=2 * side).pixels


@st.cache_data(max_entries=2500, show_spinner=False)
def _small(made_from: dict[str, Any], _draw: Callable[[], bytes]) -> bytes:
    """Return a small picture from memory, else from the shelf, drawn where asked for first."""
    return kept({**made_from, "edition": EDITION}, lambda: {"jpeg": _draw()})["jpeg"]


@st.cache_data(max_entries=12, show_spinner=False)
def _full_jpeg(sha256: str, _reader: Reader, _stored: StoredPhoto) -> bytes:
    made_from = {"what": "whole photo", "photo": sha256, "edition": EDITION}
    return kept(made_from, lambda: {"jpeg": jpeg(_pixels(_stored.id, _reader))})["jpeg"]


def _middle(photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = photo.shape[:2]
    # A strip of one height: the middle in the shape of a landscape photo.
    shown = min(height, round(width * TILE_SHAPE))
    top = (height - shown) // 2
    across = min(width, round(shown / TILE_SHAPE))
    left = (width - across) // 2
    return photo[top : top + shown, left : left + across]


def decoded(reader: Reader, stored: StoredPhoto) -> Photo:
    """Return a stored photo decoded, from the few that are kept so."""
    return _photo(stored.id, reader)


def tile(reader: Reader, stored: StoredPhoto) -> bytes:
    """Return the middle of a stored photo as a small JPEG, all tiles in one shape."""

    def draw() -> bytes:
        # The middle of an upright photo is only as wide as the photo.
        photo = _for_the_eye(reader, stored, round(THUMBNAIL / TILE_SHAPE))
        return thumbnail_jpeg(_middle(photo), THUMBNAIL)

    return _small({"what": "tile", "photo": stored.sha256, "side": THUMBNAIL}, draw)


def thumbnail(reader: Reader, stored: StoredPhoto, side: int = THUMBNAIL) -> bytes:
    """Return a small JPEG of a stored photo."""
    return _small(
        {"what": "thumbnail", "photo": stored.sha256, "side": side},
        lambda: thumbnail_jpeg(_for_the_eye(reader, stored, side), side),
    )


def full_jpeg(reader: Reader, stored: StoredPhoto) -> bytes:
    """Return a stored photo as upright sRGB JPEG in its own size."""
    return _full_jpeg(stored.sha256, reader, stored)


def outlined(
    reader: Reader,
    stored: StoredPhoto,
    measurement: StoredMeasurement,
    *,
    side: int = THUMBNAIL,
    opacity: float = 0.0,
) -> bytes:
    """Return a JPEG of a stored photo with the lesions and the ruler hand outlined."""

    def draw() -> bytes:
        photo = _for_the_eye(reader, stored, side)
        files = session.store().measurement_files(reader, measurement.id)
        size = photo.shape[0], photo.shape[1]
        lesion = resized_mask(mask_from_png(files["lesion"]), size)
        hand = resized_mask(mask_from_png(files["hand"]), size) if "hand" in files else None
        return thumbnail_jpeg(outline_overlay(photo, lesion, hand=hand, opacity=opacity), side)

    masks = {name: measurement.files.get(name) for name in ("lesion", "hand")}
    made_from = {"what": "outlined", "photo": stored.sha256, **masks}
    return _small({**made_from, "side": side, "opacity": opacity}, draw)


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
