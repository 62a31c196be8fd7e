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

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from lesionscope.core.cdasi_form import ITEMS, FormItem, Part, item_named, items_of
from lesionscope.core.cdasi_meaning import (
    ACTIVITY_BANDS,
    ACTIVITY_RESPONDERS,
    FACTS_KNOWN,
    IMPORTANT_ACTIVITY_CHANGES,
    YASSAEE_2010,
)
from lesionscope.core.change import Change, MeasurementError
from lesionscope.core.evidence import Certainty
from lesionscope.core.field import NOT_ASSESSABLE
from lesionscope.core.instrument import Instrument, Query, Rater, ScoreRule, Total, bands_of
from lesionscope.core.sites import FACTS

__all__ = [
    "CDASI",
    "ITEMS",
    "NOT_ASSESSABLE",
    "Answer",
    "FormItem",
    "Part",
    "Score",
    "change",
    "check_answers",
    "item_named",
    "items_of",
    "score",
    "severity_bands",
    "site_label",
]

Answer = int | str
"""A level, or `NOT_ASSESSABLE`."""


def _activity(levels: Mapping[str, float]) -> float:
    """Add the activity; of it only the level of Gottron's on the hands is doubled, by papules."""
    doubling = 2 if levels["gottron_hands.papules"] else 1
    counted = sum(level for key, level in levels.items() if key != "gottron_hands.papules")
    return counted + (doubling - 1) * levels["gottron_hands.erythema"]


def _damage(levels: Mapping[str, float]) -> float:
    """Add the damage; nothing of it is doubled."""
    return sum(levels.values())


def _papules_without_redness(given: Mapping[str, float | str]) -> bool:
    return given.get("gottron_hands.papules") == 1 and given.get("gottron_hands.erythema") == 0


CDASI = Instrument(
    id="cdasi",
    name="CDASI version 2",
    rater=Rater.CLINICIAN,
    fields=ITEMS,
    scores=(
        ScoreRule(
            Part.ACTIVITY.value,
            "CDASI activity",
            tuple(item.key for item in items_of(Part.ACTIVITY)),
            100,
            _activity,
            Certainty.ARITHMETIC,
            bands=ACTIVITY_BANDS,
            important=IMPORTANT_ACTIVITY_CHANGES,
            responders=ACTIVITY_RESPONDERS,
        ),
        ScoreRule(
            Part.DAMAGE.value,
            "CDASI damage",
            tuple(item.key for item in items_of(Part.DAMAGE)),
            32,
            _damage,
            Certainty.ARITHMETIC,
        ),
    ),
    citation=YASSAEE_2010,
    rights=(
        "The CDASI is the University of Pennsylvania's instrument; its use in a trial may need a "
        "licence from there (from memory, not verified). Labels are this project's own words."
    ),
    facts=FACTS_KNOWN,
    queries=(
        Query(
            "papules on the hands, and an activity of 0 there: doubling leaves 0",
            _papules_without_redness,
        ),
    ),
)
"""The instrument in the shape that every form page takes."""


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
    CDASI.check(answers)


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
    found = CDASI.total(part.value, answers)
    required = len(found.rule.keys)
    if isinstance(found, Total):
        return Score(part, int(found.value), required, required, ())
    return Score(part, None, found.answered, required, found.not_assessable)


def severity_bands(
    activity_total: int, *, adopted: Collection[str] = (), cutoff: str = ""
) -> dict[str, str]:
    """Name the severity of an activity total under the cut-offs that the study uses.

    Parameters
    ----------
    activity_total : int
        0 to 100.
    adopted : collection of str
        Ids of the unverified schemes that the study uses.
    cutoff : str
        Id of the one published scheme that the study uses; empty for all of them.

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
    >>> severity_bands(16, cutoff="cdasi-pennsylvania")
    {'Pennsylvania, 19': 'mild'}
    """
    named = bands_of(Total(CDASI.rule(Part.ACTIVITY.value), activity_total), adopted)
    used = {
        one.name
        for one in ACTIVITY_BANDS
        if one.certainty is Certainty.UNVERIFIED or cutoff in ("", one.id)
    }
    return {name: band for name, band in named.items() if name in used}


def change(part: Part, baseline: int, now: int, *, error: MeasurementError | None = None) -> Change:
    """Compare a total with its baseline.

    Parameters
    ----------
    part : Part
        Both totals are of this part. Damage has no published change that matters.
    baseline, now : int
        Totals of two complete forms.
    error : MeasurementError, optional
        Of the study's own readers: no published one was read.

    Returns
    -------
    Change

    References
    ----------
    Anyanwu et al. 2015, Br J Dermatol 173:969-74: 4 points (Pennsylvania), 5 (Stanford).

    Examples
    --------
    >>> change(Part.ACTIVITY, 20, 16).describe()
    '-4 points (-20 %); reaches 4 (Pennsylvania); below 5 (Stanford); smallest detectable change \
not known'
    """
    return Change(baseline, now, CDASI.rule(part.value).important, error)


def site_label(item: FormItem) -> str:
    """Return the label of the location that a field belongs to, for headings."""
    return FACTS[item.site].label if item.site else "Whole patient"
