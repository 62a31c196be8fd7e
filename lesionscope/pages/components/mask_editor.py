"""The mask editor: a clinician corrects a lesion mask on the photo, pixel by pixel.

The browser holds the mask as one cell a pixel of the photo and draws into it without
anti-aliasing, so what comes back is what was seen. Both directions carry the mask as run
lengths: row by row from the top left, background first, each length as a LEB128 integer
(seven bits a byte, lowest first). One mask has one coding, so equal bytes mean equal masks.

The photo, the mask and a header travel to the browser as one block of bytes:
four bytes of header length (little endian), the header as JSON, the run lengths, the photo.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

_HERE = Path(__file__).parent
_EXIF_ORIENTATION = 0x0112
_LONGEST_CODE = 5
"""Bytes of the longest run length: 35 bits, more than any photo has pixels."""

_EDITOR = st.components.v2.component(
    "lesionscope_mask_editor",
    html=(_HERE / "mask_editor.html").read_text(encoding="utf-8"),
    css=(_HERE / "mask_editor.css").read_text(encoding="utf-8"),
    js=(_HERE / "mask_editor.js").read_text(encoding="utf-8"),
)


def mask_editor(
    photo_jpeg: bytes,
    mask: NDArray[np.bool_],
    *,
    cm2_per_px: float | None,
    percent_per_px: float | None,
    key: str,
) -> NDArray[np.bool_] | None:
    """Show the editor and return what the clinician saved.

    Strokes live in the browser: a rerun of the page does not touch them, and a draft survives
    a reload. Store the mask that comes back and pass the stored one in again: only when the
    browser finds its own pixels in `mask` does it say "Saved" and drop the draft. Any other new
    `mask` for the same photo replaces the outline as a step that can be undone.

    Parameters
    ----------
    photo_jpeg : bytes
        The upright photo as JPEG, PNG or WebP, without an EXIF rotation.
    mask : ndarray of bool, shape (H, W)
        The outline to start from, in pixels of that photo.
    cm2_per_px : float or None
        Area of a pixel in cm2; None where the photo has no scale.
    percent_per_px : float or None
        Body surface of a pixel in percent; None where the photo has no scale.
    key : str
        Names the editor and, together with the photo's hash, its draft in this browser. Put the
        reader in it where several people share a browser; keep patients and dates out of it.

    Returns
    -------
    ndarray of bool, shape (H, W), or None
        The mask, once for each press of Save; None in every other run, and where it is `mask`.

    Raises
    ------
    ValueError
        If the mask is not bool of the photo's size, the photo is rotated by EXIF, a factor is
        not positive, or the browser sent run lengths that do not fill the photo.
    """
    _check(photo_jpeg, mask, cm2_per_px, percent_per_px)
    photo = hashlib.sha256(photo_jpeg).hexdigest()
    sent = _sent(st.session_state.get(key))
    header = {
        "key": key,
        "photo": photo,
        "width": mask.shape[1],
        "height": mask.shape[0],
        "cm2_per_px": cm2_per_px,
        "percent_per_px": percent_per_px,
        "received": sent.get("id") if sent.get("photo") == photo else None,
    }
    # The callback declares "saved" as state: unlike a trigger it outlives an interrupted run.
    _EDITOR(key=key, data=_packed(header, mask, photo_jpeg), on_saved_change=lambda: None)
    taken = f"{key}.taken"
    if not sent or sent["photo"] != photo or sent["id"] == st.session_state.get(taken):
        return None
    try:
        saved = decode_runs(_bytes_of(sent["runs"]), (mask.shape[0], mask.shape[1]))
    finally:
        # The last act before the page has the mask: Streamlit can stop a run at any other call of
        # its own, and the next run must then hand the save out again.
        st.session_state[taken] = sent["id"]
    # A browser that meets a restarted server repeats its last save; the record has it already.
    return None if np.array_equal(saved, mask) else saved


def encode_runs(mask: NDArray[np.bool_]) -> bytes:
    """Code a mask as run lengths.

    Parameters
    ----------
    mask : ndarray of bool, shape (H, W)

    Returns
    -------
    bytes
        LEB128 lengths in pixels, background first; the first is 0 where the mask starts inside.

    Examples
    --------
    >>> list(encode_runs(np.array([[False, False, True], [True, False, False]])))
    [2, 2, 2]
    """
    cells = mask.ravel()
    turns = np.flatnonzero(cells[1:] != cells[:-1]) + 1
    runs = np.diff(turns, prepend=0, append=cells.size)
    if cells.size and cells[0]:
        runs = np.concatenate(([0], runs))
    sizes = np.ones(runs.size, np.int64)
    for k in range(1, _LONGEST_CODE):
        sizes += runs >= 1 << 7 * k
    starts = np.cumsum(sizes) - sizes
    code = np.zeros(int(sizes.sum()), np.uint8)
    for k in range(_LONGEST_CODE):
        longer = sizes > k
        more = np.where(sizes[longer] > k + 1, 0x80, 0)
        code[starts[longer] + k] = (runs[longer] >> 7 * k) & 0x7F | more
    return code.tobytes()


def decode_runs(code: bytes, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Read a mask back from its run lengths.

    Parameters
    ----------
    code : bytes
        As `encode_runs` makes them.
    shape : tuple of int
        Height and width in pixels.

    Returns
    -------
    ndarray of bool, shape (H, W)

    Raises
    ------
    ValueError
        If a length is cut off or too long, or the lengths do not add up to the pixels.

    Examples
    --------
    >>> decode_runs(bytes([2, 2, 2]), (2, 3)).astype(int).tolist()
    [[0, 0, 1], [1, 0, 0]]
    """
    cells = shape[0] * shape[1]
    cut = np.frombuffer(code, np.uint8)
    ends = np.flatnonzero(cut < 0x80)
    starts = np.concatenate(([0], ends[:-1] + 1)).astype(np.int64)[: ends.size]
    sizes = ends - starts + 1
    if not ends.size or ends[-1] != cut.size - 1 or sizes.max() > _LONGEST_CODE:
        raise ValueError(f"run lengths must be whole LEB128 integers, got {cut.size} bytes")
    runs = np.zeros(ends.size, np.int64)
    for k in range(int(sizes.max())):
        longer = sizes > k
        runs[longer] |= (cut[starts[longer] + k].astype(np.int64) & 0x7F) << 7 * k
    if runs.sum() != cells:
        raise ValueError(f"run lengths must add up to {cells} pixels, got {runs.sum()}")
    inside = np.arange(runs.size) % 2 == 1
    return np.repeat(inside, runs).reshape(shape)


