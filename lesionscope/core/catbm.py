"""Cutaneous Assessment Tool, binary method: each lesion absent or present, and two sums.

Activity has 17 lesions and damage 11. Of the 21 lesions of the tool, 10 are of activity alone,
4 of damage alone, and 7 are asked twice: active, and what they left behind. The counts were read;
the names of the lesions, and which seven are asked twice, are from memory and can be replaced.

References
----------
Huber et al. 2007, Rheumatology 46:1606-11 (10 activity, 4 damage, 7 combined lesions).
Huber et al. 2008, Arthritis Rheum (binary method: rho 0.98 with the original for both scores).
"""

from __future__ import annotations

from collections.abc import Mapping

from lesionscope.core.evidence import Certainty, Citation, Fact
from lesionscope.core.field import Field, Levels
from lesionscope.core.instrument import Instrument, Rater, ScoreRule

HUBER_2007 = Citation("Huber et al. 2007, Rheumatology 46:1606-11", "PMID 17890275")
HUBER_2008 = Citation(
    "Huber et al. 2008, Arthritis Rheum: alternative scoring of the Cutaneous Assessment Tool"
)
HUBER_MEANING = Citation(
    "Huber et al. 2008: preliminary validation and clinical meaning", "DOI 10.1002/art.23340"
)
TIAO_2017 = Citation("Tiao et al. 2017, Br J Dermatol 177:1086-92", "PMID 28421601")

ACTIVITY: dict[str, tuple[str, str]] = {
    "gottron": ("Gottron's papules or sign", "Papules or redness over joints."),
    "heliotrope": ("Heliotrope rash", "Violaceous redness of the upper lids."),
    "facial_erythema": ("Malar or facial redness", "Redness of the face besides the lids."),
    "linear_extensor": ("Linear redness of extensors", "Along extensor tendons, sparing joints."),
    "v_sign": ("V sign", "Redness of the neck and upper chest in front."),
    "shawl_sign": ("Shawl sign", "Redness of the nape, upper back and shoulders."),
    "not_sun_exposed": ("Redness of covered skin", "Redness where the sun does not reach."),
    "erythroderma": ("Erythroderma", "Redness of most of the skin."),
    "livedo": ("Livedo reticularis", "Net of violaceous lines."),
    "ulceration": ("Ulceration", "Break of the skin."),
    "mucous_membrane": ("Lesions of mucous membrane", "Mouth, eyes or genitals."),
    "nailfold_capillaries": ("Nail fold capillary changes", "Loops enlarged, lost or branching."),
    "mechanics_hands": ("Mechanic's hands", "Rough, fissured skin of fingers and palm."),
    "cuticles": ("Cuticular overgrowth", "Cuticle grown over the nail."),
    "subcutaneous_oedema": ("Subcutaneous oedema", "Swelling under the skin."),
    "panniculitis": ("Panniculitis", "Tender nodules of the fat."),
    "alopecia": ("Alopecia", "Loss of hair without scars."),
}
"""The 17 lesions of activity: label and glossary, in this project's own words."""

DAMAGE_ONLY: dict[str, tuple[str, str]] = {
    "poikiloderma": ("Poikiloderma", "Atrophy, pigment changes and telangiectasia together."),
    "calcinosis": ("Calcinosis", "Hard deposits in or under the skin."),
    "lipoatrophy": ("Lipoatrophy", "Fat lost under the skin."),
    "depressed_scar": ("Depressed scars", "Scars below the level of the skin."),
}
"""The 4 lesions of damage alone."""

COMBINED: tuple[str, ...] = tuple(ACTIVITY)[:7]
"""The seven lesions asked twice, from memory: the kinds of redness that can leave atrophy or
dyspigmentation. The other ten are then the ten that the tool has as activity alone."""

_PRESENT = Levels(("absent", "present"))


def _sum(answers: Mapping[str, float]) -> float:
    return sum(answers.values())


def catbm(combined: tuple[str, ...] = COMBINED) -> Instrument:
    """Return the instrument.

    Parameters
    ----------
    combined : tuple of str
        The seven lesions of activity whose damage is asked too, as the study's form has them.

    Raises
    ------
    ValueError
        If they are not seven different lesions of `ACTIVITY`.

    Examples
    --------
    >>> [len(rule.keys) for rule in catbm().scores]
    [17, 11]
    """
    if len(set(combined)) != 7 or not set(combined) <= set(ACTIVITY):
        raise ValueError(f"combined must be seven different lesions of activity, got {combined}")
    active = tuple(
        Field(f"activity.{key}", label, _PRESENT, "Activity", what, citation=HUBER_2007)
        for key, (label, what) in ACTIVITY.items()
    )
    left = tuple(
        Field(
            f"damage.{key}",
            f"{ACTIVITY[key][0]}: left behind",
            _PRESENT,
            "Damage",
            "Atrophy or dyspigmentation without active redness.",
            citation=HUBER_2007,
        )
        for key in combined
    )
    alone = tuple(
        Field(f"damage.{key}", label, _PRESENT, "Damage", what, citation=HUBER_2007)
        for key, (label, what) in DAMAGE_ONLY.items()
    )
    return _instrument(active, (*left, *alone))


def _instrument(active: tuple[Field, ...], damage: tuple[Field, ...]) -> Instrument:
    return Instrument(
        id="catbm",
        name="CAT, binary method",
        rater=Rater.CLINICIAN,
        fields=(*active, *damage),
        scores=(
            ScoreRule(
                "activity",
                "CAT-BM activity",
                tuple(field.key for field in active),
                17,
                _sum,
                Certainty.ARITHMETIC,
                HUBER_2007,
            ),
            ScoreRule(
                "damage",
                "CAT-BM damage",
                tuple(field.key for field in damage),
                11,
                _sum,
                Certainty.ARITHMETIC,
                HUBER_2007,
            ),
        ),
        citation=HUBER_2008,
        rights="Published by Huber, Rider and colleagues; labels are this project's own words.",
        facts=_FACTS,
    )


_FACTS = (
    Fact("the tool has 10 activity, 4 damage and 7 combined lesions", Certainty.READ, HUBER_2007),
    Fact("activity 10 + 7 = 17, damage 4 + 7 = 11", Certainty.ARITHMETIC, HUBER_2007),
    Fact("names of the lesions, and which seven are combined", Certainty.UNVERIFIED, HUBER_2007),
    Fact(
        "binary and original scores correlate with rho 0.98 (activity) and 0.98 (damage)",
        Certainty.READ,
        HUBER_2008,
    ),
    Fact(
        "of the original scores, not the binary: median activity 1, 7, 13, 18, 31 is absent, mild, "
        "moderate, severe, extremely severe",
        Certainty.READ,
        HUBER_MEANING,
    ),
    Fact("in children it takes 3.1 minutes", Certainty.READ, TIAO_2017),
)
