"""What the machine suggests for the form of a visit, read from the newest measurements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lesionscope.core.measurement import Item
from lesionscope.core.sites import HAND_SITES, Site
from lesionscope.pages.draft import Suggested, form_key, worst
from lesionscope.pages.visit_bsa import Measured
from lesionscope.store.entries import StoredPhoto


def suggestions_of(measured: Measured) -> dict[str, Suggested]:
    """Return the suggestion of the worst photo for every field that has one.

    Parameters
    ----------
    measured : list
        The photos of the visit and their newest measurements.

    Returns
    -------
    dict of str to Suggested
        By field key; fields that no photo can grade are missing.
    """
    return worst(
        (
            key,
            Suggested(
                entry["level"], entry["probabilities"][entry["level"]], entry["reason"], photo.id
            ),
        )
        for photo, key, entry in _entries(measured)
        if entry["level"] is not None
    )


def reasons_for_none(measured: Measured) -> dict[str, str]:
    """Return why a photo of the location cannot grade a field, for fields without a suggestion."""
    graded = suggestions_of(measured)
    return {key: entry["reason"] for _, key, entry in _entries(measured) if key not in graded}


def _entries(measured: Measured) -> Iterator[tuple[StoredPhoto, str, dict[str, Any]]]:
    for photo, latest in measured:
        for entry in latest.document["suggestions"] if latest else ():
            site = Site(entry["site"])
            key = form_key(site, Item(entry["item"]))
            # A photo that was moved to another site counts again once it is measured there; one
            # of the hands is for two.
            if key is not None and (site is photo.site or {site, photo.site} <= set(HAND_SITES)):
                yield photo, key, entry