def _check(
    photo: bytes, mask: NDArray[np.bool_], cm2_per_px: float | None, percent_per_px: float | None
) -> None:
    if mask.ndim != 2 or mask.dtype != np.bool_ or not mask.size:
        raise ValueError(f"mask must be bool (H, W), got {mask.dtype} {mask.shape}")
    with Image.open(io.BytesIO(photo)) as header:
        size, turned = header.size, header.getexif().get(_EXIF_ORIENTATION, 1)
    if size != mask.shape[::-1]:
        raise ValueError(
            f"mask must be {size[0]} x {size[1]}, got {mask.shape[1]} x {mask.shape[0]}"
        )
    if turned != 1:
        raise ValueError(f"photo must be stored upright, got EXIF orientation {turned}")
    for name, value in (("cm2_per_px", cm2_per_px), ("percent_per_px", percent_per_px)):
        if value is not None and not value > 0:
            raise ValueError(f"{name} must be positive or None, got {value}")


def _packed(header: Mapping[str, Any], mask: NDArray[np.bool_], photo: bytes) -> bytes:
    runs = encode_runs(mask)
    head = json.dumps({**header, "mask_bytes": len(runs)}).encode()
    return b"".join((len(head).to_bytes(4, "little"), head, runs, photo))


def _sent(state: Any) -> Mapping[str, str]:
    """Return what Save last sent, or nothing: the browser's word is not trusted to be complete."""
    saved = state.get("saved") if isinstance(state, Mapping) else None
    if not isinstance(saved, Mapping):
        return {}
    if not all(isinstance(saved.get(name), str) for name in ("id", "photo", "runs")):
        return {}
    return saved


def _bytes_of(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ValueError("run lengths must come as base64") from error
