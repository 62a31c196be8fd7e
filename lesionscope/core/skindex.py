"""Skindex-29: three scales of symptoms, emotions and functioning, each 0 to 100.

Thirty questions are asked and 29 scored. Every answer, never to all the time, is a quarter of
100; a scale is the mean of its answers. Labels name the topic of each question in this project's
own words; they are not the questions.

References
----------
Chren et al. 1997, Arch Dermatol 133:1433-40.
Nijsten et al. 2009, Dermatology 218:151-4 (categories of the scores).
"""

from __future__ import annotations

from collections.abc import Mapping

from lesionscope.core.bands import Band, BandScheme
from lesionscope.core.evidence import Certainty, Citation, Fact
from lesionscope.core.field import Field, Levels
from lesionscope.core.instrument import Instrument, Rater, ScoreRule

CHREN_1997 = Citation("Chren et al. 1997, Arch Dermatol 133:1433-40")
SKINDEX_REVIEW = Citation("Veterans Affairs review of instruments, Skindex-29, 2006")
NIJSTEN_2009 = Citation("Nijsten et al. 2009, Dermatology 218:151-4")
PRINSEN_2010 = Citation("Prinsen et al. 2010, cut-offs of the Skindex-29")
LENABASUM_2023 = Citation("Lenabasum phase 3, J Invest Dermatol 2023;143:2378-85", "PMID 37331616")

HOW_OFTEN = Levels(("never", "rarely", "sometimes", "often", "all the time"))

TOPICS: dict[int, tuple[str, str]] = {
    1: ("symptoms", "Pain"),
    2: ("functioning", "Sleep"),
    3: ("emotions", "Worry that it is serious"),
    4: ("functioning", "Work and hobbies"),
    5: ("functioning", "Social life"),
    6: ("emotions", "Low mood"),
    7: ("symptoms", "Burning or stinging"),
    8: ("functioning", "Staying at home"),
    9: ("emotions", "Worry about scars"),
    10: ("symptoms", "Itch"),
    11: ("functioning", "Closeness to loved ones"),
    12: ("emotions", "Shame"),
    13: ("emotions", "Worry that it gets worse"),
    14: ("functioning", "Doing things alone"),
    15: ("emotions", "Anger"),
    16: ("symptoms", "Trouble with water"),
    17: ("functioning", "Showing affection"),
    19: ("symptoms", "Irritation"),
    20: ("functioning", "Dealing with others"),
    21: ("emotions", "Embarrassment"),
    22: ("functioning", "Burden to loved ones"),
    23: ("emotions", "Frustration"),
    24: ("symptoms", "Sensitivity"),
    25: ("functioning", "Wish for company"),
    26: ("emotions", "Humiliation"),
    27: ("symptoms", "Bleeding"),
    28: ("emotions", "Annoyance"),
    29: ("functioning", "Sex life"),
    30: ("functioning", "Tiredness"),
}
"""Number on the questionnaire to scale and topic. Number 18, on side effects, is not scored.
Which question belongs to which scale is from memory; the counts 7, 10 and 12 were read."""

SCALES = ("symptoms", "emotions", "functioning")

_OVERALL_BANDS = (
    BandScheme(
        "skindex-nijsten",
        "Effect, Nijsten 2009",
        (
            Band("very little", 0, 5),
            Band("mild", 6, 17),
            Band("moderate", 18, 36),
            Band("severe", 37, 100),
        ),
        Certainty.UNVERIFIED,
        NIJSTEN_2009,
        "That four categories exist was read; their cut-offs are from memory.",
    ),
    BandScheme(
        "skindex-prinsen",
        "Impairment, Prinsen 2010",
        (
            Band("below mild", 0, 25, open_high=True),
            Band("mild", 25, 32, open_high=True),
            Band("moderate", 32, 44, open_high=True),
            Band("severe", 44, 100),
        ),
        Certainty.UNVERIFIED,
        PRINSEN_2010,
        "Cut-offs from memory.",
    ),
)


def _mean(answers: Mapping[str, float]) -> float:
    return 25 * sum(answers.values()) / len(answers)


def _key(number: int) -> str:
    return f"q{number:02d}"


def _rule(scale: str, keys: tuple[str, ...], bands: tuple[BandScheme, ...] = ()) -> ScoreRule:
    return ScoreRule(
        scale,
        f"Skindex-29 {scale}",
        keys,
        100,
        _mean,
        Certainty.UNVERIFIED,
        CHREN_1997,
        decimals=1,
        bands=bands,
    )


SKINDEX_29 = Instrument(
    id="skindex29",
    name="Skindex-29",
    rater=Rater.PATIENT,
    fields=tuple(
        Field(
            _key(number),
            f"{number}. {topic}",
            HOW_OFTEN,
            scale.capitalize(),
            "Answered by the patient on the questionnaire.",
            Certainty.UNVERIFIED,
            CHREN_1997,
            assessable_only=True,
        )
        for number, (scale, topic) in TOPICS.items()
    ),
    scores=(
        *(
            _rule(scale, tuple(_key(n) for n, (own, _) in TOPICS.items() if own == scale))
            for scale in SCALES
        ),
        _rule("overall", tuple(_key(number) for number in TOPICS), _OVERALL_BANDS),
    ),
    citation=CHREN_1997,
    rights=(
        "Skindex-29 is M.-M. Chren's instrument; ask its distributor before use. Labels are this "
        "project's own words."
    ),
    facts=(
        Fact("7 symptoms, 10 emotions, 12 functioning", Certainty.RESTATED, SKINDEX_REVIEW),
        Fact(
            "30 questions, never 0 to all the time 4; this review says that answers are summed, "
            "while published cut-offs are on 0 to 100",
            Certainty.RESTATED,
            SKINDEX_REVIEW,
        ),
        Fact("which question belongs to which scale; 18 not scored", Certainty.UNVERIFIED),
        Fact("a scale is the mean of its answers, of 0 to 100", Certainty.UNVERIFIED, CHREN_1997),
        Fact("the overall score is the mean of all 29 answers", Certainty.UNVERIFIED),
        Fact(
            "four categories for emotions, functioning and overall, five for symptoms",
            Certainty.READ,
            NIJSTEN_2009,
        ),
        Fact(
            "with three subscales added it tracked change of the skin poorly in dermatomyositis",
            Certainty.READ,
            LENABASUM_2023,
        ),
    ),
)
"""The instrument: 29 fields, three scales and the overall mean."""
