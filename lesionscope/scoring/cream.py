"""How much cream a lesional area takes, by the fingertip rule, and what the label allows.

A fingertip unit is the cream that a tube squeezes onto the last joint of the index finger. Two
rules turn an area into grams and differ by a third: one fingertip unit of half a gram covers two
handprints; and what adults actually used on the whole body, divided by a hundred. Neither is the
truth for one patient, so the amount is a range.

References
----------
Long and Finlay 1991, Clin Exp Dermatol 16:444-7 (grams and units for each region, restated).
OPZELURA (ruxolitinib) cream 1.5 %, US label, for the limits of the shipped example.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lesionscope.core.body import Sex
from lesionscope.core.measurement import BsaEstimate, Convention
from lesionscope.core.study import SupplyCap, Treatment

GRAMS_PER_FTU: dict[Sex, float] = {Sex.MALE: 0.49, Sex.FEMALE: 0.43}
"""Weight of a fingertip unit, grams (Long and Finlay 1991)."""

WHOLE_BODY_FTU = 2.5 + 6.7 + 6.8 + 2 * (3.3 + 1.2 + 5.8 + 1.8)
"""Fingertip units for one application to the whole body, 40.2: face and neck, front and back of
the trunk, and twice arm, hand, leg and foot (Long and Finlay 1991, 30 adults)."""

GRAMS_PER_HANDPRINT = 0.5 / 2
"""The rule of thumb: a rounded fingertip unit of 0.5 g covers two handprints."""


class DoseRule(StrEnum):
    """A way from area to grams."""

    HANDPRINT = "half a gram for two handprints"
    MEASURED_MALE = "as measured in men"
    MEASURED_FEMALE = "as measured in women"


GRAMS_PER_PERCENT: dict[DoseRule, float] = {
    DoseRule.HANDPRINT: GRAMS_PER_HANDPRINT,
    DoseRule.MEASURED_MALE: WHOLE_BODY_FTU * GRAMS_PER_FTU[Sex.MALE] / 100,
    DoseRule.MEASURED_FEMALE: WHOLE_BODY_FTU * GRAMS_PER_FTU[Sex.FEMALE] / 100,
}
"""Grams for one application to 1 % of the body surface, a handprint counted as 1 %."""


class CapVerdict(StrEnum):
    """How an amount stands against a cap."""

    WITHIN = "within"
    MAY_EXCEED = "may exceed"
    """Above the cap by one of the rules, or within the uncertainty of the area."""
    EXCEEDS = "exceeds"
    """Above the cap by every rule."""


@dataclass(frozen=True)
class GramRange:
    """An amount of cream.

    Attributes
    ----------
    low, high : float
        Grams at the measured area, by the smallest and the largest rule.
    lowest, highest : float
        The same at the two ends of the interval of the area.
    """

    low: float
    high: float
    lowest: float
    highest: float

    def describe(self) -> str:
        """Say the range at the measured area, and with the area's uncertainty."""
        ends = f"{grams_figure(self.lowest)} to {grams_figure(self.highest)}"
        return f"{self.words()} ({ends} g with the uncertainty of the area)"

    def words(self) -> str:
        """Say the range at the measured area."""
        return f"{grams_figure(self.low)} to {grams_figure(self.high)} g"


@dataclass(frozen=True)
class CapCheck:
    """An amount against one cap.

    Attributes
    ----------
    cap : SupplyCap
        The limit.
    grams : GramRange
        What the area takes in as many days.
    verdict : CapVerdict
        How it stands.
    """

    cap: SupplyCap
    grams: GramRange
    verdict: CapVerdict

    def describe(self) -> str:
        """Say the amount against the cap."""
        return (
            f"{self.grams.describe()} in {self.cap.days} days {self.verdict.value} "
            f"the {self.cap.grams:g} g allowed"
        )


@dataclass(frozen=True)
class CreamAmount:
    """What a lesional area takes, and what the protocol allows.

    Attributes
    ----------
    bsa : BsaEstimate
        The area, a handprint counted as 1 %.
    rules : tuple of DoseRule
        The rules that the range spans.
    applications_per_day : int
        From the protocol.
    caps : tuple of CapCheck
        One for each cap.
    warnings : tuple of str
        What to look at, in words; empty when nothing.
    """

    bsa: BsaEstimate
    rules: tuple[DoseRule, ...]
    applications_per_day: int
    caps: tuple[CapCheck, ...]
    warnings: tuple[str, ...]

    def grams(self, days: float) -> GramRange:
        """Return the amount for a number of days, in grams."""
        return grams_of(self.bsa, self.rules, applications=self.applications_per_day * days)


