"""Which field of the form a suggestion is for, and which photo of a visit speaks for the field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lesionscope.core.cdasi_form import ITEMS
from lesionscope.core.measurement import Item
from lesionscope.core.sites import HAND_SITES, Site


@dataclass(frozen=True)
class FieldSuggestion:
    """What one photo suggests for one field.

    Attributes
    ----------
    key : str
        The field of the form.
    item : Item
        Its item.
    level : int or None
        Suggested level; None where the photo cannot grade it.
    probabilities : tuple of float
        Of every level; empty where there is no level.
    reason : str
        The measured numbers in words, or why there is no level.
    """

    key: str
    item: Item
    level: int | None
    probabilities: tuple[float, ...]
    reason: str

    @property
    def probability(self) -> float:
        """Probability of the suggested level; 0 without one."""
        return 0.0 if self.level is None else self.probabilities[self.level]


def form_key(site: Site, item: Item) -> str | None:
    """Return the field that an item of a site fills, or None where the form has none.

    Examples
    --------
    >>> form_key(Site.ARM, Item.SCALE), form_key(Site.GOTTRON_HANDS, Item.EROSION)
    ('arm.scale', 'gottron_hands.ulceration')
    """
    name = item.value
    if site is Site.GOTTRON_HANDS and item is Item.EROSION:
        name = "ulceration"
    key = f"{site.value}.{name}"
    return key if any(field.key == key for field in ITEMS) else None


def place_of(key: str) -> tuple[Site, Item]:
    """Return the site and the item of a field that can be suggested; the inverse of `form_key`.

    Raises
    ------
    ValueError
        If no photo can fill the field.

    Examples
    --------
    >>> place_of("gottron_hands.ulceration")
    (<Site.GOTTRON_HANDS: 'gottron_hands'>, <Item.EROSION: 'erosion'>)
    """
    for site in Site:
        for item in Item:
            if form_key(site, item) == key:
                return site, item
    raise ValueError(f"no photo can fill {key!r}")


def suggested_by(site: Site, document: Mapping[str, Any]) -> Iterator[FieldSuggestion]:
    """Read the suggestions of a measured photo that count for its site.

    Parameters
    ----------
    site : Site
        What the photo is assigned to now.
    document : mapping of str to object
        Public document of its measurement.

    Yields
    ------
    FieldSuggestion
        None from a photo that was moved to another site until it is measured there; a photo of
        the hands is for two sites.
    """
    for entry in document.get("suggestions", ()):
        of, item = Site(entry["site"]), Item(entry["item"])
        key = form_key(of, item)
        if key is not None and (of is site or {of, site} <= set(HAND_SITES)):
            chances = tuple(entry.get("probabilities") or ())
            reason = entry.get("reason", "")
            yield FieldSuggestion(key, item, entry["level"], chances, reason)


def worst_first(suggestions: Iterable[FieldSuggestion]) -> list[FieldSuggestion]:
    """Order suggestions so that what the form asks for comes first: the worst lesion.

    Parameters
    ----------
    suggestions : iterable of FieldSuggestion
        Of one field.

    Returns
    -------
    list of FieldSuggestion
        Highest level first; of equal levels the more probable. Those without a level are left out.
    """
    with_level = [each for each in suggestions if each.level is not None]
    return sorted(with_level, key=lambda each: (each.level or 0, each.probability), reverse=True)
