"""Photos of one site over the visits, and what is shown of each at the size of the screen.

Whoever calls holds a `Shot`, whose photo the record hands only to those who may see it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from lesionscope.core.people import Reader, Visit
from lesionscope.core.sites import FACTS, Side, Site
from lesionscope.imaging.maskfile import mask_from_png
from lesionscope.imaging.outlines import Outline, outlines
from lesionscope.imaging.overlay import jpeg
from lesionscope.imaging.resize import resized, resized_mask
from lesionscope.imaging.same_light import clear_light
from lesionscope.pages import pictures, session
from lesionscope.pages.kept import Files, kept
from lesionscope.series import SIDE
from lesionscope.store.entries import StoredMeasurement, StoredPhoto

EDITION = 1
"""Raised when what is computed changes, so that the shelf's older bundles are not used."""

Place = tuple[Site, Side]


@dataclass(frozen=True, eq=False)
class Shot:
    """One photo of a series.

    Attributes
    ----------
    visit : Visit
        When it was taken.
    photo : StoredPhoto
        The photo.
    measurement : StoredMeasurement or None
        Its newest measurement.
    """

    visit: Visit
    photo: StoredPhoto
    measurement: StoredMeasurement | None

    @property
    def identity(self) -> dict[str, Any]:
        """What everything computed from this photo depends on."""
        masks = {} if self.measurement is None else dict(self.measurement.files)
        return {"photo": self.photo.sha256, "masks": masks, "site": self.photo.site.value}


@dataclass(frozen=True, eq=False)
class Preview:
    """A photo at the size of the screen.

    Attributes
    ----------
    jpeg : bytes
        Longer side `SIDE` pixels at most.
    size : tuple of int
        Height and width of the photo itself.
    outlines : list
        Lesions in it.
    light : list of float or None
        Linear light of its clear skin.
    """

    jpeg: bytes
    size: tuple[int, int]
    outlines: list[Outline]
    light: list[float] | None


def shots_of(reader: Reader, patient_id: int) -> dict[Place, list[list[Shot]]]:
    """Return the photos of a patient by place; for each, the visits by day with their photos."""
    store = session.store()
    found: dict[Place, list[list[Shot]]] = {}
    visits = sorted(store.visits(reader, patient_id), key=lambda visit: (visit.day, visit.id))
    for visit in visits:
        of_visit: dict[Place, list[Shot]] = {}
        for photo in store.photos(reader, visit.id):
            shot = Shot(visit, photo, store.latest_measurement(reader, photo.id))
            of_visit.setdefault((photo.site, photo.side), []).append(shot)
        for place, shots in of_visit.items():
            found.setdefault(place, []).append(shots)
    return found


def preview(reader: Reader, shot: Shot) -> Preview:
    """Return a photo at the size of the screen, from the shelf where it was asked for before."""
    made_from = {"what": "preview", "edition": EDITION, "side": SIDE, **shot.identity}
    files = kept(made_from, lambda: _drawn_preview(reader, shot))
    facts = json.loads(files["facts"])
    lines = [(int(number), line) for number, line in facts["outlines"]]
    return Preview(files["photo"], (facts["size"][0], facts["size"][1]), lines, facts["light"])


def _drawn_preview(reader: Reader, shot: Shot) -> Files:
    photo = pictures.decoded(reader, shot.photo)
    small = resized(np.asarray(photo.pixels), SIDE)
    size = small.shape[0], small.shape[1]
    lines: list[Outline] = []
    light = None
    if shot.measurement is not None:
        files = session.store().measurement_files(reader, shot.measurement.id)
        lesion, skin = (resized_mask(mask_from_png(files[n]), size) for n in ("lesion", "skin"))
        lines = outlines(lesion)
        light = clear_light(small, skin & ~lesion)
    facts = {"size": photo.size, "outlines": lines, "light": None if light is None else [*light]}
    return {"photo": jpeg(small), "facts": json.dumps(facts).encode()}


def place_name(place: Place) -> str:
    """Name a site with its side.

    Examples
    --------
    >>> place_name((Site.ARM, Side.LEFT)), place_name((Site.ABDOMEN, Side.MIDLINE))
    ('Arm, left', 'Abdomen')
    """
    site, side = place
    return FACTS[site].label if side is Side.MIDLINE else f"{FACTS[site].label}, {side.value}"
