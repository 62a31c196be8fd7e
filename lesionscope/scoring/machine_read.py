"""What the machine suggests for a case, in the shape of a read, to set beside the readers'."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lesionscope.core.case import Scores, case_items
from lesionscope.core.cdasi import Answer
from lesionscope.core.sites import Side, Site
from lesionscope.scoring.field_suggestions import suggested_by

Shown = tuple[Site, Side, Mapping[str, Any] | None]
"""Site and side of a photo, and the public document of its measurement; None without one."""


def machine_scores(photos: Sequence[Shown], *, bsa: bool) -> Scores | None:
    """Gather the suggestions for the photos of one visit of a case.

    Parameters
    ----------
    photos : sequence of (Site, Side, mapping or None)
        The photos of the case.
    bsa : bool
        Whether the body surface is asked.

    Returns
    -------
    Scores or None
        Of each item the highest level that a photo suggests, as the form asks for the worst
        lesion of a location. The body surface sums sites and sides; of several photos of the
        same skin the largest counts. None where nothing was measured.
    """
    documents = [(site, side, document) for site, side, document in photos if document is not None]
    if not documents:
        return None
    wanted = {item.key for item in case_items(site for site, _, _ in photos)}
    found = [each for site, _, document in documents for each in suggested_by(site, document)]
    levels = [(each.key, each.level) for each in found if each.level is not None]
    answers: dict[str, Answer] = {}
    for key, level in sorted(levels):  # the highest level of a field comes last
        if key in wanted:
            answers[key] = level
    area = (
        summed_surface((s, side, d.get("bsa_percent")) for s, side, d in documents) if bsa else None
    )
    return Scores(answers, area)


def summed_surface(parts: Iterable[tuple[Site, Side, float | None]]) -> float | None:
    """Sum the body surface over sites and sides; of several photos of one the largest counts.

    Parameters
    ----------
    parts : iterable of (Site, Side, float or None)
        Percent of each photo.

    Returns
    -------
    float or None
        Percent, at most 100; None where nothing was measurable.
    """
    largest: dict[tuple[Site, Side], float] = {}
    for site, side, percent in parts:
        if percent is not None:
            largest[site, side] = max(percent, largest.get((site, side), 0.0))
    return min(100.0, sum(largest.values())) if largest else None
