"""The comparator: photos of one site at several visits, looked at together.

The browser holds every photo at the size of the screen, as taken and as it lies on the first one,
so that zoom, slider, fade and blink ask nobody. What is finer than that it asks for through
`lesionscope.pages.components.detail_relay`.

Everything travels as one block of bytes: four bytes of header length (little endian), the header
as JSON, the pictures. Places on a photo are shares of its longer side.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from lesionscope.imaging.mesh import STEP, Mesh
from lesionscope.imaging.outlines import Outline

_HERE = Path(__file__).parent

_COMPARATOR = st.components.v2.component(
    "lesionscope_comparator",
    html=(_HERE / "comparator.html").read_text(encoding="utf-8"),
    css=(_HERE / "comparator.css").read_text(encoding="utf-8"),
    js=(_HERE / "comparator.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True, eq=False)
class VisitPicture:
    """One visit as the comparator shows it; the first of all is the baseline.

    Attributes
    ----------
    id : str
        Names the photo between browser and server.
    title, day : str
        What stands over it.
    note : str
        How well it lies on the baseline, or why it does not, as a sentence.
    size : tuple of int
        Height and width of the photo itself, pixels.
    taken : bytes
        The photo as taken, JPEG.
    mm : float or None
        Length of the photo's longer side, millimetres; None where it has no scale.
    outlines : list
        Lesions in the photo as taken.
    aligned, change : bytes
        The photo as it lies on the baseline and the change map, JPEG; empty where there is none.
    mesh : Mesh or None
        Where the baseline lies in the photo; None where the two are not aligned.
    tracked : list
        Lesions on the baseline, with their numbers.
    gain : tuple of float or None
        What its light is multiplied by to look like the baseline's.
    """

    id: str
    title: str
    day: str
    note: str
    size: tuple[int, int]
    taken: bytes
    mm: float | None = None
    outlines: Sequence[Outline] = ()
    aligned: bytes = b""
    change: bytes = b""
    mesh: Mesh | None = None
    tracked: Sequence[Outline] = ()
    gain: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class LesionCard:
    """What is said of a lesion when it is chosen.

    Attributes
    ----------
    number : int
        As in the outlines.
    centre : tuple of float
        (x, y) on the baseline.
    title : str
        In a few words.
    lines : tuple of str
        Visit by visit, and the trend.
    """

    number: int
    centre: tuple[float, float]
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class SameSpots:
    """Spots of skin that a person marked in two photos.

    Attributes
    ----------
    follow : str
        Id of the later photo.
    base_spots, follow_spots : tuple of (float, float)
        (x, y) in the baseline and in the later photo, in the same order.
    """

    follow: str
    base_spots: tuple[tuple[float, float], ...]
    follow_spots: tuple[tuple[float, float], ...]


def comparator(
    pictures: Sequence[VisitPicture],
    lesions: Sequence[LesionCard],
    *,
    may_align: bool,
    key: str,
) -> SameSpots | None:
    """Show photos of two to six visits together.

    Parameters
    ----------
    pictures : sequence of VisitPicture
        The baseline first.
    lesions : sequence of LesionCard
        What is known of the lesions that the outlines number.
    may_align : bool
        Whether the reader may mark spots to lay photos onto each other.
    key : str
        Names the comparator; keep patients and dates out of it.

    Returns
    -------
    SameSpots or None
        Once for each pair of photos that a person laid onto each other by hand.

    Raises
    ------
    ValueError
        If there are not two to six pictures, or two of them share an id.
    """
    ids = [picture.id for picture in pictures]
    if not 2 <= len(ids) <= 6 or len(set(ids)) != len(ids):
        raise ValueError(f"two to six different photos are needed, got {len(ids)}")
    state = st.session_state.get(key)
    spots = _sent(state)
    _COMPARATOR(
        key=key,
        data=packed(pictures, lesions, key=key, may_align=may_align, received=spots.get("id")),
        on_spots_change=lambda: None,
    )
    taken = f"{key}.taken"
    if not spots or spots["id"] == st.session_state.get(taken):
        return None
    st.session_state[taken] = spots["id"]
    base, follow = _spots_of(spots.get("base")), _spots_of(spots.get("follow"))
    if spots.get("visit") not in ids[1:]:
        return None
    return SameSpots(spots["visit"], base, follow)


def packed(pictures: Sequence[VisitPicture], lesions: Sequence[LesionCard], **more: Any) -> bytes:
    """Return what the browser is sent as one block of bytes."""
    blobs: list[bytes] = []
    places: dict[str, list[int]] = {}

    def place(data: bytes) -> str | None:
        """Return the name of a picture among the blobs; the same bytes travel once."""
        if not data:
            return None
        name = hashlib.sha256(data).hexdigest()[:16]
        if name not in places:
            places[name] = [sum(map(len, blobs)), len(data)]
            blobs.append(data)
        return name

    header = {
        "visits": [
            {
                "id": one.id,
                "title": one.title,
                "day": one.day,
                "note": one.note,
                "width": one.size[1],
                "height": one.size[0],
                "mm": one.mm,
                "gain": one.gain,
                "outlines": one.outlines,
                "tracked": one.tracked,
                "mesh": _mesh_part(one.mesh),
                "taken": place(one.taken),
                "aligned": place(one.aligned),
                "change": place(one.change),
            }
            for one in pictures
        ],
        "lesions": [
            {"number": one.number, "centre": one.centre, "title": one.title, "lines": one.lines}
            for one in lesions
        ],
        "blobs": places,
        **more,
    }
    return bundle(header, blobs)


def bundle(header: Mapping[str, Any], blobs: Sequence[bytes]) -> bytes:
    """Return a header and blobs as one block of bytes."""
    head = json.dumps(header).encode()
    return b"".join((len(head).to_bytes(4, "little"), head, *blobs))


def _mesh_part(mesh: Mesh | None) -> dict[str, Any] | None:
    if mesh is None:
        return None
    rows, columns = mesh.nodes.shape[:2]
    nodes = base64.b64encode(np.ascontiguousarray(mesh.nodes, "<f4").tobytes()).decode()
    return {"step": STEP, "rows": rows, "columns": columns, "nodes": nodes}


def _sent(state: Any) -> Mapping[str, Any]:
    """Return the spots last sent, or nothing: the browser's word is not trusted to be complete."""
    spots = state.get("spots") if isinstance(state, Mapping) else None
    if not isinstance(spots, Mapping):
        return {}
    return spots if all(isinstance(spots.get(name), str) for name in ("id", "visit")) else {}


def _spots_of(value: Any) -> tuple[tuple[float, float], ...]:
    if not isinstance(value, list | tuple):
        return ()
    spots = []
    for spot in value:
        if not isinstance(spot, list | tuple) or len(spot) != 2:
            return ()
        x, y = (float(part) if isinstance(part, int | float) else math.nan for part in spot)
        spots.append((x, y))
    return tuple(spots)
