"""The files of a measurement in a folder: masks, overlay and document, named after the photo."""

from __future__ import annotations

import io
import os
import re
import unicodedata
from collections.abc import Collection
from pathlib import Path

import numpy as np
from PIL import Image

from lesionscope.core.measurement import Measurement
from lesionscope.core.photo import Photo
from lesionscope.exchange.measurement_json import document, json_text, mask_files
from lesionscope.imaging.overlay import outline_overlay
from lesionscope.imaging.resize import resized, resized_mask

OVERLAY_SIDE = 2000
"""Long side of the overlay, in pixels: it is for eyes, and a 12 megapixel PNG takes seconds."""

_MASKS = ("lesion", "skin", "hand")
# Longest file name of common file systems is 255 bytes; the longest ending takes 12.
_NAME_BYTES = 180
_UNSAFE = frozenset('<>:"/\\|?*')
_JOINER = "\N{ZERO WIDTH JOINER}"
# Devices of Windows, whatever the ending.
_DEVICE = re.compile(r"(CON|PRN|AUX|NUL|COM\d|LPT\d)(\..*)?", re.IGNORECASE)


def safe_name(file_name: str, taken: Collection[str] = ()) -> str:
    """Return what the files of a photo are called.

    Parameters
    ----------
    file_name : str
        Name of the photo's file; folders before it are dropped.
    taken : collection of str
        Names in use; case does not tell two names apart.

    Returns
    -------
    str
        The stem of the file name, without characters that a file system may refuse, followed
        by ``_2``, ``_3`` ... when it is taken.

    Examples
    --------
    >>> safe_name("../visit 1/abdomen.jpg")
    'abdomen'
    >>> safe_name("abdomen.png", taken={"abdomen"})
    'abdomen_2'
    """
    last = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    stem = Path(last).stem if last.strip(".") else ""
    kept = "".join("_" if _is_unsafe(c) else c for c in unicodedata.normalize("NFC", stem))
    shortened = kept.encode()[:_NAME_BYTES].decode(errors="ignore").strip(". ")
    name = f"_{shortened}" if _DEVICE.fullmatch(shortened) else shortened or "photo"
    in_use = {other.casefold() for other in taken}
    number, unique = 1, name
    while unique.casefold() in in_use:
        number += 1
        unique = f"{name}_{number}"
    return unique


def _is_unsafe(character: str) -> bool:
    # Control and format characters (they can reverse a name's display), odd spaces, and lone
    # surrogates (a name that was not UTF-8). The joiner is kept, because emoji are made with it.
    plain = character in (" ", _JOINER)
    return character in _UNSAFE or (unicodedata.category(character)[0] in "CZ" and not plain)


def file_names(name: str) -> tuple[str, ...]:
    """Return what the files of a measurement are called.

    Parameters
    ----------
    name : str
        As from `safe_name`.

    Returns
    -------
    tuple of str
        The three masks, the overlay and the document.

    Examples
    --------
    >>> file_names("arm")
    ('arm_lesion.png', 'arm_skin.png', 'arm_hand.png', 'arm_overlay.png', 'arm.json')
    """
    return (*(f"{name}_{mask}.png" for mask in _MASKS), f"{name}_overlay.png", f"{name}.json")


def write_measurement(
    folder: Path, name: str, photo: Photo, found: Measurement
) -> tuple[Path, ...]:
    """Write the five files of a measurement.

    Parameters
    ----------
    folder : Path
        Where to; created when missing. Files of an earlier run are replaced.
    name : str
        As from `safe_name`.
    photo : Photo
        The photo measured.
    found : Measurement
        What was found in it.

    Returns
    -------
    tuple of Path
        In the order of `file_names`, which is that of writing: the JSON comes last, so that it
        stands for a whole set.
    """
    folder.mkdir(parents=True, exist_ok=True)
    masks = mask_files(found)
    overlay, text = overlay_png(photo, found), json_text(document(found)).encode()
    contents = (*(masks[mask] for mask in _MASKS), overlay, text)
    paths = tuple(folder / file_name for file_name in file_names(name))
    for path, content in zip(paths, contents, strict=True):
        _write_whole(path, content)
    return paths


def overlay_png(photo: Photo, found: Measurement) -> bytes:
    """Draw the outlines of lesions, skin and ruler hand on a photo.

    Parameters
    ----------
    photo : Photo
        The photo measured.
    found : Measurement
        What was found in it.

    Returns
    -------
    bytes
        PNG, at most `OVERLAY_SIDE` pixels on its long side.
    """
    small = resized(photo.pixels, OVERLAY_SIDE)
    size = small.shape[0], small.shape[1]
    lesion, skin, hand = (
        resized_mask(mask, size)
        for mask in (found.lesion_map.mask, found.skin_mask, found.hand_mask)
    )
    drawn = outline_overlay(np.asarray(small), lesion, skin=skin, hand=hand)
    file = io.BytesIO()
    Image.fromarray(drawn).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _write_whole(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old one or the whole new one."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_bytes(data)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
