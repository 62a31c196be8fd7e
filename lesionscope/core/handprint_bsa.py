"""Involved body surface counted in the patient's handprints, by eye.

A handprint is the palm with the fingers and thumb of one flat hand, fingers together, to the
crease of the wrist. Its worth is a convention: 1 % in trial protocols, 0.87 % as measured in
adults. The palm alone (0.5 %) and the whole hand with its back (2.5 %) are other things.

References
----------
Thomas and Finlay 2007 (cited by protocols for 1 %).
Rhodes et al. 2013, Br J Dermatol 169:76-84 (13 % below 1 % in adults; palm alone 0.5 %).
Lee et al. 2007, J Physiol Anthropol 26:475-83 (whole hand, both sides).
Lund-Browder adult regional percentages, restated in public burn-triage code.
"""

from __future__ import annotations

from collections.abc import Mapping

from lesionscope.core.evidence import Certainty, Citation, Fact
from lesionscope.core.field import Field, Numbers
from lesionscope.core.instrument import Instrument, Rater, ScoreRule
from lesionscope.core.measurement import Convention

THOMAS_FINLAY_2007 = Citation("Thomas and Finlay 2007, letter on the handprint")
NCT06857240 = Citation("Registry entry of the trial NCT06857240, list of references")
RHODES_2013 = Citation("Rhodes et al. 2013, Br J Dermatol 169:76-84", "PMID 23448271")
LEE_2007 = Citation("Lee et al. 2007, J Physiol Anthropol 26:475-83", "PMID 17704626")
LUND_BROWDER = Citation("Lund-Browder adult percentages, as public burn-triage code restates them")
YOO_2022 = Citation("Yoo et al. 2022, Clin Exp Dermatol 47:1298")
TRIPODI_2004 = Citation("Tripodi 2004")
GVHD_2019 = Citation("Chronic graft-versus-host disease, body surface by eye", "PMC6858843")

PERCENT: dict[Convention, float] = {Convention.PROTOCOL: 1.0, Convention.ADJUSTED: 0.87}
"""What one handprint is worth, percent of the body surface."""
ADJUSTED_RANGE = (0.67, 1.07)
"""Two standard deviations of 0.10 either way. Proposal of this project."""

REGIONS: dict[str, tuple[str, int]] = {
    "head_neck": ("Head and neck", 9),
    "front_trunk": ("Front of the trunk", 13),
    "back_trunk": ("Back of the trunk", 13),
    "buttocks": ("Buttocks", 5),
    "genitalia": ("Genitalia", 1),
    "arms_hands": ("Arms and hands", 19),
    "legs_feet": ("Legs and feet", 40),
}
"""Regions with their share of an adult's body surface, percent; together 100."""


def _protocol(counts: Mapping[str, float]) -> float:
    # Tenths of a handprint: ten decimals take the dust of adding them away.
    return round(sum(counts.values()) * PERCENT[Convention.PROTOCOL], 10)


def _adjusted(counts: Mapping[str, float]) -> float:
    return round(sum(counts.values()) * PERCENT[Convention.ADJUSTED], 10)


def adjusted_range(handprints: float) -> tuple[float, float]:
    """Return the range of the body surface that a count of handprints stands for.

    Parameters
    ----------
    handprints : float
        Counted, zero or more.

    Returns
    -------
    tuple of float
        Percent of the body surface, low and high.

    Examples
    --------
    >>> low, high = adjusted_range(10)
    >>> round(low, 1), round(high, 1)
    (6.7, 10.7)
    """
    if not handprints >= 0:
        raise ValueError(f"handprints must not be negative, got {handprints}")
    return handprints * ADJUSTED_RANGE[0], handprints * ADJUSTED_RANGE[1]


_FIELDS = tuple(
    Field(
        key,
        label,
        Numbers(0, share, "handprints", decimals=1),
        "Handprints of involved skin",
        # By the convention a handprint is 1 %, so a region holds no more than its own percent.
        f"The patient's palm with fingers, laid flat. By the convention the region is {share}.",
        Certainty.RESTATED,
        LUND_BROWDER,
    )
    for key, (label, share) in REGIONS.items()
)

HANDPRINT_BSA = Instrument(
    id="handprint_bsa",
    name="Body surface by handprints",
    rater=Rater.CLINICIAN,
    fields=_FIELDS,
    scores=(
        ScoreRule(
            Convention.PROTOCOL.value,
            "BSA, protocol (a handprint is 1 %)",
            tuple(REGIONS),
            100,
            _protocol,
            Certainty.PROPOSAL,
            THOMAS_FINLAY_2007,
            decimals=1,
        ),
        ScoreRule(
            Convention.ADJUSTED.value,
            "BSA, adjusted (a handprint is 0.87 %)",
            tuple(REGIONS),
            87,
            _adjusted,
            Certainty.READ,
            RHODES_2013,
            decimals=1,
        ),
    ),
    citation=THOMAS_FINLAY_2007,
    facts=(
        Fact("the protocol of NCT06857240 cites the letter of 2007", Certainty.READ, NCT06857240),
        Fact("that the protocol means 1 % by it", Certainty.PROPOSAL, THOMAS_FINLAY_2007),
        Fact("that letter's own percentage", Certainty.NOT_FOUND),
        Fact("14 studies pooled: adults' handprints are 0.87 %", Certainty.READ, RHODES_2013),
        Fact("the palm alone is 0.5 %", Certainty.READ, RHODES_2013),
        Fact(
            "the whole hand, both sides, is 2.5 % in men, 2.4 % in women", Certainty.READ, LEE_2007
        ),
        Fact("0.67 to 1.07 % as the range between adults", Certainty.PROPOSAL),
        Fact("36 physicians tend to over-estimate by eye", Certainty.READ, YOO_2022),
        Fact("by eye 43.4 % for a true 38.1 %, 30.4 % for 27.8 %", Certainty.READ, TRIPODI_2004),
        Fact("trained clinicians detect a change of 19 to 22 % BSA", Certainty.READ, GVHD_2019),
    ),
)
"""The instrument: seven counts, and one total in each convention, which are never added."""
