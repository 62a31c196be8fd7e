"""The involved body surface of a visit, from the newest measurement of each of its photos."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import combinations
from typing import Any

import numpy as np
import streamlit as st

from lesionscope import __version__
from lesionscope.core.measurement import BsaEstimate, Convention
from lesionscope.core.people import Reader
from lesionscope.core.sites import CDASI_LOCATIONS, FACTS, may_share_skin
from lesionscope.imaging.body_skin import body_skin
from lesionscope.imaging.maskfile import mask_from_png
from lesionscope.imaging.pairing import SkinView
from lesionscope.imaging.resize import resized, resized_mask
from lesionscope.overlap import SIDE, SeenAgain, VisitView, seen_again
from lesionscope.pages import panel, session
from lesionscope.pages.kept import Files, kept
from lesionscope.pipeline import read_photo
from lesionscope.reporting import bsa_in
from lesionscope.scoring.bsa import probability_above
from lesionscope.scoring.budget import HAND_SIZE
from lesionscope.scoring.visit_total import SiteInvolved, SitePart, VisitBsa, visit_total
from lesionscope.store.entries import StoredMeasurement, StoredPhoto
from lesionscope.store.store import Store

EDITION = 1
"""Raised when overlaps are found otherwise, so that the shelf's older ones are not used."""
_Z = 1.6449  # two-sided 90 % of a normal distribution
GATES = (1.0, 20.0)
"""Percent of the body surface that trial protocols ask about: more than 1, less than 20."""

Measured = list[tuple[StoredPhoto, StoredMeasurement | None]]
"""The photos of a visit, each with its newest measurement."""


def measured_photos(store: Store, reader: Reader, visit_id: int) -> Measured:
    """Return the photos of a visit, each with its newest measurement or None."""
    return [
        (photo, store.latest_measurement(reader, photo.id))
        for photo in store.photos(reader, visit_id)
    ]


def shared_sd(document: Mapping[str, Any], bsa: BsaEstimate) -> float | None:
    """Return the error of an area that is the same in all photos of the patient.

    That is the size of a hand that is not in view and what a handprint is worth: all of the
    interval that the budget of this photo does not explain by itself. None where a document of
    an older version states no budget.
    """
    budget = document.get("budget")
    if not budget or bsa.percent <= 0:
        return None
    whole = math.log(bsa.interval.high / bsa.percent) / _Z
    own = math.hypot(*(p["sd_of_log"] for p in budget if not p["source"].startswith(HAND_SIZE)))
    return math.sqrt(max(whole**2 - own**2, 0.0))


def overlaps(reader: Reader, measured: Measured) -> tuple[SeenAgain, ...]:
    """Find what photos of a visit show twice; computed once for each set of measurements.

    Parameters
    ----------
    reader : Reader
        Who asks.
    measured : list
        The photos and their newest measurements.

    Returns
    -------
    tuple of SeenAgain
        One for each photo.
    """
    alone = [SeenAgain(0.0, (), number) for number in range(len(measured))]
    involved = _involved(measured)
    if not involved:
        return tuple(alone)
    here = [(p, latest) for n in involved for p, latest in [measured[n]] if latest is not None]
    found = _overlaps([_identity(photo, latest) for photo, latest in here], reader, here)
    for n, one in zip(involved, found, strict=True):
        again_in = tuple(involved[other] for other in one.again_in)
        alone[n] = SeenAgain(one.share, again_in, involved[one.cluster])
    return tuple(alone)


def _involved(measured: Measured) -> list[int]:
    """Return which measured photos may share skin with another."""
    places = {n: (p.site, p.side) for n, (p, latest) in enumerate(measured) if latest is not None}
    pairs = (
        pair for pair in combinations(places, 2) if may_share_skin(places[pair[0]], places[pair[1]])
    )
    return sorted({number for pair in pairs for number in pair})


def _identity(photo: StoredPhoto, latest: StoredMeasurement) -> dict[str, Any]:
    """Return all that the overlaps of a photo depend on."""
    corners = latest.document["calibration"].get("marker_corners_px")
    return {
        "photo": photo.sha256,
        "masks": dict(latest.files),
        "corners": corners,
        "site": photo.site.value,
        "side": photo.side.value,
    }


