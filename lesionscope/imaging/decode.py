"""From the bytes of a file to an upright sRGB picture, or one sentence why not.

What a file is, is read from its content and never from its name. Its header is judged before
any pixel is decoded, so that a small file cannot ask for gigabytes. A damaged photo is refused
rather than measured in part. The resolution that JPEG and EXIF state (dots per inch) is the
printer's, not the skin's, and is not read.
"""

from __future__ import annotations

import hashlib
import io
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import cv2
import numpy as np
import pi_heif
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from lesionscope.imaging.dicomfile import NotInDicom, is_dicom, photo_in_dicom
from lesionscope.imaging.filekind import looks_like_photo, refusal_of
from lesionscope.imaging.icc import stated_profile, to_srgb
from lesionscope.imaging.quality import Note, greyscale_note

BYTE_LIMIT = 150_000_000
"""Largest file, in bytes; a 100 megapixel camera's JPEG is about 60 million."""
PIXEL_LIMIT = 100_000_000
"""Largest picture, in pixels: 300 MB once decoded."""
SIDE_MINIMUM = 64
"""Shortest side, in pixels; below it no lesion can be told from noise."""
FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "HEIF", "GIF", "BMP")
"""What Pillow may open; a DICOM photo is taken out of its file first."""
ENDINGS = (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".tif", ".tiff", ".webp",
           ".heic", ".heif", ".hif", ".heics", ".heifs", ".bmp", ".gif", ".dcm")  # fmt: skip
"""Endings by which a folder's photos are known; what a file is, its content says later."""

# Pillow warns above this and refuses above twice this; decode() itself refuses above it.
Image.MAX_IMAGE_PIXELS = PIXEL_LIMIT
pi_heif.register_heif_opener(thumbnails=False)

