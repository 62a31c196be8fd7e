"""The form of the CDASI version 2: fifteen locations, the hands, nails and hair, item by item.

Labels and glossary are this project's own words.

References
----------
Yassaee et al. 2010, Br J Dermatol 162:669-73. Fields and levels as a public electronic form
restates them, save poikiloderma, whose range follows from the maximum of damage.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lesionscope.core.cdasi_meaning import FORM_COPY
from lesionscope.core.evidence import Certainty
from lesionscope.core.field import Field, FromPhoto, Levels
from lesionscope.core.sites import CDASI_LOCATIONS, FACTS, Site


class Part(StrEnum):
    """The two scores of the instrument."""

    ACTIVITY = "activity"
    DAMAGE = "damage"


@dataclass(frozen=True)
class FormItem(Field):
    """One field of the form.

    Attributes
    ----------
    part : Part
        The score that it counts for.
    site : Site or None
        The location it belongs to; None for the patient's alopecia and the nail folds.
    """

    part: Part = Part.ACTIVITY
    site: Site | None = None

    @property
    def levels(self) -> tuple[str, ...]:
        """Meaning of each level; the index is the level."""
        return self.scale.names if isinstance(self.scale, Levels) else ()


_ERYTHEMA = Levels(("none", "pink", "red", "dark red"))
_SCALE = Levels(("none", "scale", "crust or lichenification"))
_PRESENT = Levels(("absent", "present"))
_NAILS_AND_HAIR = "Nails and hair"


@dataclass(frozen=True)
class _Item:
    """One item as the form has it, before it is put to a location."""

    name: str
    label: str
    part: Part
    levels: Levels
    help: str
    certainty: Certainty = Certainty.RESTATED
    from_photo: FromPhoto = FromPhoto.NEVER

    def at(self, site: Site | None) -> FormItem:
        """Return the field of a location, or of the whole patient."""
        return FormItem(
            key=f"{site.value}.{self.name}" if site else self.name,
            label=self.label,
            scale=self.levels,
            group=FACTS[site].label if site else _NAILS_AND_HAIR,
            help=self.help,
            certainty=self.certainty,
            citation=FORM_COPY,
            from_photo=self.from_photo,
            part=self.part,
            site=site,
        )


_OF_A_LOCATION = (
    _Item(
        "erythema",
        "Erythema",
        Part.ACTIVITY,
        _ERYTHEMA,
        "Worst lesion of the location, active redness alone. On dark skin it looks violaceous or "
        "brown. Colour left behind without active redness is damage.",
        from_photo=FromPhoto.SUGGESTED,
    ),
    _Item(
        "scale",
        "Scale",
        Part.ACTIVITY,
        _SCALE,
        "Worst lesion of the location: flakes are 1; crust, or skin thickened with coarse lines, "
        "is 2.",
        from_photo=FromPhoto.UNSURE,
    ),
    _Item(
        "erosion",
        "Erosion or ulceration",
        Part.ACTIVITY,
        _PRESENT,
        "Any break of the surface in the location.",
        from_photo=FromPhoto.UNSURE,
    ),
    # One point, though a public form offers two: with 0 to 2 the maximum of damage would be 47.
    _Item(
        "poikiloderma",
        "Poikiloderma",
        Part.DAMAGE,
        _PRESENT,
        "Dyspigmentation or telangiectasia, either one.",
        Certainty.ARITHMETIC,
    ),
    _Item(
        "calcinosis",
        "Calcinosis",
        Part.DAMAGE,
        _PRESENT,
        "Hard deposits in or under the skin. Needs palpation: never suggested from a photo.",
    ),
)

_OF_THE_HANDS = (
    _Item(
        "erythema",
        "Gottron's, hands: activity",
        Part.ACTIVITY,
        _ERYTHEMA,
        "Redness over the joints of the hands. Doubled when papules are present, kept when not.",
        from_photo=FromPhoto.SUGGESTED,
    ),
    _Item(
        "papules",
        "Gottron's, hands: papules present",
        Part.ACTIVITY,
        Levels(("no", "yes")),
        "Elevation is felt, not seen: never suggested from a photo. Yes doubles the activity.",
    ),
    _Item(
        "ulceration",
        "Gottron's, hands: ulceration",
        Part.ACTIVITY,
        _PRESENT,
        "Any break of the surface over the joints. Not doubled.",
        from_photo=FromPhoto.UNSURE,
    ),
    _Item(
        "damage",
        "Gottron's, hands: damage",
        Part.DAMAGE,
        Levels(("none", "dyspigmentation", "scarring")),
        "What inactive lesions left behind. Not doubled.",
    ),
)

_OF_THE_PATIENT = (
    _Item(
        "periungual",
        "Periungual changes",
        Part.ACTIVITY,
        Levels(("none", "redness or microscopic telangiectasia", "visible telangiectasia")),
        "Skin around the nails. Level 1 needs magnification: never suggested from a photo.",
    ),
    _Item(
        "alopecia",
        "Hair loss in the last 30 days",
        Part.ACTIVITY,
        _PRESENT,
        "As the patient reports it: never suggested from a photo.",
    ),
)

ITEMS: tuple[FormItem, ...] = (
    *(item.at(site) for site in CDASI_LOCATIONS for item in _OF_A_LOCATION),
    *(item.at(Site.GOTTRON_HANDS) for item in _OF_THE_HANDS),
    *(item.at(None) for item in _OF_THE_PATIENT),
)
"""Every field in the order of the form: 50 of activity, 31 of damage."""

_BY_KEY = {item.key: item for item in ITEMS}


def item_named(key: str) -> FormItem:
    """Return the field with this key.

    Raises
    ------
    ValueError
        If the form has no such field.
    """
    if key not in _BY_KEY:
        raise ValueError(f"CDASI version 2 has no field {key!r}")
    return _BY_KEY[key]


def items_of(part: Part) -> tuple[FormItem, ...]:
    """Return the fields of one score, in the order of the form.

    Examples
    --------
    >>> len(items_of(Part.ACTIVITY)), len(items_of(Part.DAMAGE))
    (50, 31)
    """
    return tuple(item for item in ITEMS if item.part is part)
