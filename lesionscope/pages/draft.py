"""The form while it is being filled: answers, how each came about, and what the machine suggests.

A suggestion becomes an answer only by an act of the reader. Nothing here shows anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lesionscope.core.cdasi import ITEMS, NOT_ASSESSABLE, Answer, FormItem, check_answers
from lesionscope.core.reading import AnswerOrigin, Reading, origin_of
from lesionscope.core.sites import CDASI_LOCATIONS, FACTS, Site

NAILS_AND_HAIR = "nails_and_hair"
"""The group of the two fields that belong to no site."""

GROUPS: dict[str, tuple[FormItem, ...]] = {
    **{site.value: tuple(i for i in ITEMS if i.site is site) for site in CDASI_LOCATIONS},
    Site.GOTTRON_HANDS.value: tuple(i for i in ITEMS if i.site is Site.GOTTRON_HANDS),
    NAILS_AND_HAIR: tuple(i for i in ITEMS if i.site is None),
}
"""The fields as the form is walked: fifteen locations, the hands, nails and hair."""


def group_label(group: str) -> str:
    """Return the heading of a group of fields."""
    return "Nails and hair" if group == NAILS_AND_HAIR else FACTS[Site(group)].label


@dataclass(frozen=True)
class Suggested:
    """What the machine suggests for one field, from the worst photo of its location.

    Attributes
    ----------
    level : int
        Suggested level.
    probability : float
        Its probability, 0 to 1.
    reason : str
        The measured numbers in words.
    photo_id : int
        The photo that it rests on.
    """

    level: int
    probability: float
    reason: str
    photo_id: int


def worst(suggestions: Iterable[tuple[str, Suggested]]) -> dict[str, Suggested]:
    """Keep one suggestion a field: the form asks for the worst lesion of the location.

    Parameters
    ----------
    suggestions : iterable of (str, Suggested)
        Field key and suggestion of every photo.

    Returns
    -------
    dict of str to Suggested
        The highest level of each field; of equal levels the more probable.
    """
    kept: dict[str, Suggested] = {}
    for key, new in suggestions:
        old = kept.get(key)
        if old is None or (new.level, new.probability) > (old.level, old.probability):
            kept[key] = new
    return kept


@dataclass(frozen=True)
class Draft:
    """A form that is not signed.

    Attributes
    ----------
    answers : dict of str to int or str
        Field key to level or "not assessable"; fields not answered are missing.
    origins : dict of str to AnswerOrigin
        How each answer came about.
    suggestions_shown : bool
        Whether the reader has seen the machine's suggestions.
    supersedes : int or None
        The signed reading that this draft corrects.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    origins: dict[str, AnswerOrigin] = field(default_factory=dict)
    suggestions_shown: bool = False
    supersedes: int | None = None

    def answer(self, key: str, answer: Answer | None, suggested: Suggested | None) -> Draft:
        """Return the draft with one field answered, or blank again for None.

        Raises
        ------
        ValueError
            If the form does not allow the answer.
        """
        answers = {k: v for k, v in self.answers.items() if k != key}
        origins = {k: v for k, v in self.origins.items() if k != key}
        if answer is not None:
            check_answers({key: answer})
            answers[key] = answer
            seen = suggested.level if suggested and self.suggestions_shown else None
            origins[key] = origin_of(answer, seen)
        return replace(self, answers=answers, origins=origins)

    def fill(
        self, keys: Iterable[str], answer: Answer, suggested: Mapping[str, Suggested]
    ) -> Draft:
        """Return the draft with one answer put into every field of `keys`."""
        draft = self
        for key in keys:
            draft = draft.answer(key, answer, suggested.get(key))
        return draft

    def confirm(self, suggested: Mapping[str, Suggested]) -> Draft:
        """Return the draft with every blank field of `suggested` answered as suggested."""
        draft = self
        for key, suggestion in suggested.items():
            if key not in draft.answers:
                draft = draft.answer(key, suggestion.level, suggestion)
        return draft

    def answered(self, group: str) -> int:
        """Return how many fields of a group have an answer."""
        return sum(item.key in self.answers for item in GROUPS[group])

    def content(self) -> dict[str, Any]:
        """Return what the record keeps of this draft."""
        return {
            "answers": dict(self.answers),
            "origins": {key: origin.value for key, origin in self.origins.items()},
            "suggestions_shown": self.suggestions_shown,
            "supersedes": self.supersedes,
        }


def draft_from(content: Mapping[str, Any] | None) -> Draft:
    """Return the draft that the record kept, or an empty one."""
    if not content:
        return Draft()
    return Draft(
        answers=dict(content["answers"]),
        origins={key: AnswerOrigin(origin) for key, origin in content["origins"].items()},
        suggestions_shown=bool(content["suggestions_shown"]),
        supersedes=content["supersedes"],
    )


def draft_of(reading: Reading) -> Draft:
    """Return a draft that starts from a signed reading in order to correct it."""
    return Draft(
        answers=dict(reading.answers),
        origins=dict(reading.origins),
        suggestions_shown=reading.suggestions_shown,
        supersedes=reading.id,
    )


def answer_name(item: FormItem, answer: Answer) -> str:
    """Write an answer as the form shows it.

    Examples
    --------
    >>> answer_name(ITEMS[0], 2), answer_name(ITEMS[0], NOT_ASSESSABLE)
    ('2 red', 'not assessable')
    """
    if answer == NOT_ASSESSABLE:
        return NOT_ASSESSABLE
    return f"{answer} {item.levels[int(answer)]}"
