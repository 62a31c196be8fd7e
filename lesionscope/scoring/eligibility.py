"""Whether a patient fits the eligibility rules of a protocol, or why that cannot be said.

Only signed values decide. The software's own measurement of the body surface adds how probable it
is that the truth lies on the right side of each bound; it never decides by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from lesionscope.core.criterion import (
    LABELS,
    UNITS,
    Bound,
    Criterion,
    Placement,
    Quantity,
    Relation,
)
from lesionscope.core.measurement import BsaEstimate
from lesionscope.core.protocol import Protocol
from lesionscope.core.study import PersonCheck
from lesionscope.core.study_settings import PgaScore, Settings
from lesionscope.scoring.bsa import probability_above

SILENT = "undetermined: the protocol text is silent"
"""How every answer begins that the text leaves open."""

OLDEST_YEARS = 130
"""No patient is older, completed years."""


class Verdict(StrEnum):
    """The answer to the eligibility rules together."""

    ELIGIBLE = "eligible"
    NOT_ELIGIBLE = "not eligible"
    UNDETERMINED = "undetermined"


class Answer(StrEnum):
    """The answer to one criterion."""

    MET = "met"
    NOT_MET = "not met"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True)
class Screening:
    """What is known of a patient when eligibility is asked.

    Attributes
    ----------
    bsa : BsaEstimate or None
        Signed by a reader.
    measured_bsa : BsaEstimate or None
        Measured and not signed: it shows where the patient probably stands and decides nothing.
    cdasi_activity : int or None
        Signed activity total; None while the form is incomplete.
    pga : PgaScore or None
        Signed global assessment of skin activity.
    age_years : int or None
        Completed years.
    """

    bsa: BsaEstimate | None = None
    measured_bsa: BsaEstimate | None = None
    cdasi_activity: int | None = None
    pga: PgaScore | None = None
    age_years: int | None = None

    def __post_init__(self) -> None:
        for name, value, high in (
            ("CDASI activity", self.cdasi_activity, 100),
            ("age", self.age_years, OLDEST_YEARS),
        ):
            if value is not None and not 0 <= value <= high:
                raise ValueError(f"{name} must be 0 to {high}, got {value}")


@dataclass(frozen=True)
class BoundProbability:
    """How probable it is that the truth lies on the right side of one bound.

    Attributes
    ----------
    bound : Bound
        On the BSA, percent.
    probability : float
        0 to 1, from the interval of the measurement.
    """

    bound: Bound
    probability: float

    def describe(self) -> str:
        """Say the probability; it is never rounded to certainty."""
        shown = f"{self.probability:.2f}"
        if self.probability < 0.005:
            shown = "below 0.01"
        elif self.probability > 0.995:
            shown = "above 0.99"
        return f"P(BSA {self.bound} %) {shown if shown[0] in 'ab' else f'= {shown}'}"


@dataclass(frozen=True)
class CriterionAnswer:
    """The answer to one criterion, and why.

    Attributes
    ----------
    criterion : Criterion
        The rule.
    answer : Answer
        Met, not met, or undetermined.
    reason : str
        One sentence.
    probabilities : tuple of BoundProbability
        For the inclusion bounds of a BSA; empty for other quantities.
    """

    criterion: Criterion
    answer: Answer
    reason: str
    probabilities: tuple[BoundProbability, ...] = ()


@dataclass(frozen=True)
class Eligibility:
    """The answer to all rules of a protocol that values can answer.

    Attributes
    ----------
    verdict : Verdict
        Not eligible as soon as one criterion is not met; else undetermined as soon as one is.
    answers : tuple of CriterionAnswer
        One for each criterion, in the order of the protocol.
    for_a_person : tuple of PersonCheck
        Criteria that no value answers. The verdict does not cover them.
    """

    verdict: Verdict
    answers: tuple[CriterionAnswer, ...]
    for_a_person: tuple[PersonCheck, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """One sentence for each criterion."""
        return tuple(answer.reason for answer in self.answers)

    def describe(self) -> str:
        """Say the verdict and what it rests on."""
        if self.verdict is Verdict.ELIGIBLE:
            said = f"eligible by the {len(self.answers)} criteria on values"
        else:
            wanted = Answer.NOT_MET if self.verdict is Verdict.NOT_ELIGIBLE else Answer.UNDETERMINED
            said = f"{self.verdict.value}: " + "; ".join(
                answer.reason.removeprefix("undetermined: ")
                for answer in self.answers
                if answer.answer is wanted
            )
        left = len(self.for_a_person)
        return f"{said}; {left} more for a person to check" if left else said


def eligibility(protocol: Protocol, screening: Screening) -> Eligibility:
    """Answer the eligibility rules of a protocol for one patient.

    Parameters
    ----------
    protocol : Protocol
        The rules and settings.
    screening : Screening
        What is known of the patient.

    Returns
    -------
    Eligibility

    Raises
    ------
    ValueError
        If a BSA is not under the study's convention, or the PGA not on its scale.
    """
    _check_units(protocol.settings, screening)
    answers = tuple(_answer(rule, protocol, screening) for rule in protocol.eligibility)
    given = {answer.answer for answer in answers}
    verdict = Verdict.ELIGIBLE
    if Answer.NOT_MET in given:
        verdict = Verdict.NOT_ELIGIBLE
    elif Answer.UNDETERMINED in given or not answers:
        verdict = Verdict.UNDETERMINED
    return Eligibility(verdict, answers, protocol.person_checks)


def _check_units(settings: Settings, screening: Screening) -> None:
    convention, scale = settings.bsa_convention.value, settings.pga_scale.value
    for bsa in (screening.bsa, screening.measured_bsa):
        if bsa is not None and convention is not None and bsa.convention is not convention:
            raise ValueError(
                f"the study's BSA convention is {convention.value}, got {bsa.convention.value}"
            )
    if screening.pga is not None and scale is not None and screening.pga.scale is not scale:
        raise ValueError(f"the study's PGA scale is {scale.value}, got {screening.pga.scale.value}")


def _answer(criterion: Criterion, protocol: Protocol, screening: Screening) -> CriterionAnswer:
    quantity, label = criterion.quantity, LABELS[criterion.quantity]
    settings = protocol.settings
    if quantity is Quantity.PGA and settings.pga_scale.value is None:
        return _open(criterion, f"{SILENT} on the scale of the PGA, and the study has set none")
    if quantity is Quantity.BSA_PERCENT:
        if settings.bsa_convention.value is None:
            return _open(criterion, f"{SILENT} on what a handprint is worth")
        return _bsa_answer(criterion, settings, screening)
    value = _VALUES[quantity](screening)
    if value is None:
        given = "no age was given" if quantity is Quantity.AGE_YEARS else f"no signed {label}"
        return _open(criterion, f"undetermined: {given}")
    return _by_value(criterion, value)


_VALUES: dict[Quantity, Callable[[Screening], float | None]] = {
    Quantity.CDASI_ACTIVITY: lambda s: s.cdasi_activity,
    Quantity.PGA: lambda s: None if s.pga is None else s.pga.value,
    Quantity.AGE_YEARS: lambda s: s.age_years,
}


def _open(
    criterion: Criterion, reason: str, odds: tuple[BoundProbability, ...] = ()
) -> CriterionAnswer:
    return CriterionAnswer(criterion, Answer.UNDETERMINED, reason, odds)


def _by_value(
    criterion: Criterion, value: float, odds: tuple[BoundProbability, ...] = ()
) -> CriterionAnswer:
    """Answer by the number alone."""
    place = criterion.place(value)
    unit = UNITS.get(criterion.quantity, "")
    shown = f"{LABELS[criterion.quantity]} {_figure(criterion, value)}{unit}"
    wording = criterion.wording()
    if place is Placement.SILENT:
        return _open(criterion, f"{SILENT} at {shown} ({wording})", odds)
    if place is Placement.INCLUDED:
        return CriterionAnswer(criterion, Answer.MET, f"{shown}: met ({wording})", odds)
    why = "excluded" if place is Placement.EXCLUDED else "not included"
    return CriterionAnswer(criterion, Answer.NOT_MET, f"{shown}: {why} ({wording})", odds)


def _figure(criterion: Criterion, value: float) -> str:
    """Write a value with three digits, or as many as keep it on its side of every bound."""
    for digits in (3, 4, 5, 6):
        shown = f"{value:.{digits}g}"
        if criterion.place(float(shown)) is criterion.place(value):
            return shown
    return repr(value)


def _bsa_answer(criterion: Criterion, settings: Settings, screening: Screening) -> CriterionAnswer:
    bsa = screening.bsa or screening.measured_bsa
    if bsa is None:
        return _open(criterion, "undetermined: no signed BSA")
    odds = tuple(BoundProbability(b, probability_of(bsa, b)) for b in criterion.include)
    said = ", ".join(odd.describe() for odd in odds)
    if screening.bsa is None:
        shown = _figure(criterion, bsa.percent)
        measured = f"undetermined: BSA {shown} % is measured and not signed; {said}"
        return _open(criterion, measured, odds)
    answer = _by_value(criterion, bsa.percent, odds)
    wanted = settings.certainty.value
    if answer.answer is not Answer.UNDETERMINED and wanted is not None:
        # Bounds on either side exclude each other, so the chances of missing one add up.
        inside = max(0.0, 1.0 - sum(1.0 - odd.probability for odd in odds))
        sure = inside if answer.answer is Answer.MET else 1.0 - inside
        if sure < wanted:
            shown = _figure(criterion, bsa.percent)
            unsure = f"undetermined: BSA {shown} % is {answer.answer.value} with "
            unsure += f"probability {sure:.2f}, the study asks for {wanted:g}; {said}"
            return _open(criterion, unsure, odds)
    return CriterionAnswer(criterion, answer.answer, f"{answer.reason}; {said}", odds)


def probability_of(bsa: BsaEstimate, bound: Bound) -> float:
    """Return the probability that the true BSA lies on the right side of a bound.

    Parameters
    ----------
    bsa : BsaEstimate
        With a 90 % interval, see `lesionscope.scoring.bsa.probability_above`.
    bound : Bound
        In percent of the body surface.

    Returns
    -------
    float
        0 to 1. Whether the bound itself counts makes no difference to a continuous quantity.
    """
    above = float(bsa.percent > 0) if bound.value <= 0 else probability_above(bsa, bound.value)
    return above if bound.relation in (Relation.ABOVE, Relation.AT_LEAST) else 1.0 - above
