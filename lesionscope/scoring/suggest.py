"""From graded lesions to what the form might say of their site.

CDASI scores the worst lesion of a location, item by item. The worst lesion here is the one with
the highest expected level among the gradable lesions large enough to count. For erythema and
scale its own probabilities are what is suggested: the maximum over all lesions, taken as if they
were independent, rates photos with many lesions too high. For erosion that maximum does better,
because one small erosion in any lesion is enough. `benchmarks/grading.py` prints both.

No lesion found means level 0 only where a lesion would have stood out. On dark skin blood
changes colour little, so there the answer is "not gradable by colour" and never a silent 0.

References
----------
Yassaee et al. 2010, Br J Dermatol 162:669-73: CDASI version 2.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lesionscope.core.measurement import LEVELS, Item, Lesion, SubscoreSuggestion
from lesionscope.core.sites import Site
from lesionscope.scoring.capture_limits import CaptureLimits

SMALLEST_CM2 = 0.15
"""A lesion counts from this area on, where the photo has a scale: a proposal of this project."""
SMALLEST_SHARE = 3e-4
"""Without a scale, a lesion counts from this share of the visible skin on: about 0.15 cm2 of the
500 cm2 that a view of the trunk shows."""
DARK_TONES = ("brown", "dark")
"""ITA of 10 degrees or less: not graded as clear by colour alone."""
VISIBLE_CONTRAST = 0.20
"""Haemoglobin contrast of a clearly pink lesion, natural log units: if even this would drown in
the unevenness of the skin, finding nothing says nothing."""
FAINTEST_ON_DARK = 0.05
"""On dark skin, less haemoglobin contrast than this is not told from pigment."""
LEAST_SURE = {Item.SCALE: 0.45, Item.EROSION: 0.65}
"""A level less likely than this is not suggested. Of the 499 gradable rendered lesions 7 % (scale)
and 1 % (erosion) lie below, and the rest are right a little more often: 66 % for 65, 96.2 % for
95.6 (docs/validation.md). For erythema the network itself refuses
(`lesionscope.model.runtime.FLAT_ERYTHEMA`)."""
_NONE_LARGE = (
    f"no lesion large enough to count was found: {SMALLEST_CM2} cm2, or without a scale "
    f"{SMALLEST_SHARE:.2%} of the skin in view"
)
_OF_GOTTRON = (Item.ERYTHEMA, Item.EROSION)
_NAMES = {
    Item.ERYTHEMA: ("no redness", "pink", "red", "dark red"),
    Item.SCALE: ("no scale", "scale", "crust or lichenification"),
    Item.EROSION: ("no erosion", "erosion or ulceration"),
}
# What is left to doubt when nothing was found on skin where a lesion would have stood out; a
# proposal of this project, to be replaced by figures from confirmed readings.
_NOTHING_FOUND = {
    Item.ERYTHEMA: (0.90, 0.08, 0.015, 0.005),
    Item.SCALE: (0.95, 0.04, 0.01),
    Item.EROSION: (0.97, 0.03),
}


def counts(lesion: Lesion, skin_px: int | None = None) -> bool:
    """Return whether a lesion is large enough to count.

    Parameters
    ----------
    lesion : Lesion
        One lesion.
    skin_px : int, optional
        Pixels of visible skin, which stand in for a scale where there is none; without either,
        every lesion counts.

    Returns
    -------
    bool
    """
    if lesion.area_cm2 is not None:
        return lesion.area_cm2 >= SMALLEST_CM2
    return skin_px is None or lesion.area_px >= SMALLEST_SHARE * skin_px


def expected_level(probabilities: Sequence[float]) -> float:
    """Return the mean level under these probabilities.

    Examples
    --------
    >>> expected_level((0.0, 0.5, 0.5))
    1.5
    """
    return float(np.dot(np.arange(len(probabilities)), probabilities))


def worst_lesion(lesions: Sequence[Lesion], item: Item) -> Lesion | None:
    """Return the gradable lesion with the highest expected level, or None."""
    graded = [lesion for lesion in lesions if lesion.probabilities is not None]
    return max(
        graded,
        key=lambda lesion: expected_level((lesion.probabilities or {})[item]),
        default=None,
    )


def _not_gradable(item: Item, site: Site, reason: str) -> SubscoreSuggestion:
    return SubscoreSuggestion(item, site, None, (), reason)


def _without_lesions(
    item: Item, site: Site, skin_tone: str | None, unevenness: float | None, limits: CaptureLimits
) -> SubscoreSuggestion:
    if limits.nothing_found:
        why = f"not gradable: {limits.nothing_found}, so finding no lesion says nothing"
        return _not_gradable(item, site, why)
    if skin_tone is None:
        return _not_gradable(item, site, "not gradable: no clear skin was found to compare with")
    if skin_tone in DARK_TONES:
        return _not_gradable(
            item,
            site,
            f"not gradable by colour: no lesion stands out, but on {skin_tone} skin redness "
            "changes colour too little for that to mean none",
        )
    if unevenness is not None and 2 * unevenness > VISIBLE_CONTRAST:
        return _not_gradable(
            item,
            site,
            f"not gradable by colour: the skin itself varies by {unevenness:.2f} in this photo, "
            "so that a pink lesion need not stand out",
        )
    chances = _NOTHING_FOUND[item]
    return SubscoreSuggestion(item, site, 0, chances, _NONE_LARGE)


def _measured(lesion: Lesion) -> str:
    area = f"{lesion.area_px} px" if lesion.area_cm2 is None else f"{lesion.area_cm2:.1f} cm2"
    return f"a* {lesion.delta_a_star:+.1f} over clear skin, {area}"


def site_probabilities(lesions: Sequence[Lesion], item: Item) -> tuple[float, ...]:
    """Combine the probabilities of the gradable lesions of a site.

    Parameters
    ----------
    lesions : sequence of Lesion
        Lesions that count; those without probabilities are left out.
    item : Item
        Erythema and scale: the probabilities of the worst lesion. Erosion: the chance that any
        lesion has one, taken as independent.

    Returns
    -------
    tuple of float
        Empty when no lesion is gradable.
    """
    if item is Item.EROSION:
        absent = [lesion.probabilities[item][0] for lesion in lesions if lesion.probabilities]
        none = float(np.prod(absent))
        return (none, 1 - none) if absent else ()
    worst = worst_lesion(lesions, item)
    return () if worst is None or worst.probabilities is None else worst.probabilities[item]


def _with_worst(
    item: Item,
    site: Site,
    worst: Lesion,
    chances: tuple[float, ...],
    counted: int,
    skin_tone: str | None,
) -> SubscoreSuggestion:
    level = int(np.argmax(chances))
    dark = item is Item.ERYTHEMA and skin_tone in DARK_TONES
    if dark and (level == 0 or worst.delta_erythema < FAINTEST_ON_DARK):
        return _not_gradable(
            item,
            site,
            f"not gradable by colour: {_measured(worst)}; on {skin_tone} skin so little contrast "
            "does not tell redness from pigment or from none",
        )
    if chances[level] < LEAST_SURE.get(item, 0.0):
        why = f"not gradable: no level of {item.value} is likelier than {chances[level]:.0%}"
        return _not_gradable(item, site, why)
    which = "the only lesion" if counted == 1 else f"worst of {counted} lesions"
    which += f", {worst.place}" if worst.place else ""
    found = _NAMES[item][level]
    seen = found if item is Item.ERYTHEMA else f"{found} seen"
    reason = f"{which}: {_measured(worst)}, {seen} ({chances[level]:.0%})"
    if item is not Item.ERYTHEMA and worst.seen:
        reason += f"; looking at it: {worst.seen} of the outline"
    if dark:
        reason += f"; {skin_tone} skin lowers the contrast, look yourself"
    return SubscoreSuggestion(item, site, level, tuple(chances), reason)


def suggest(
    lesions: Sequence[Lesion],
    site: Site,
    *,
    skin_tone: str | None,
    skin_px: int | None = None,
    unevenness: float | None = None,
    limits: CaptureLimits | None = None,
) -> tuple[SubscoreSuggestion, ...]:
    """Suggest the activity items of a site from its graded lesions.

    Parameters
    ----------
    lesions : sequence of Lesion
        Lesions of the site with their probabilities, or with why they have none.
    site : Site
        The location they belong to.
    skin_tone : str or None
        ITA class of the clear skin; None when there was no clear skin to read it from.
    skin_px : int, optional
        Pixels of visible skin, by which a lesion counts where the photo has no scale.
    unevenness : float, optional
        Standard deviation of the haemoglobin contrast of clear skin in the photo, natural log
        units; where it hides a pink lesion, finding none is not level 0.
    limits : CaptureLimits
        What the way the photo was taken forbids to say.

    Returns
    -------
    tuple of SubscoreSuggestion
        One for each `Item`, in its order; the form asks no scale over the joints of the hands.

    Raises
    ------
    ValueError
        If `skin_px` is not positive while there are lesions.
    """
    limits = limits or CaptureLimits()
    if lesions and skin_px is not None and skin_px <= 0:
        raise ValueError(f"skin_px must be positive where there are lesions, got {skin_px}")
    large = [lesion for lesion in lesions if counts(lesion, skin_px)]
    items = _OF_GOTTRON if site is Site.GOTTRON_HANDS else tuple(LEVELS)
    if not large:
        return tuple(_without_lesions(item, site, skin_tone, unevenness, limits) for item in items)
    graded = sum(lesion.probabilities is not None for lesion in large)
    suggestions = []
    for item in items:
        worst = worst_lesion(large, item)
        if limits.reason(item):
            suggestions.append(_not_gradable(item, site, f"not gradable: {limits.reason(item)}"))
        elif worst is None:
            why = max(large, key=lambda lesion: lesion.area_px).not_gradable or "it was not graded"
            suggestions.append(_not_gradable(item, site, f"not gradable: {why}"))
        else:
            chances = site_probabilities(large, item)
            suggestions.append(_with_worst(item, site, worst, chances, graded, skin_tone))
    return tuple(suggestions)
