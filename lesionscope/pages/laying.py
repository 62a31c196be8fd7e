"""Later photos of a series laid onto the first: from the shelf, or computed once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from lesionscope.core.comparison import Comparison
from lesionscope.core.lesion_course import LesionCourse
from lesionscope.core.people import Reader
from lesionscope.exchange.comparison_files import comparison_document, comparison_from
from lesionscope.exchange.course_files import course_document, course_from
from lesionscope.exchange.measurement_json import measurement_from
from lesionscope.follow_up import MeasuredPhoto, compare, pictures_of
from lesionscope.imaging.maskfile import gray_from_png, gray_png, mask_from_png, mask_png
from lesionscope.imaging.mesh import Mesh, mesh_of, mesh_through
from lesionscope.imaging.outlines import Outline, outlines
from lesionscope.imaging.overlay import jpeg
from lesionscope.imaging.same_light import clear_light, light_gain
from lesionscope.imaging.skin_features import Points
from lesionscope.pages import pictures, session
from lesionscope.pages.kept import Files, shelf
from lesionscope.pages.serial import EDITION, Shot, preview
from lesionscope.series import (
    SIDE,
    Layer,
    area_unit,
    at_series_size,
    base_layer,
    follow_layer,
    lesion_courses,
)
from lesionscope.store.alignments import MarkedSpots
from lesionscope.store.shelf import Shelf

# Haemoglobin contrast is kept as a grey picture: from, and how wide.
_BLOOD_FROM, _BLOOD_SPAN = -0.5, 2.0


@dataclass(frozen=True, eq=False)
class Laid:
    """A later photo on the first.

    Attributes
    ----------
    mesh : Mesh or None
        Where the first photo's skin lies in it; None where the two cannot be aligned.
    comparison : Comparison or None
        What changed; None where either photo is not measured.
    marked : MarkedSpots or None
        The spots that a person marked, if the map rests on them.
    by_spots_alone : bool
        The map follows the spots and nothing was found that confirms it: for looking alone.
    gain : tuple of float or None
        What its light is multiplied by to look like the first photo's.
    aligned, change : bytes
        The photo as it lies on the first, and the change map, JPEG; empty where there is none.
    key : str
        Of the bundle on the shelf; empty where nothing was computed.
    """

    mesh: Mesh | None
    comparison: Comparison | None
    marked: MarkedSpots | None
    by_spots_alone: bool
    gain: tuple[float, float, float] | None
    aligned: bytes
    change: bytes
    key: str

    @property
    def measured(self) -> bool:
        """Whether the photo lies on the first well enough to measure a change."""
        return self.comparison is not None and not self.comparison.alignment.refused


@dataclass(frozen=True, eq=False)
class Followed:
    """The lesions of a series.

    Attributes
    ----------
    courses : tuple of LesionCourse
        Largest first; entries are in the order of `visits`.
    visits : tuple of int
        Which shots of the series are in the courses: the first, and those that lie on it.
    outlines : tuple of list
        For each of these visits, the lesions on the first photo with their numbers.
    """

    courses: tuple[LesionCourse, ...]
    visits: tuple[int, ...]
    outlines: tuple[list[Outline], ...]


def laid(reader: Reader, base: Shot, follow: Shot) -> Laid | None:
    """Return a later photo laid onto the first if that is on the shelf already, else None."""
    marked = session.store().marked_spots(reader, base.photo.id, follow.photo.id)
    key = _pair_key(base, follow, marked)
    kept = shelf().get(key)
    return None if kept is None else _laid_from(kept, marked, key)


def lay(reader: Reader, base: Shot, follow: Shot) -> Laid:
    """Lay a later photo onto the first, which takes seconds, and keep it on the shelf."""
    known = laid(reader, base, follow)
    if known is not None:
        return known
    marked = session.store().marked_spots(reader, base.photo.id, follow.photo.id)
    files = _computed(reader, (base, follow), marked)
    key = _pair_key(base, follow, marked)
    shelf().put(key, files)
    return _laid_from(files, marked, key)


def _pair_key(base: Shot, follow: Shot, marked: MarkedSpots | None) -> str:
    spots = None if marked is None else [marked.base, marked.follow]
    return Shelf.key(
        {"what": "pair", "edition": EDITION, "side": SIDE, "base": base.identity,
         "follow": follow.identity, "spots": spots}
    )  # fmt: skip


def _laid_from(files: Files, marked: MarkedSpots | None, key: str) -> Laid:
    facts = json.loads(files["facts"])
    document = facts["comparison"]
    gain = facts["gain"]
    return Laid(
        mesh=Mesh.from_bytes(files["mesh"]) if "mesh" in files else None,
        comparison=None if document is None else comparison_from(document),
        marked=marked,
        by_spots_alone=facts["by_spots_alone"],
        gain=None if gain is None else (gain[0], gain[1], gain[2]),
        aligned=files.get("aligned", b""),
        change=files.get("change", b""),
        key=key,
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _measured(sha256: str, measurement_id: int, _reader: Reader, _shot: Shot) -> MeasuredPhoto:  # noqa: ARG001 - what the cache tells photos apart by
    assert _shot.measurement is not None
    files = session.store().measurement_files(_reader, measurement_id)
    found = measurement_from(_shot.measurement.document, files)
    return at_series_size(pictures.decoded(_reader, _shot.photo), found)


def _as_measured(reader: Reader, shot: Shot) -> MeasuredPhoto | None:
    if shot.measurement is None:
        return None
    return _measured(shot.photo.sha256, shot.measurement.id, reader, shot)


def _computed(reader: Reader, pair: tuple[Shot, Shot], marked: MarkedSpots | None) -> Files:
    """Lay one photo onto another; by the marked spots alone where nothing else holds."""
    one, other = (_as_measured(reader, shot) for shot in pair)
    if one is None or other is None:
        return _by_spots(reader, pair, marked, None)
    compared = compare(one, other, points=_in_pixels(marked, one, other))
    if compared.comparison.alignment.refused:
        return _by_spots(reader, pair, marked, compared.comparison)
    drawn = pictures_of(one, other, compared)
    layer = follow_layer(other, compared)
    clear = compared.shared & ~compared.base_lesion & ~compared.follow_lesion
    lights = [
        clear_light(np.asarray(rgb), clear) for rgb in (one.photo.pixels, drawn["aligned.jpg"])
    ]
    facts = {
        "comparison": comparison_document(compared.comparison),
        "by_spots_alone": False,
        "gain": light_gain(*lights),
    }
    return {
        "facts": json.dumps(facts).encode(),
        "mesh": mesh_of(compared.registration).to_bytes(),
        "aligned": jpeg(drawn["aligned.jpg"]),
        "change": jpeg(drawn["change_map.png"]),
        **_layer_files(layer),
    }


def _in_pixels(
    marked: MarkedSpots | None, one: MeasuredPhoto, other: MeasuredPhoto
) -> tuple[Points, Points] | None:
    if marked is None:
        return None
    sides = max(one.photo.size), max(other.photo.size)
    base, follow = (
        np.array(spots, np.float64) * side - 0.5
        for spots, side in zip((marked.base, marked.follow), sides, strict=True)
    )
    return base, follow


def _by_spots(
    reader: Reader,
    pair: tuple[Shot, Shot],
    marked: MarkedSpots | None,
    comparison: Comparison | None,
) -> Files:
    """Lay a photo onto another by marked spots alone, or not at all where none are marked."""
    views = [preview(reader, shot) for shot in pair]
    lights = [None if v.light is None else np.array(v.light) for v in views]
    facts = {
        "comparison": None if comparison is None else comparison_document(comparison),
        "by_spots_alone": marked is not None,
        "gain": light_gain(*lights),
    }
    files = {"facts": json.dumps(facts).encode()}
    if marked is None:
        return files
    size = views[0].size
    points = np.array(marked.base, np.float64), np.array(marked.follow, np.float64)
    mesh = mesh_through(points, size)
    whole = (0.0, 0.0, size[1] / max(size), size[0] / max(size))
    share = min(1.0, SIDE / max(size))
    shown = max(1, round(size[0] * share)), max(1, round(size[1] * share))
    files["mesh"] = mesh.to_bytes()
    files["aligned"] = jpeg(pictures.part_laid(reader, pair[1].photo, mesh, (whole, shown)))
    return files


def _layer_files(layer: Layer) -> Files:
    blood = np.clip((layer.blood - _BLOOD_FROM) / _BLOOD_SPAN, 0, 1)
    return {
        "lesion": mask_png(layer.lesion),
        "shared": mask_png(layer.shared),
        "probability": gray_png(np.clip(layer.probability, 0, 1)),
        "blood": gray_png(blood),
        "layer": json.dumps({"unevenness": layer.unevenness}).encode(),
    }


def _layer_from(files: Files) -> Layer:
    return Layer(
        mask_from_png(files["lesion"]),
        mask_from_png(files["shared"]),
        gray_from_png(files["probability"]),
        gray_from_png(files["blood"]) * np.float32(_BLOOD_SPAN) + np.float32(_BLOOD_FROM),
        json.loads(files["layer"])["unevenness"],
    )


def followed(reader: Reader, shots: Sequence[Shot], later: Sequence[Laid]) -> Followed | None:
    """Follow the lesions of a series; None where no later photo lies on the first.

    Parameters
    ----------
    reader : Reader
        Who asks.
    shots : sequence of Shot
        The series, the first one first.
    later : sequence of Laid
        All but the first, laid onto it.

    Returns
    -------
    Followed or None
    """
    on_first = [number for number, one in enumerate(later, start=1) if one.measured]
    if not on_first:
        return None
    pairs = [later[number - 1].key for number in on_first]
    key = Shelf.key(
        {"what": "courses", "edition": EDITION, "base": shots[0].identity, "pairs": pairs}
    )
    kept = shelf().get(key)
    if kept is None:
        kept = _followed_files(reader, shots[0], [later[number - 1] for number in on_first])
        shelf().put(key, kept)
    found = json.loads(kept["courses"])
    lines = tuple([(int(n), line) for n, line in one] for one in found["outlines"])
    courses = tuple(course_from(part) for part in found["courses"])
    return Followed(courses, (0, *on_first), lines)


def _followed_files(reader: Reader, first: Shot, later: Sequence[Laid]) -> Files:
    base = _as_measured(reader, first)
    assert base is not None
    bundles = [shelf().get(one.key) for one in later]
    if None in bundles:
        raise ValueError("the shelf was emptied meanwhile; reload the page")
    layers = [base_layer(base), *(_layer_from(files) for files in bundles if files is not None)]
    errors = [one.comparison.alignment.error_px or 0.0 for one in later if one.comparison]
    courses, numbers = lesion_courses(layers, max(errors), area_unit(base))
    found = {
        "courses": [course_document(course) for course in courses],
        "outlines": [outlines(layer.lesion, numbers) for layer in layers],
    }
    return {"courses": json.dumps(found).encode()}


def lay_all(reader: Reader, shots: Sequence[Shot]) -> list[Laid]:
    """Lay every later photo of a series onto the first and follow the lesions, with progress."""
    bar = st.progress(0.0, text="Laying the photos onto each other")
    first, many, done = shots[0].visit.label, len(shots) - 1, []
    for number, follow in enumerate(shots[1:]):
        text = f"Laying {follow.visit.label} onto {first}, once: {number + 1} of {many}"
        bar.progress(number / many, text=text)
        done.append(lay(reader, shots[0], follow))
    bar.progress(1.0, text="Following the lesions")
    followed(reader, shots, done)
    bar.empty()
    return done


def lesion_on_first(one: Laid) -> NDArray[np.bool_] | None:
    """Return the lesions of a later photo in the frame of the first, where they are known."""
    files = shelf().get(one.key) if one.measured else None
    return None if files is None else mask_from_png(files["lesion"])
