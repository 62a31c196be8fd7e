"""Physician's global assessment of skin activity: one number on a scale that the study must set.

Published trials used a 10 cm visual analogue scale and graded scales of five levels, and a
protocol that says "PGA above 2" without its scale can mean either. While the scale is unset
nothing can be entered, and a question about the number answers "undetermined".

References
----------
Anyanwu et al. 2015, Br J Dermatol 173:969-74 (graded scales and a visual analogue scale; 2 cm
held to be a clinically significant change).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from lesionscope.core.change import ImportantChange
from lesionscope.core.evidence import Certainty, Citation, Fact
from lesionscope.core.field import Answer, Field, Levels, Numbers, Scale, Unset
from lesionscope.core.instrument import Incomplete, Instrument, Rater, ScoreRule

ANYANWU_2015 = Citation("Anyanwu et al. 2015, Br J Dermatol 173:969-74", "PMID 25994337")
PRODERM_2023 = Citation("ProDERM safety, Arthritis Res Ther 2023", "DOI 10.1186/s13075-023-03232-2")

VISUAL_ANALOGUE = Numbers(0, 10, "cm", decimals=1)
"""A line of 10 cm, read to the millimetre."""
FIVE_LEVELS = Levels(("clear", "almost clear", "mild", "moderate", "severe"))
"""Five grades, 0 to 4. Names from memory, not verified."""

SCALES: dict[str, Levels | Numbers] = {
    "visual analogue, 0 to 10 cm": VISUAL_ANALOGUE,
    "five levels, 0 to 4": FIVE_LEVELS,
}
"""The scales that a study can set by name; a protocol may state its own."""

SCALE_UNSET = "the study sets the scale of the PGA"
_KEY = "skin_activity"


def _itself(answers: Mapping[str, float]) -> float:
    return answers[_KEY]


def pga(scale: Levels | Numbers | None = None) -> Instrument:
    """Return the instrument on the study's scale.

    Parameters
    ----------
    scale : Levels or Numbers, optional
        As the protocol states it; None while the study has set none.

    Examples
    --------
    >>> pga().total("pga", {}).describe()
    '0 of 1 fields answered, no total'
    >>> pga(VISUAL_ANALOGUE).total("pga", {"skin_activity": 2.5}).describe()
    '2.5 of 10'
    """
    asked: Scale = scale or Unset(SCALE_UNSET)
    on_line = scale == VISUAL_ANALOGUE
    field = Field(
        _KEY,
        "Activity of the skin disease",
        asked,
        "Global assessment",
        "Activity of all skin lesions together, damage left out.",
        Certainty.STUDY if scale else Certainty.UNVERIFIED,
    )
    rule = ScoreRule(
        "pga",
        "PGA of skin activity",
        (_KEY,),
        scale.high if scale else 0,
        _itself,
        field.certainty,
        decimals=scale.decimals if isinstance(scale, Numbers) else 0,
        important=(_TWO_CENTIMETRES,) if on_line else (),
    )
    return Instrument(
        id="pga",
        name="PGA of skin activity",
        rater=Rater.CLINICIAN,
        fields=(field,),
        scores=(rule,),
        citation=ANYANWU_2015,
        facts=_FACTS,
    )


_TWO_CENTIMETRES = ImportantChange(
    2, "Anyanwu 2015", Certainty.READ, ANYANWU_2015, "taken as clinically significant"
)

_FACTS = (
    Fact(
        "one study used graded scales and a visual analogue scale, on which 0 to 9.7 was seen",
        Certainty.READ,
        ANYANWU_2015,
    ),
    Fact(
        "of global disease activity, not of the skin: 0 to 3 mild, 4 to 6 moderate, 7 to 10 major",
        Certainty.READ,
        PRODERM_2023,
    ),
    Fact("names of the five levels, clear to severe", Certainty.UNVERIFIED),
    Fact(
        'of "PGA above 2" the likelier reading is 2 cm of the visual analogue scale, the other is '
        "3 or 4 of five levels",
        Certainty.PROPOSAL,
    ),
)


class Verdict(StrEnum):
    """The answer to a question about a score."""

    YES = "yes"
    NO = "no"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True)
class Judgement:
    """A verdict and why.

    Attributes
    ----------
    verdict : Verdict
        Yes, no or undetermined.
    why : str
        In words.
    """

    verdict: Verdict
    why: str


def above(bound: float, answer: Answer | None, *, scale: Levels | Numbers | None) -> Judgement:
    """Judge whether the assessment exceeds a bound of a protocol.

    Parameters
    ----------
    bound : float
        The protocol's bound, strict.
    answer : float, str or None
        The assessment, "not assessable", or None for a blank.
    scale : Levels or Numbers or None
        The study's scale; None while unset.

    Returns
    -------
    Judgement

    Raises
    ------
    ValueError
        If the answer is not on the scale.

    Examples
    --------
    >>> above(2, 3, scale=None).verdict.value
    'undetermined'
    >>> above(2, 2, scale=VISUAL_ANALOGUE).verdict.value
    'no'
    """
    if scale is None:
        return Judgement(Verdict.UNDETERMINED, "the study has not set the scale of the PGA")
    total = pga(scale).total("pga", {} if answer is None else {_KEY: answer})
    if isinstance(total, Incomplete):
        return Judgement(Verdict.UNDETERMINED, "the PGA was not given")
    verdict = Verdict.YES if total.value > bound else Verdict.NO
    return Judgement(verdict, f"PGA {total.value:g} on {scale.describe()}; bound {bound:g}")