# EXIF orientation -> what makes the picture upright (CIPA DC-008, table of tag 0x0112).
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_BITS_PER_SAMPLE, _NEW_SUBFILE_TYPE, _PHOTOMETRIC, _DNG_VERSION = 258, 254, 262, 50706
# Photometric interpretations of sensor data: colour filter array, linear raw (DNG 1.7).
_SENSOR_DATA = (32803, 34892)
# Rounds 16 bits to 8 (65535 / 255 = 257); cutting off the low byte would darken by half a level.
_BYTE_OF_WORD = ((np.arange(65536, dtype=np.uint32) + 128) // 257).astype(np.uint8)


class UnreadableImage(ValueError):  # noqa: N818 - a refusal, and named as one
    """A file that cannot be measured; its text is one sentence for the person who sent it."""


@dataclass(frozen=True, eq=False)
class Decoded:
    """An upright sRGB picture and what had to be done to get it.

    Attributes
    ----------
    pixels : ndarray of shape (H, W, 3), uint8
        sRGB, upright, read-only.
    sha256 : str
        Hex digest of the file.
    taken_at : datetime or None
        When the camera says the photo was taken; without a time zone unless the file names one.
    notes : tuple of Note
        What was converted, and what that means for the measurement.
    """

    pixels: NDArray[np.uint8]
    sha256: str
    taken_at: datetime | None = None
    notes: tuple[Note, ...] = field(default=())


def decode(data: bytes, *, at_least: int | None = None) -> Decoded:
    """Decode a photo to upright sRGB.

    Parameters
    ----------
    data : bytes
        A whole JPEG, PNG, TIFF, WebP, HEIC, GIF or BMP file, or a de-identified DICOM photo.
    at_least : int, optional
        For the eye alone: a longer side of so many pixels is enough, and a JPEG is then decoded
        at a half, a quarter or an eighth of its size, which is four times as fast.

    Returns
    -------
    Decoded

    Raises
    ------
    UnreadableImage
        If the file is empty, too large, not a photo, damaged, or too small to measure.
    """
    _check_bytes(data)
    with _damage_refused():
        file = _photo_file(data)
        image = _open(file)
        _check_header(image)
        notes = list(_frame_notes(image))
        profile, hdr = stated_profile(image)
        if at_least is not None:
            enough = at_least / max(image.size)
            image.draft(None, (math.ceil(enough * image.width), math.ceil(enough * image.height)))
        image.load()
    turn, taken_at, metadata = _metadata(image)
    plain, flattened = _flatten(image, file)
    upright = plain if turn is None else plain.transpose(turn)
    srgb, converted = to_srgb(upright, profile)
    notes += [
        *metadata,
        *_doubtful_turn(image, file),
        *flattened,
        *([hdr] if hdr else []),
        *converted,
    ]
    pixels = np.asarray(srgb)
    pixels.flags.writeable = False
    return Decoded(pixels, hashlib.sha256(data).hexdigest(), taken_at, tuple(notes))


def _check_bytes(data: bytes) -> None:
    if len(data) > BYTE_LIMIT:
        raise UnreadableImage(
            f"The file is larger than {BYTE_LIMIT // 10**6} MB. Export the photo as JPEG and add "
            "that file."
        )
    if not data:
        raise UnreadableImage("The file is empty (0 bytes). Copy it from the camera again.")
    refusal = None if is_dicom(data) else refusal_of(data)
    if refusal:
        raise UnreadableImage(refusal)


def _photo_file(data: bytes) -> bytes:
    if not is_dicom(data):
        return data
    try:
        return photo_in_dicom(data, pixel_limit=PIXEL_LIMIT)
    except NotInDicom as refused:
        raise UnreadableImage(str(refused)) from refused


@contextmanager
def _damage_refused() -> Iterator[None]:
    try:
        yield
    except UnreadableImage:
        raise
    except MemoryError:
        raise UnreadableImage(
            "There is not enough memory to open this picture. Export it at a smaller size."
        ) from None
    except Exception as error:  # a hostile or damaged file makes the readers raise nearly anything
        raise UnreadableImage(_DAMAGED) from error


def _open(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError:
        raise UnreadableImage(
            f"The picture has more than {2 * PIXEL_LIMIT // 10**6} megapixels; at most "
            f"{PIXEL_LIMIT // 10**6} are read. Export it at a smaller size."
        ) from None
    except UnidentifiedImageError:
        if looks_like_photo(data):
            raise UnreadableImage(_DAMAGED) from None
        raise UnreadableImage(
            "This file is not a photo that can be read. Add a JPEG, PNG, TIFF, WebP or HEIC file."
        ) from None


_DAMAGED = (
    "The photo is damaged or incomplete: only part of it could be read. Copy it from the camera "
    "again, or take it again."
)


def _check_header(image: Image.Image) -> None:
    width, height = image.size
    if width * height > PIXEL_LIMIT:
        raise UnreadableImage(
            f"The picture is {width} x {height} pixels, {width * height / 1e6:.0f} megapixels; at "
            f"most {PIXEL_LIMIT // 10**6} are read. Export it at a smaller size."
        )
    if min(width, height) < SIDE_MINIMUM:
        raise UnreadableImage(
            f"The picture is {width} x {height} pixels, too small to measure: each side needs at "
            f"least {SIDE_MINIMUM}. Use the original photo, not a thumbnail."
        )
    tags = getattr(image, "tag_v2", {})
    sensor = tags.get(_PHOTOMETRIC) in _SENSOR_DATA or _DNG_VERSION in tags
    if sensor or int(tags.get(_NEW_SUBFILE_TYPE, 0)) & 1:
        raise UnreadableImage(
            "This is a camera raw file, whose readable part is only a preview. Develop it and "
            "export a JPEG or TIFF."
        )


def _frame_notes(image: Image.Image) -> tuple[Note, ...]:
    # A phone's JPEG may carry further pictures (MPO: depth, gain map); the first is the photo.
    if image.format == "MPO" or not getattr(image, "is_animated", False):
        return ()
    return (
        Note(
            "first_frame",
            "warning",
            "The file holds several pictures (an animation, a burst or several pages); only the "
            "first was measured.",
            "Add each picture as a file of its own.",
        ),
    )


def _metadata(
    image: Image.Image,
) -> tuple[Image.Transpose | None, datetime | None, tuple[Note, ...]]:
    # After load(): a PNG may keep its EXIF behind the pixels, and the readers of TIFF and HEIC
    # have by then turned the picture themselves and say so by setting the orientation to 1.
    try:
        exif = image.getexif()
        if image.info.get("exif") and not exif:
            raise ValueError("a block of metadata from which nothing can be read")
        turn = _UPRIGHT.get(exif.get(ExifTags.Base.Orientation, 1))
        return turn, _taken_at(dict(exif.get_ifd(ExifTags.IFD.Exif))), ()
    except Exception:  # damaged EXIF raises nearly anything, and the pixels are still good
        note = Note(
            "metadata_damaged",
            "warning",
            "The photo's metadata are damaged: it may not be upright, and its date is not known.",
            "Check that the photo is upright; if it is not, turn it and save it anew.",
        )
        return None, None, (note,)


def _doubtful_turn(image: Image.Image, data: bytes) -> tuple[Note, ...]:
    # A HEIC file is turned by its irot and imir boxes and not by EXIF (ISO/IEC 23008-12, 6.5.10);
    # some programs write EXIF alone.
    stated = image.info.get("original_orientation") if image.format == "HEIF" else None
    if stated in (None, 1) or b"irot" in data or b"imir" in data:
        return ()
    return (
        Note(
            "orientation_doubtful",
            "warning",
            "The file states two different ways up: the photo may lie on its side.",
            "Check that the photo is upright; if it is not, turn it and save it as JPEG.",
        ),
    )


def _taken_at(exif: dict[int, object]) -> datetime | None:
    stamp = re.match(
        r"\d{4}:\d\d:\d\d \d\d:\d\d:\d\d", str(exif.get(ExifTags.Base.DateTimeOriginal, ""))
    )
    offset = re.match(r"[+-]\d\d:\d\d", str(exif.get(ExifTags.Base.OffsetTimeOriginal, "")))
    if stamp is None:
        return None
    try:
        if offset is None:
            return datetime.strptime(stamp[0], "%Y:%m:%d %H:%M:%S")
        return datetime.strptime(stamp[0] + offset[0], "%Y:%m:%d %H:%M:%S%z")
    except ValueError:  # a camera without a clock writes 0000:00:00
        return None


def _flatten(image: Image.Image, data: bytes) -> tuple[Image.Image, tuple[Note, ...]]:
    """Bring any mode to 8 bit RGB, L or CMYK."""
    if image.mode.startswith("I;16") or _is_deep(image, data):
        image = _eight_bit(image, data)
    if image.mode in ("P", "PA"):
        clear = image.mode == "PA" or "transparency" in image.info
        flat, notes = _on_white(image.convert("RGBA" if clear else "RGB"))
        return flat, (_palette_note(), *notes)
    if image.mode == "1":
        return image.convert("L"), (greyscale_note(),)
    if image.mode in ("L", "LA"):
        flat, notes = _on_white(image)
        return flat, (greyscale_note(), *notes)
    if image.mode in ("RGB", "RGBA", "RGBa"):
        return _on_white(image)
    if image.mode == "CMYK":
        return image, ()
    if image.mode in ("RGBX", "YCbCr"):
        return image.convert("RGB"), ()
    raise UnreadableImage(
        f"The picture stores its colours in a form that cannot be read ({image.mode}). Export it "
        "as JPEG, or as PNG or TIFF with 8 or 16 bits a channel."
    )


def _is_deep(image: Image.Image, data: bytes) -> bool:
    if image.mode not in ("RGB", "RGBA", "RGBX", "LA"):
        return False
    if image.format == "PNG":
        return data[24] == 16  # IHDR: bits of one sample (ISO/IEC 15948, 11.2.2)
    bits = getattr(image, "tag_v2", {}).get(_BITS_PER_SAMPLE, ())
    return bool(bits) and all(b == 16 for b in np.atleast_1d(bits))


def _eight_bit(image: Image.Image, data: bytes) -> Image.Image:
    if image.mode.startswith("I;16"):
        return Image.fromarray(_BYTE_OF_WORD[np.asarray(image).astype(np.uint16)])
    # Pillow keeps the high byte of 16 bit colours only; OpenCV reads all of it.
    words = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if words is None or words.dtype != np.uint16 or words.shape[:2] != image.size[::-1]:
        return image
    order = (2, 1, 0, 3)[: words.shape[2]] if words.ndim == 3 else ...
    return Image.fromarray(np.ascontiguousarray(_BYTE_OF_WORD[words][..., order]))


def _on_white(image: Image.Image) -> tuple[Image.Image, tuple[Note, ...]]:
    if not image.has_transparency_data:
        return image, ()
    layered = image.convert("RGBA")
    alpha = np.asarray(layered.getchannel("A"))
    plain = "L" if image.mode in ("L", "LA") else "RGB"
    if alpha.min() == 255:
        return image.convert(plain), ()
    white = Image.new("RGBA", image.size, "white")
    white.alpha_composite(layered)
    return white.convert(plain), (
        Note(
            "transparent",
            "warning",
            "Parts of the picture are transparent and were laid on white: they were edited out "
            "and cannot be measured.",
            "Use the photo as the camera wrote it.",
            round(100 * float(np.mean(alpha < 255)), 1),
            "% of the picture",
        ),
    )


def _palette_note() -> Note:
    return Note(
        "palette",
        "serious",
        "The picture has at most 256 colours: neighbouring shades of red were merged, so redness "
        "and lesion borders are not reliable.",
        "Use the photo as the camera wrote it (JPEG or HEIC).",
    )
