"""What the patient answers: DLQI and itch, with the published meanings of the totals.

Labels name the topic of each question in this project's own words; they are not the questions.
A patient answers on the licensed questionnaire, and the answers are entered here. A patient has
no "not assessable": what was not answered is a blank.

References
----------
Hongbo et al. 2005, J Invest Dermatol 125:659-64 (bands of the DLQI).
Basra et al. 2015 (its smallest important change).
Reich et al. 2012, Acta Derm Venereol 92 (bands of the itch scale).
"""

from __future__ import annotations

from collections.abc import Mapping

from lesionscope.core.bands import Band, BandScheme
from lesionscope.core.change import ImportantChange
from lesionscope.core.evidence import Certainty, Citation, Fact
from lesionscope.core.field import Field, Levels, Numbers
from lesionscope.core.instrument import Instrument, Rater, ScoreRule

FINLAY_KHAN_1994 = Citation("Finlay and Khan 1994 (the questionnaire)")
HONGBO_2005 = Citation("Hongbo et al. 2005, J Invest Dermatol 125:659-64")
BASRA_2015 = Citation("Basra et al. 2015")
DLQI_PAGES = Citation("Cardiff University, pages on the use and scoring of the DLQI")
REICH_2012 = Citation("Reich et al. 2012, Acta Derm Venereol 92", "DOI 10.2340/00015555-1265")
ITCH_RESPONSE = Citation("Studies of itch in atopic dermatitis; the publication was not recorded")

_HOW_MUCH = Levels(("not at all, or not relevant", "a little", "a lot", "very much"))
_WORK = Levels(("no problem, or not relevant", "a little", "a lot", "prevented"))

_DLQI_TOPICS: tuple[tuple[str, str, Levels], ...] = (
    ("symptoms", "Itch, soreness, pain or stinging", _HOW_MUCH),
    ("embarrassment", "Embarrassment", _HOW_MUCH),
    ("house", "Shopping, house and garden", _HOW_MUCH),
    ("clothes", "Choice of clothes", _HOW_MUCH),
    ("leisure", "Social life and leisure", _HOW_MUCH),
    ("sport", "Sport", _HOW_MUCH),
    # Asked in two steps: prevented is 3; if not, how much of a problem, up to "a lot", 2.
    ("work", "Work or study", _WORK),
    ("relations", "Partner, friends and relatives", _HOW_MUCH),
    ("sexual", "Sexual difficulties", _HOW_MUCH),
    ("treatment", "Burden of the treatment", _HOW_MUCH),
)

_DLQI_PARTS: dict[str, tuple[str, ...]] = {
    "symptoms and feelings": ("symptoms", "embarrassment"),
    "daily activities": ("house", "clothes"),
    "leisure": ("leisure", "sport"),
    "work and school": ("work",),
    "personal relationships": ("relations", "sexual"),
    "treatment": ("treatment",),
}
"""The six parts of the questionnaire, which together are the total."""

_DLQI_BANDS = BandScheme(
    "dlqi-hongbo",
    "Effect on life, Hongbo 2005",
    (
        Band("none", 0, 1),
        Band("small", 2, 5),
        Band("moderate", 6, 10),
        Band("very large", 11, 20),
        Band("extremely large", 21, 30),
    ),
    Certainty.READ,
    HONGBO_2005,
    "kappa 0.489",
)


def _sum(answers: Mapping[str, float]) -> float:
    return sum(answers.values())