def grams_figure(grams: float) -> str:
    """Write an amount: whole grams from ten on, below that to the tenth.

    Examples
    --------
    >>> grams_figure(69.6), grams_figure(3.26)
    ('70', '3.3')
    """
    return f"{grams:.0f}" if grams >= 10 else f"{grams:.1f}"


def grams_of(bsa: BsaEstimate, rules: tuple[DoseRule, ...], *, applications: float) -> GramRange:
    """Return the cream for a number of applications to an area.

    Parameters
    ----------
    bsa : BsaEstimate
        Lesional area under the protocol convention.
    rules : tuple of DoseRule
        The rules that the range spans.
    applications : float
        How often the area is treated in all.

    Returns
    -------
    GramRange

    Raises
    ------
    ValueError
        If the area is not counted in handprints, there is no rule, or applications are negative.
    """
    if bsa.convention is not Convention.PROTOCOL:
        raise ValueError(
            f"the fingertip rule counts handprints: BSA must be under the protocol convention, "
            f"got {bsa.convention.value}"
        )
    if not rules or applications < 0:
        raise ValueError(f"needs a rule and 0 or more applications, got {rules}, {applications:g}")
    per_percent = [GRAMS_PER_PERCENT[rule] * applications for rule in rules]
    least, most = min(per_percent), max(per_percent)
    return GramRange(
        least * bsa.percent,
        most * bsa.percent,
        least * bsa.interval.low,
        most * bsa.interval.high,
    )


def rules_for(sex: Sex | None) -> tuple[DoseRule, ...]:
    """Return the rules that apply: both sexes' where the sex is not known."""
    measured = {Sex.MALE: DoseRule.MEASURED_MALE, Sex.FEMALE: DoseRule.MEASURED_FEMALE}
    own = tuple(measured.values()) if sex is None else (measured[sex],)
    return (DoseRule.HANDPRINT, *own)


def percent_reaching(cap: SupplyCap, rule: DoseRule, *, applications_per_day: int) -> float:
    """Return the lesional area at which a rule reaches a cap, percent of the body surface.

    Examples
    --------
    >>> cap = SupplyCap(60, 7, "label")
    >>> round(percent_reaching(cap, DoseRule.HANDPRINT, applications_per_day=2), 1)
    17.1
    """
    return cap.grams / (GRAMS_PER_PERCENT[rule] * applications_per_day * cap.days)


def cream_amount(
    bsa: BsaEstimate, treatment: Treatment, *, sex: Sex | None = None
) -> CreamAmount | None:
    """Return what a lesional area takes under a protocol, with its limits and warnings.

    Parameters
    ----------
    bsa : BsaEstimate
        Lesional area of the visit under the protocol convention.
    treatment : Treatment
        The cream and its limits.
    sex : Sex or None
        Chooses the measured rule; None spans both.

    Returns
    -------
    CreamAmount or None
        None where the protocol does not say how often the cream is applied.

    Raises
    ------
    ValueError
        If the area is not under the protocol convention.
    """
    often = treatment.applications_per_day.value
    if often is None:
        return None
    rules = rules_for(sex)
    caps = tuple(
        _check(cap, grams_of(bsa, rules, applications=often * cap.days)) for cap in treatment.caps
    )
    return CreamAmount(bsa, rules, often, caps, _warnings(bsa, treatment, caps))


def _check(cap: SupplyCap, grams: GramRange) -> CapCheck:
    verdict = CapVerdict.WITHIN
    if max(grams.high, grams.highest) > cap.grams:
        verdict = CapVerdict.MAY_EXCEED
    if grams.low > cap.grams:
        verdict = CapVerdict.EXCEEDS
    return CapCheck(cap, grams, verdict)


def _warnings(
    bsa: BsaEstimate, treatment: Treatment, caps: tuple[CapCheck, ...]
) -> tuple[str, ...]:
    said: list[str] = []
    most, warn = treatment.bsa_percent_at_most.value, treatment.warn_from_bsa_percent.value
    if most is not None and bsa.percent > most:
        said.append(f"{bsa.percent:.3g} % of the body surface is over the {most:g} % allowed")
    elif most is not None and bsa.interval.high > most:
        said.append(f"the area may be over the {most:g} % allowed: its interval reaches further")
    if warn is not None and bsa.percent >= warn:
        said.append(
            f"from {warn:g} % of the body surface on, the amount comes near its limits: "
            f"{bsa.percent:.3g} % measured"
        )
    said += [check.describe() for check in caps if check.verdict is not CapVerdict.WITHIN]
    return tuple(said)
