"""What the machine suggests for the form of a visit, read from the newest measurements."""

from __future__ import annotations

from collections.abc import Iterator

from lesionscope.pages.draft import Suggested, worst
from lesionscope.pages.visit_bsa import Measured
from lesionscope.scoring.field_suggestions import FieldSuggestion, suggested_by
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
        (each.key, Suggested(each.level, each.probability, each.reason, photo.id))
        for photo, each in _entries(measured)
        if each.level is not None
    )


def reasons_for_none(measured: Measured) -> dict[str, str]:
    """Return why a photo of the location cannot grade a field, for fields without a suggestion."""
    graded = suggestions_of(measured)
    return {each.key: each.reason for _, each in _entries(measured) if each.key not in graded}


def _entries(measured: Measured) -> Iterator[tuple[StoredPhoto, FieldSuggestion]]:
    for photo, latest in measured:
        if latest is not None:
            for each in suggested_by(photo.site, latest.document):
                yield photo, each
