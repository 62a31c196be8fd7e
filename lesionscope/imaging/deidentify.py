"""The picture of a photo that a blinded reader may see: no metadata, and masked where asked.

The original stays sealed; what is shown is encoded anew from pixels, so nothing of the file's
metadata can come along. Masks are drawn into the pixels: no layer can be taken off again.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.overlay import jpeg
from lesionscope.imaging.resize import resized

LONGEST_SIDE = 3000
"""Of the picture, in pixels: a scale of skin is still seen, and a page opens at once."""

_GREY = 128
_JFIF, _LAST_APP, _COMMENT, _SCAN = 0xE0, 0xEF, 0xFE, 0xDA


@dataclass(frozen=True)
class MaskRectangle:
    """A rectangle to be covered, in fractions of the photo's width and height.

    Attributes
    ----------
    left, top, right, bottom : float
        0 to 1, from the top left.
    """

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if not (0 <= self.left < self.right <= 1 and 0 <= self.top < self.bottom <= 1):
            raise ValueError(
                "a mask needs 0 <= left < right <= 1 and 0 <= top < bottom <= 1, got "
                f"{self.left:g}, {self.top:g}, {self.right:g}, {self.bottom:g}"
            )


def masked(rgb: NDArray[np.uint8], masks: Sequence[MaskRectangle]) -> NDArray[np.uint8]:
    """Cover rectangles with grey.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        Photo; not changed.
    masks : sequence of MaskRectangle
        What is covered; a pixel that a rectangle touches is covered whole.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8
    """
    out = rgb.copy()
    height, width = rgb.shape[:2]
    for mask in masks:
        rows = slice(int(mask.top * height), int(np.ceil(mask.bottom * height)))
        columns = slice(int(mask.left * width), int(np.ceil(mask.right * width)))
        out[rows, columns] = _GREY
    return out


def blinded_view(rgb: NDArray[np.uint8], masks: Sequence[MaskRectangle] = ()) -> bytes:
    """Make the picture that is released for blinded reading.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        Upright photo.
    masks : sequence of MaskRectangle
        What is covered.

    Returns
    -------
    bytes
        JPEG without metadata, at most `LONGEST_SIDE` pixels long.
    """
    # Covered before it is made smaller: no blend of a hidden pixel reaches past its mask.
    return jpeg(resized(masked(rgb, masks), LONGEST_SIDE), quality=90)


def metadata_in(picture: bytes) -> tuple[str, ...]:
    """Name the metadata that a JPEG carries.

    Parameters
    ----------
    picture : bytes
        A JPEG.

    Returns
    -------
    tuple of str
        Such as ``"APP1"`` (EXIF, XMP) or ``"comment"``; empty when there is none.

    Raises
    ------
    ValueError
        If the bytes are no JPEG, or go on after its end.
    """
    if not picture.endswith(b"\xff\xd9"):
        raise ValueError("a picture for blinded reading must be a JPEG with nothing after its end")
    named = (_named(marker) for marker, _ in _segments(picture))
    return tuple(name for name in named if name)


def stamped(picture: bytes, code: str) -> bytes:
    """Write the code of a case into a JPEG.

    The same photo shown twice would otherwise have the same bytes, and so the same address:
    a hidden repeat must not be told by it.

    Parameters
    ----------
    picture : bytes
        JPEG without metadata.
    code : str
        Opaque code of the showing.

    Returns
    -------
    bytes
    """
    words = code.encode("ascii")
    return picture[:2] + struct.pack(">BBH", 0xFF, _COMMENT, len(words) + 2) + words + picture[2:]


def _segments(picture: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield marker and content of the segments before the scan."""
    if picture[:2] != b"\xff\xd8":
        raise ValueError("a picture for blinded reading must be a JPEG")
    at = 2
    while at + 4 <= len(picture) and picture[at] == 0xFF and picture[at + 1] != _SCAN:
        (size,) = struct.unpack(">H", picture[at + 2 : at + 4])
        yield picture[at + 1], picture[at + 4 : at + 2 + size]
        at += 2 + size


def _named(marker: int) -> str:
    if marker == _COMMENT:
        return "comment"
    # APP0 is JFIF: pixel density and nothing of the camera.
    return f"APP{marker - _JFIF}" if _JFIF < marker <= _LAST_APP else ""