def dlqi(*, one_blank_is_zero: bool = False) -> Instrument:
    """Return the Dermatology Life Quality Index, 0 to 30.

    Parameters
    ----------
    one_blank_is_zero : bool
        Whether the study takes the developers' rule, by which one unanswered question counts as
        zero and two leave no total. From memory, not verified, so a study must ask for it.

    Examples
    --------
    >>> nine = {field.key: 1 for field in dlqi().fields[:9]}
    >>> dlqi().total("dlqi", nine).describe()
    '9 of 10 fields answered, no total'
    >>> dlqi(one_blank_is_zero=True).total("dlqi", nine).describe()
    '9 of 30 (1 blank counted as zero)'
    """
    fields = tuple(
        Field(
            key,
            f"{number}. {topic}",
            scale,
            "The last week",
            "Answered by the patient on the licensed questionnaire.",
            Certainty.RESTATED,
            DLQI_PAGES,
            assessable_only=True,
        )
        for number, (key, topic, scale) in enumerate(_DLQI_TOPICS, start=1)
    )
    rule = ScoreRule(
        "dlqi",
        "DLQI",
        tuple(field.key for field in fields),
        30,
        _sum,
        Certainty.READ,
        HONGBO_2005,
        blanks_counted_zero=1 if one_blank_is_zero else 0,
        bands=(_DLQI_BANDS,),
        important=(ImportantChange(4, "Basra 2015", Certainty.READ, BASRA_2015),),
    )
    parts = tuple(
        ScoreRule(
            f"dlqi_{name.replace(' ', '_')}",
            f"DLQI {name}",
            keys,
            3 * len(keys),
            _sum,
            Certainty.RESTATED,
            DLQI_PAGES,
        )
        for name, keys in _DLQI_PARTS.items()
    )
    return Instrument(
        id="dlqi",
        name="DLQI",
        rater=Rater.PATIENT,
        fields=fields,
        scores=(rule, *parts),
        citation=FINLAY_KHAN_1994,
        rights=(
            "The DLQI is copyright A. Y. Finlay and G. K. Khan, April 1992 (Cardiff University); "
            "use in research needs permission. Labels are this project's own words."
        ),
        facts=(
            Fact(
                "work or study prevented counts 3, as ten questions make 30", Certainty.ARITHMETIC
            ),
            Fact('"not relevant" counts 0', Certainty.READ, DLQI_PAGES),
            Fact("one unanswered question counts 0, two leave no total", Certainty.UNVERIFIED),
            Fact("from 16 years on; at least 7 days between two", Certainty.READ, DLQI_PAGES),
        ),
        recall="1 week",
    )


ITCH_BANDS = (
    BandScheme(
        "itch-reich",
        "Itch, Reich 2012",
        (
            Band("none", 0, 0),
            Band("mild", 0, 4, open_low=True, open_high=True),
            Band("moderate", 4, 7, open_high=True),
            Band("above moderate", 7, 10),
        ),
        Certainty.READ,
        REICH_2012,
        "Found for the visual analogue scale; patients rate higher on the numeric one.",
    ),
    BandScheme(
        "itch-severe-7-9",
        "Itch, severe from 7",
        (
            Band("below severe", 0, 7, open_high=True),
            Band("severe", 7, 9, open_high=True),
            Band("very severe", 9, 10),
        ),
        Certainty.UNVERIFIED,
        note="Ascribed to Reich 2012 from memory; only the bands up to moderate were read there.",
    ),
)
"""Meanings of itch up to moderate; what lies above was not read, and only a study adopts it."""

_ITCH_RESPONSE = ImportantChange(
    4, "atopic dermatitis", Certainty.RESTATED, ITCH_RESPONSE, "not measured in dermatomyositis"
)


def itch(*, visual_analogue: bool = False) -> Instrument:
    """Return the itch scale, 0 to 10: whole numbers, or a line of 10 cm.

    Parameters
    ----------
    visual_analogue : bool
        Whether the study uses the line.

    Examples
    --------
    >>> from lesionscope.core.instrument import bands_of
    >>> bands_of(itch().total("itch", {"itch": 6}))
    {'Itch, Reich 2012': 'moderate'}
    """
    scale = Numbers(0, 10, "cm", decimals=1) if visual_analogue else Numbers(0, 10)
    name = "Itch, visual analogue scale" if visual_analogue else "Itch, numeric rating scale"
    field = Field(
        "itch",
        "Worst itch",
        scale,
        "As the study's question says: the day or the week",
        "0 is no itch, 10 the worst that can be imagined.",
        Certainty.READ,
        REICH_2012,
        assessable_only=True,
    )
    rule = ScoreRule(
        "itch",
        name,
        ("itch",),
        10,
        _sum,
        Certainty.READ,
        REICH_2012,
        decimals=scale.decimals,
        bands=ITCH_BANDS,
        important=(_ITCH_RESPONSE,),
    )
    return Instrument(
        id="itch_vas" if visual_analogue else "itch_nrs",
        name=name,
        rater=Rater.PATIENT,
        fields=(field,),
        scores=(rule,),
        citation=REICH_2012,
        facts=(
            Fact("numeric scale 5.7, visual 5.3 on average, p < 0.01", Certainty.READ, REICH_2012),
            Fact("4 points or more are meaningful", Certainty.RESTATED, ITCH_RESPONSE),
            Fact("the time that the question covers is the study's", Certainty.STUDY),
        ),
    )
