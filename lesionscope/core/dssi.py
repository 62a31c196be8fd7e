"""Dermatomyositis Skin Severity Index: four regions, each with redness, induration, scale, area.

    DSSI = sum over regions of weight x area x (redness + induration + scaliness), 0 to 72

The area grades can be proposed from measured body surface (`lesionscope.core.dssi_area`); a
proposal is not an answer. Structure, weights and levels are from memory, not verified; that they
reach 72 is arithmetic.

References
----------
Carroll et al. 2008, Br J Dermatol 158:345-50.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import partial

from lesionscope.core.evidence import Certainty, Citation, Fact
from lesionscope.core.field import NOT_ASSESSABLE, Answer, Field, FromPhoto, Levels
from lesionscope.core.instrument import Instrument, Query, Rater, ScoreRule

CARROLL_2008 = Citation("Carroll et al. 2008, Br J Dermatol 158:345-50", "PMID 18067478")
YOO_2022 = Citation("Yoo et al. 2022, Clin Exp Dermatol 47:1298")


class Region(StrEnum):
    """The four regions, weighted by their share of the body as in the PASI."""

    HEAD = "head"
    TRUNK = "trunk"
    UPPER_EXTREMITIES = "upper_extremities"
    LOWER_EXTREMITIES = "lower_extremities"


TENTHS: dict[Region, int] = {
    Region.HEAD: 1,
    Region.TRUNK: 3,
    Region.UPPER_EXTREMITIES: 2,
    Region.LOWER_EXTREMITIES: 4,
}
"""Weight of each region in tenths: whole numbers add without rounding."""

_LABELS = {
    Region.HEAD: "Head and neck",
    Region.TRUNK: "Trunk",
    Region.UPPER_EXTREMITIES: "Upper extremities",
    Region.LOWER_EXTREMITIES: "Lower extremities",
}
_SIGN = Levels(("none", "slight", "moderate", "marked", "very marked"))
_SIGNS = {
    "redness": ("Redness", "Average over the involved skin of the region.", FromPhoto.NEVER),
    "induration": ("Induration", "Thickness of the involved skin, by touch.", FromPhoto.NEVER),
    "scaliness": ("Scaliness", "Average over the involved skin of the region.", FromPhoto.NEVER),
}
AREA_LEVELS = Levels(
    ("none", "below 10 %", "10 to 29 %", "30 to 49 %", "50 to 69 %", "70 to 89 %", "90 to 100 %")
)


def _fields() -> tuple[Field, ...]:
    fields = []
    for region in Region:
        for name, (label, what, photo) in _SIGNS.items():
            fields.append(
                Field(
                    f"{region.value}.{name}",
                    label,
                    _SIGN,
                    _LABELS[region],
                    what,
                    citation=CARROLL_2008,
                    from_photo=photo,
                )
            )
        fields.append(
            Field(
                f"{region.value}.area",
                "Area involved",
                AREA_LEVELS,
                _LABELS[region],
                "Share of the region's skin. May be proposed from measured body surface.",
                citation=CARROLL_2008,
                from_photo=FromPhoto.UNSURE,
            )
        )
    return tuple(fields)


def _area_without_signs(region: Region, given: Mapping[str, Answer]) -> bool:
    signs = [given.get(f"{region.value}.{sign}") for sign in _SIGNS]
    area = given.get(f"{region.value}.area")
    return area not in (None, 0, NOT_ASSESSABLE) and all(sign == 0 for sign in signs)


def _signs_without_area(region: Region, given: Mapping[str, Answer]) -> bool:
    signs = [given.get(f"{region.value}.{sign}") for sign in _SIGNS]
    return given.get(f"{region.value}.area") == 0 and any(
        sign not in (None, 0, NOT_ASSESSABLE) for sign in signs
    )


def _queries() -> tuple[Query, ...]:
    """Ask about regions whose area and signs contradict each other: their product hides it."""
    return tuple(
        Query(f"{_LABELS[region]}: {words}", partial(arises, region))
        for region in Region
        for words, arises in (
            ("signs are above 0 and no area is involved", _signs_without_area),
            ("an area is involved and every sign is 0", _area_without_signs),
        )
    )


def _weighted(answers: Mapping[str, float]) -> float:
    tenths = sum(
        weight
        * answers[f"{region.value}.area"]
        * sum(answers[f"{region.value}.{sign}"] for sign in _SIGNS)
        for region, weight in TENTHS.items()
    )
    return tenths / 10


DSSI = Instrument(
    id="dssi",
    name="DSSI",
    rater=Rater.CLINICIAN,
    fields=_fields(),
    scores=(
        ScoreRule(
            "dssi",
            "DSSI",
            tuple(field.key for field in _fields()),
            72,
            _weighted,
            Certainty.UNVERIFIED,
            CARROLL_2008,
            decimals=1,
        ),
    ),
    citation=CARROLL_2008,
    rights="Published by Carroll et al.; labels are this project's own words.",
    facts=(
        Fact(
            "weights 0.1 head, 0.3 trunk, 0.2 upper, 0.4 lower extremities; three signs 0 to 4",
            Certainty.UNVERIFIED,
            CARROLL_2008,
        ),
        Fact("the maximum is 6 x 12 = 72, the weights adding to 1", Certainty.ARITHMETIC),
        Fact(
            "98 patients: between raters r 0.73 to 1; test and retest (33 patients) above 0.75; "
            "responsiveness not fully evaluated",
            Certainty.READ,
            CARROLL_2008,
        ),
        Fact("area grades are those of the PASI", Certainty.UNVERIFIED, YOO_2022),
        Fact("published severity bands, and an important change", Certainty.NOT_FOUND),
    ),
    queries=_queries(),
)
"""The instrument: 16 fields, one total."""
