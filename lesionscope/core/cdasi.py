"""CDASI version 2: the items of the form, and the two totals.

Activity runs from 0 to 100 and damage from 0 to 32; they are two scores and are never
added. An item that nobody answered is not a zero: a form with a gap has no total.
The wording of labels is this project's own; the instrument is the University of
Pennsylvania's, and its use in a trial may need a licence from there.

References
----------
Yassaee et al. 2010, Br J Dermatol 162:669-73: version 2 has three activity and two damage measures.
The arithmetic 15 x (3 + 2 + 1) + (3 x 2 + 1) + 2 + 1 = 100 and 15 x (1 + 1) + 2 = 32 fixes the
item ranges.
Anyanwu et al. 2015, Br J Dermatol 173:969-74: cut-offs and minimal important change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from lesionscope.core.sites import CDASI_LOCATIONS, FACTS, Site

NOT_ASSESSABLE = "not assessable"
"""The answer of a reader who looked and could not tell; it is not a zero and not a blank."""

Answer = int | str
"""A level, or `NOT_ASSESSABLE`."""


class Part(StrEnum):
    """The two scores of the instrument."""

    ACTIVITY = "activity"
    DAMAGE = "damage"


@dataclass(frozen=True)
class FormItem:
    """One field of the form.

    Attributes
    ----------
    key : str
        Stable identifier, such as ``"malar.erythema"``.
    label : str
        Short label.
    part : Part
        The score that it counts for.
    levels : tuple of str
        Meaning of each level; the index is the level.
    site : Site or None
        The location it belongs to; None for the patient's alopecia and the nail folds.
    help : str
        What to look for, and why a photo may not settle it.
    """

    key: str
    label: str
    part: Part
    levels: tuple[str, ...]
    site: Site | None
    help: str = ""


_ERYTHEMA = ("none", "pink", "red", "dark red")
_SCALE = ("none", "scale", "crust or lichenification")
_PRESENT = ("absent", "present")


def _location_items(site: Site) -> tuple[FormItem, ...]:
    key = site.value
    return (
        FormItem(
            f"{key}.erythema",
            "Erythema",
            Part.ACTIVITY,
            _ERYTHEMA,
            site,
            "Worst lesion of the location. Colour left behind without active redness is damage.",
        ),
        FormItem(f"{key}.scale", "Scale", Part.ACTIVITY, _SCALE, site, "Worst lesion."),
        FormItem(
            f"{key}.erosion",
            "Erosion or ulceration",
            Part.ACTIVITY,
            _PRESENT,
            site,
            "Any break of the surface in the location.",
        ),
        FormItem(
            f"{key}.poikiloderma",
            "Poikiloderma",
            Part.DAMAGE,
            _PRESENT,
            site,
            "Dyspigmentation or telangiectasia.",
        ),
        FormItem(
            f"{key}.calcinosis",
            "Calcinosis",
            Part.DAMAGE,
            _PRESENT,
            site,
            "Needs palpation: never suggested from a photo.",
        ),
    )


_HANDS = (
    FormItem(
        "gottron_hands.erythema",
        "Gottron's, hands: activity",
        Part.ACTIVITY,
        _ERYTHEMA,
        Site.GOTTRON_HANDS,
        "Over the joints of the hands. Doubled when papules are present.",
    ),
    FormItem(
        "gottron_hands.papules",
        "Gottron's, hands: papules present",
        Part.ACTIVITY,
        ("no", "yes"),
        Site.GOTTRON_HANDS,
        "Elevation is felt, not seen: never suggested from a photo. Yes doubles the activity.",
    ),
    FormItem(
        "gottron_hands.ulceration",
        "Gottron's, hands: ulceration",
        Part.ACTIVITY,
        _PRESENT,
        Site.GOTTRON_HANDS,
        "Not doubled.",
    ),
    FormItem(
        "gottron_hands.damage",
        "Gottron's, hands: damage",
        Part.DAMAGE,
        ("none", "dyspigmentation", "scarring"),
        Site.GOTTRON_HANDS,
        "Not doubled.",
    ),
    FormItem(
        "periungual",
        "Periungual changes",
        Part.ACTIVITY,
        ("none", "redness or microscopic telangiectasia", "visible telangiectasia"),
        None,
        "Level 1 needs magnification: never suggested from a photo.",
    ),
    FormItem(
        "alopecia",
        "Hair loss in the last 30 days",
        Part.ACTIVITY,
        _PRESENT,
        None,
        "As the patient reports it: never suggested from a photo.",
    ),
)

ITEMS: tuple[FormItem, ...] = (
    tuple(item for site in CDASI_LOCATIONS for item in _location_items(site)) + _HANDS
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


def check_answers(answers: Mapping[str, Answer]) -> None:
    """Refuse answers that the form does not allow.

    Parameters
    ----------
    answers : mapping of str to int or str
        Field key to level or `NOT_ASSESSABLE`. Fields may be missing.

    Raises
    ------
    ValueError
        If a key is unknown or a level is outside the range of its field.
    """
    for key, answer in answers.items():
        item = item_named(key)
        if answer == NOT_ASSESSABLE:
            continue
        top = len(item.levels) - 1
        if isinstance(answer, bool) or not isinstance(answer, int) or not 0 <= answer <= top:
            raise ValueError(f"{key} must be 0 to {top} or {NOT_ASSESSABLE!r}, got {answer!r}")


@dataclass(frozen=True)
class Score:
    """One total of the form, or how far the form is from having one.

    Attributes
    ----------
    part : Part
        Activity or damage.
    total : int or None
        None while any field is unanswered or not assessable.
    answered, required : int
        Fields with an answer (a level or "not assessable"), and fields of the form.
    not_assessable : tuple of str
        Keys of the fields that keep a complete form from having a total.
    """

    part: Part
    total: int | None
    answered: int
    required: int
    not_assessable: tuple[str, ...]

    def describe(self) -> str:
        """Say the total, or why there is none."""
        if self.total is not None:
            top = 100 if self.part is Part.ACTIVITY else 32
            return f"{self.total} of {top}"
        if self.answered < self.required:
            return f"{self.answered} of {self.required} fields answered, no total"
        return f"no total: {len(self.not_assessable)} not assessable"


def score(part: Part, answers: Mapping[str, Answer]) -> Score:
    """Total one part of the form.

    The activity of Gottron's on the hands is doubled when papules are present; its ulceration
    and damage are not.

    Parameters
    ----------
    part : Part
        Activity (0 to 100) or damage (0 to 32).
    answers : mapping of str to int or str
        Field key to level or `NOT_ASSESSABLE`.

    Returns
    -------
    Score

    Raises
    ------
    ValueError
        If an answer is not allowed by the form.

    References
    ----------
    Yassaee et al. 2010, Br J Dermatol 162:669-73.

    Examples
    --------
    >>> blank = score(Part.ACTIVITY, {})
    >>> blank.describe()
    '0 of 50 fields answered, no total'
    >>> worst = {item.key: len(item.levels) - 1 for item in ITEMS}
    >>> score(Part.ACTIVITY, worst).total, score(Part.DAMAGE, worst).total
    (100, 32)
    """
    check_answers(answers)
    fields = items_of(part)
    given = {item.key: answers[item.key] for item in fields if item.key in answers}
    unclear = tuple(key for key, answer in given.items() if answer == NOT_ASSESSABLE)
    total = None
    if len(given) == len(fields) and not unclear:
        levels = {key: int(answer) for key, answer in given.items()}
        doubling = 2 if levels.pop("gottron_hands.papules", 0) else 1
        total = sum(
            level * (doubling if key == "gottron_hands.erythema" else 1)
            for key, level in levels.items()
        )
    return Score(part, total, len(given), len(fields), unclear)


def severity_bands(activity_total: int) -> dict[str, str]:
    """Name the severity of an activity total under both published cut-offs.

    Parameters
    ----------
    activity_total : int
        0 to 100.

    Returns
    -------
    dict of str to str
        Source of the cut-off to the band. At exactly 19 the Pennsylvania abstract leaves the
        side open, so the band says so.

    References
    ----------
    Anyanwu et al. 2015, Br J Dermatol 173:969-74.

    Examples
    --------
    >>> severity_bands(7)
    {'Stanford, mild up to 14': 'mild', 'Pennsylvania, 19': 'mild'}
    """
    stanford = "mild" if activity_total <= 14 else "moderate or severe"
    if activity_total == 19:
        penn = "at the cut-off"
    else:
        penn = "mild" if activity_total < 19 else "moderate or severe"
    return {"Stanford, mild up to 14": stanford, "Pennsylvania, 19": penn}


def site_label(item: FormItem) -> str:
    """Return the label of the location that a field belongs to, for headings."""
    return FACTS[item.site].label if item.site else "Whole patient"
