"""What a handprint is: its share of the body surface, and its area, as far as the body is known.

The share that adults' handprints have was pooled by Rhodes 2013 as 0.87 %: more in men than in
women, less the higher the body mass index. How much more and less is this project's reading of
the single studies, stated below; nobody has published the joint distribution.

References
----------
Rhodes et al. 2013, Br J Dermatol 169:76-84 (pooled share, direction of sex and body mass index).
Rossiter et al. 1996 (men 0.81 %, women 0.67 %); Lee et al. 2007, J Physiol Anthropol 26:475-83
(whole hand 448 and 392 cm2, 2.5 and 2.4 %); Butz et al. 2015 (1.15 % at a body mass index of
22.6, 0.49 % at 58.7).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from lesionscope.core.body import BodySize, PatientBody, Sex
from lesionscope.core.handprint_bsa import PERCENT
from lesionscope.core.measurement import Convention

TYPICAL_PERCENT = PERCENT[Convention.ADJUSTED]
"""Rhodes 2013, adults."""
TYPICAL_SD_OF_LOG = 0.10 / TYPICAL_PERCENT
"""This project's reading of the published range, 0.67 to 1.07 as two standard deviations."""
KNOWN_SD_OF_LOG = 0.10
"""The same where sex, height and weight are known. This project's reading."""
SEX_FACTOR = {Sex.MALE: 1.04, Sex.FEMALE: 0.96}
"""Between Lee 2007 (men 4 % above women), Chinese adults (4 %) and Rossiter 1996 (21 %)."""
REFERENCE_BMI = 25.0
BMI_POWER = -0.5
"""A hand keeps its size when its owner gains weight, and the body surface grows with the root
of the weight (Mosteller). Butz 2015 found a steeper fall (-0.9), others a flatter (-0.3)."""
SURFACE_SD_OF_LOG = 0.05
"""Error of the body surface from height and weight. Mosteller and Du Bois differ by 1 to 5 %."""

TYPICAL_CM2 = 135.0
"""Area of an adult's handprint of whom nothing is known: geometric mean of men (150) and women
(122), each the mean of Rossiter's share of a typical body and a third of Lee's whole hand."""
TYPICAL_CM2_SD_OF_LOG = 0.25
"""Between the sexes 0.10, between people of one sex 0.11, between the sources 0.08: 0.17 in all.
The rendered bodies, small and large (87 to 191 cm2), have 0.27; this lies nearer to them, because
an interval that is too narrow does more harm than one that is too wide."""

OWN, BY_SIZE, TYPICAL = "own handprint", "height and weight", "the average adult"
"""Where the area of a handprint comes from."""


@dataclass(frozen=True)
class Worth:
    """The share of the body surface that one handprint has.

    Attributes
    ----------
    percent : float
        Of the body surface.
    sd_of_log : float
        Standard deviation of its natural logarithm.
    """

    percent: float
    sd_of_log: float


@dataclass(frozen=True)
class HandSize:
    """The area of one flat handprint.

    Attributes
    ----------
    cm2 : float
        Square centimetres.
    sd_of_log : float
        Standard deviation of its natural logarithm.
    source : str
        ``"own handprint"``, ``"height and weight"`` or ``"the average adult"``.
    """

    cm2: float
    sd_of_log: float
    source: str


def worth_of(body: PatientBody | None) -> Worth:
    """Return what a patient's handprint is worth in percent of the body surface.

    Parameters
    ----------
    body : PatientBody or None
        What is known of the patient.

    Returns
    -------
    Worth
        Measured where the patient's own hand and the body's size are known, otherwise expected.

    Examples
    --------
    >>> worth_of(None).percent
    0.87
    >>> round(worth_of(PatientBody(BodySize(178, 79.2, Sex.MALE))).percent, 3)
    0.905
    """
    if body is None or body.size is None:
        return Worth(TYPICAL_PERCENT, TYPICAL_SD_OF_LOG)
    if body.handprint is not None:
        percent = body.handprint.cm2 / body.size.surface_m2() / 100
        return Worth(percent, math.hypot(body.handprint.sd_of_log, SURFACE_SD_OF_LOG))
    return _expected(body.size)


def hand_size(body: PatientBody | None) -> HandSize:
    """Return the area of a patient's handprint where no hand is in the photo.

    Parameters
    ----------
    body : PatientBody or None
        What is known of the patient.

    Returns
    -------
    HandSize
        The patient's own where it was measured, otherwise what height and weight or nothing
        lead one to expect.

    Examples
    --------
    >>> hand_size(None)
    HandSize(cm2=135.0, sd_of_log=0.25, source='the average adult')
    """
    if body is not None and body.handprint is not None:
        return HandSize(body.handprint.cm2, body.handprint.sd_of_log, OWN)
    if body is not None and body.size is not None:
        worth = _expected(body.size)
        cm2 = worth.percent * body.size.surface_m2() * 100
        return HandSize(cm2, math.hypot(worth.sd_of_log, SURFACE_SD_OF_LOG), BY_SIZE)
    return HandSize(TYPICAL_CM2, TYPICAL_CM2_SD_OF_LOG, TYPICAL)


def _expected(size: BodySize) -> Worth:
    sex = SEX_FACTOR[size.sex] if size.sex is not None else 1.0
    percent = TYPICAL_PERCENT * sex * (size.bmi / REFERENCE_BMI) ** BMI_POWER
    return Worth(percent, KNOWN_SD_OF_LOG if size.sex is not None else TYPICAL_SD_OF_LOG)
