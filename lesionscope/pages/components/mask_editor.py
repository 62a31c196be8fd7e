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
from dataclasses import asdict, dataclass
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


@dataclass(frozen=True)
class PhotoFacts:
    """What the editor shows and offers beside the outline.

    Attributes
    ----------
    cm2_per_px : float or None
        Area of a pixel in cm2; None where the photo has no scale.
    percent_per_px : float or None
        Body surface of a pixel in percent; None where the photo has no scale.
    clear_skin : tuple of int or None
        (x, y) pixel of the clear skin that a reader chose as the reference.
    hands : tuple of (float, float)
        Centres (x, y) of the hands in view; of two or more the ruler can be chosen.
    ruler_hand : int or None
        Which of them is the ruler now.
    layers_of : int or None
        Number of the measurement that layers can be had of, see `layer_relay`; None for none.
    corrected : bool
        Whether a layer in corrected colour is among them.
    """

    cm2_per_px: float | None = None
    percent_per_px: float | None = None
    clear_skin: tuple[int, int] | None = None
    hands: tuple[tuple[float, float], ...] = ()
    ruler_hand: int | None = None
    layers_of: int | None = None
    corrected: bool = False

    def __post_init__(self) -> None:
        for name in ("cm2_per_px", "percent_per_px"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ValueError(f"{name} must be positive or None, got {value}")


@dataclass(frozen=True, eq=False)
class Edit:
    """What a clinician saved.

    Attributes
    ----------
    mask : ndarray of shape (H, W), bool
        The outline.
    clear_skin : tuple of int or None
        (x, y) pixel of the clear skin chosen as the reference.
    """

    mask: NDArray[np.bool_]
    clear_skin: tuple[int, int] | None = None


@dataclass(frozen=True)
class HandChoice:
    """The hand that a clinician pointed at as the ruler.

    Attributes
    ----------
    at : tuple of float
        (x, y) pixel of the photo.
    """

    at: tuple[float, float]


def mask_editor(
    photo_jpeg: bytes, mask: NDArray[np.bool_], facts: PhotoFacts, *, key: str
) -> Edit | HandChoice | None:
    """Show the editor and return what the clinician saved or chose.

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
    facts : PhotoFacts
        Scale, reference and hands.
    key : str
        Names the editor and, together with the photo's hash, its draft in this browser. Put the
        reader in it where several people share a browser; keep patients and dates out of it.

    Returns
    -------
    Edit or HandChoice or None
        Once for each press of Save, and for each hand chosen; None in every other run, and where
        the page has the very same already.

    Raises
    ------
    ValueError
        If the mask is not bool of the photo's size, the photo is rotated by EXIF, or the browser
        sent run lengths that do not fill the photo.
    """
    _check(photo_jpeg, mask)
    photo = hashlib.sha256(photo_jpeg).hexdigest()
    state = st.session_state.get(key)
    sent = _sent(state)
    header = {
        "key": key,
        "photo": photo,
        "width": mask.shape[1],
        "height": mask.shape[0],
        **asdict(facts),
        "received": sent.get("id") if sent.get("photo") == photo else None,
    }
    # The callback declares "saved" as state: unlike a trigger it outlives an interrupted run.
    _EDITOR(
        key=key,
        data=_packed(header, mask, photo_jpeg),
        on_saved_change=lambda: None,
        on_hand_change=lambda: None,
    )
    chosen = _chosen_hand(state, photo, key)
    if chosen is not None:
        return chosen
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
    clear_skin = pixel(sent.get("clear_skin"))
    if np.array_equal(saved, mask) and clear_skin == facts.clear_skin:
        return None
    return Edit(saved, clear_skin)


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


def _check(photo: bytes, mask: NDArray[np.bool_]) -> None:
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


def _packed(header: Mapping[str, Any], mask: NDArray[np.bool_], photo: bytes) -> bytes:
    runs = encode_runs(mask)
    head = json.dumps({**header, "mask_bytes": len(runs)}).encode()
    return b"".join((len(head).to_bytes(4, "little"), head, runs, photo))


def _chosen_hand(state: Any, photo: str, key: str) -> HandChoice | None:
    """Return the hand that was pointed at on this photo, once."""
    hand = state.get("hand") if isinstance(state, Mapping) else None
    taken = f"{key}.hand_taken"
    if not isinstance(hand, Mapping) or hand.get("photo") != photo:
        return None
    at = pixel(hand.get("at"))
    if at is None or hand.get("id") == st.session_state.get(taken):
        return None
    st.session_state[taken] = hand.get("id")
    return HandChoice(at)


def pixel(value: Any) -> tuple[int, int] | None:
    """Read a pixel that the browser sent.

    Parameters
    ----------
    value : object
        A list of two numbers, or anything else.

    Returns
    -------
    tuple of int or None
        (x, y); None where it is no pixel.

    Examples
    --------
    >>> pixel([3, 4]), pixel(None)
    ((3, 4), None)
    """
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    if not all(isinstance(part, int | float) for part in value):
        return None
    return int(value[0]), int(value[1])


def _sent(state: Any) -> Mapping[str, Any]:
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