@st.cache_data(max_entries=500, show_spinner="Looking for skin that two photos show")
def _overlaps(
    made_from: list[dict[str, Any]],
    _reader: Reader,
    _measured: Sequence[tuple[StoredPhoto, StoredMeasurement]],
) -> tuple[SeenAgain, ...]:
    """Return the overlaps from memory, else from the shelf, looked for where asked for first."""

    def look() -> Files:
        found = seen_again([_view(_reader, photo, latest) for photo, latest in _measured])
        return {"overlaps": json.dumps([asdict(one) for one in found]).encode()}

    edition = {"what": "overlaps", "edition": EDITION, "software": __version__}
    files = kept({**edition, "photos": made_from}, look)
    return tuple(
        SeenAgain(one["share"], tuple(one["again_in"]), one["cluster"])
        for one in json.loads(files["overlaps"])
    )


def _view(reader: Reader, photo: StoredPhoto, latest: StoredMeasurement) -> VisitView:
    """Read a photo and its masks at the size that overlaps are looked for."""
    store = session.store()
    pixels = read_photo(store.original(reader, photo.id)).pixels
    files = store.measurement_files(reader, latest.id)
    skin, hand, lesion = (mask_from_png(files[name]) for name in ("skin", "hand", "lesion"))
    corners = latest.document["calibration"].get("marker_corners_px")
    body = body_skin(skin, hand, None if corners is None else np.array(corners, np.float64))
    work = resized(pixels, SIDE)
    size = work.shape[0], work.shape[1]
    view = SkinView(work, resized_mask(body, size))
    return VisitView(photo.site, photo.side, view, resized_mask(lesion, size))


def bsa_of_visit(
    measured: Measured, convention: Convention, again: Sequence[SeenAgain] = ()
) -> VisitBsa:
    """Add the photos of a visit, counting skin that two of them show once.

    Parameters
    ----------
    measured : list
        The photos and their newest measurements.
    convention : Convention
        What a handprint is worth.
    again : sequence of SeenAgain
        From `overlaps`; without it, of several photos of one site and side the largest counts.

    Returns
    -------
    VisitBsa
    """
    parts = []
    for number, (photo, latest) in enumerate(measured):
        bsa = None if latest is None else bsa_in(latest.document, convention)
        shared = None if latest is None or bsa is None else shared_sd(latest.document, bsa)
        twice = again[number] if again else SeenAgain(0.0, (), number)
        parts.append(
            SitePart(
                photo.site,
                photo.side,
                bsa,
                photo.name,
                shared_sd=shared,
                seen_again=twice.share,
                again_in=tuple(measured[other][0].name for other in twice.again_in),
                cluster=twice.cluster,
            )
        )
    return visit_total(parts, CDASI_LOCATIONS)


def show_account(bsa: VisitBsa) -> None:
    """Say how the total stands to a protocol's bounds, what was counted once, and site by site."""
    if bsa.total is not None:
        above, below = (probability_above(bsa.total, gate) for gate in GATES)
        st.caption(
            f"Probability that the total exceeds {GATES[0]:g} %: **{_chance(above)}** · that it is "
            f"below {GATES[1]:g} %: **{_chance(1 - below)}**"
        )
    for note in bsa.notes:
        st.caption(f":material/join_inner: {note}")
    rows = {FACTS[found.site].label: _site_words(found) for found in bsa.sites()}
    if rows:
        with st.expander("Site by site", icon=":material/accessibility:"):
            st.table(rows, border="horizontal")
            st.caption(
                "Lesions count for the site that their photo was taken for. What share of the "
                "body a site has is this project's proposal; small sites may be off by half."
            )


def _site_words(found: SiteInvolved) -> str:
    body = f"{panel.figure(found.body_percent)} % of the body"
    if found.beyond:
        return (
            "all of the site and more: its photos show lesions of sites beside it, or the share "
            f"below is off; {body}"
        )
    low, high = found.interval.low, min(found.interval.high, 100)
    return (
        f"{panel.figure(found.site_percent)} % of the site "
        f"({panel.figure(low)} to {panel.figure(high)}), {body}"
    )


def _chance(probability: float) -> str:
    """Write a probability, never as certain.

    Examples
    --------
    >>> _chance(0.999), _chance(0.42)
    ('over 99 %', '42 %')
    """
    if probability > 0.99:
        return "over 99 %"
    return "under 1 %" if probability < 0.01 else f"{100 * probability:.0f} %"
