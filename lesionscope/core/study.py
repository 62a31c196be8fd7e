"""What a protocol fixes besides its visits and rules, each fact with its source.

A fact that no source states has no value, and then an `OpenQuestion` must say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from lesionscope.core.criterion import ID
from lesionscope.core.evidence import Certainty
from lesionscope.core.instrument import Rater

T = TypeVar("T")


@dataclass(frozen=True)
class Source:
    """Where facts were read.

    Attributes
    ----------
    id : str
        Names the source in this protocol.
    certainty : Certainty
        How the facts of this source came to be known.
    text : str
        Citation, or who proposes.
    """

    id: str
    certainty: Certainty
    text: str

    def __post_init__(self) -> None:
        if not ID.fullmatch(self.id):
            raise ValueError(f"an id is lower case letters, digits and _, got {self.id!r}")
        if not self.text.strip():
            raise ValueError("a source needs a text")


@dataclass(frozen=True)
class Sourced(Generic[T]):
    """One value with its source.

    Attributes
    ----------
    value : T or None
        None where the text leaves it open.
    source : str
        Id of the source that states it, or that was read and does not.
    note : str
        What a reader of the fact should know.
    """

    value: T | None
    source: str
    note: str = ""


@dataclass(frozen=True)
class OpenQuestion:
    """Something that the text of the protocol does not say.

    Attributes
    ----------
    about : str
        The part of the protocol, such as ``"settings.pga_scale"`` or ``"visits[week_4]"``.
    question : str
        What the study must settle.
    until_settled : str
        What the software does meanwhile.
    """

    about: str
    question: str
    until_settled: str


@dataclass(frozen=True)
class Design:
    """The study at a glance.

    Attributes
    ----------
    patients, arms : Sourced of int
        Planned number of patients; number of arms.
    phase, masking : Sourced of str
        As the registry words them.
    """

    patients: Sourced[int]
    arms: Sourced[int]
    phase: Sourced[str]
    masking: Sourced[str]

    def __post_init__(self) -> None:
        _at_least(1, patients=self.patients.value, arms=self.arms.value)


@dataclass(frozen=True)
class OwnNumber:
    """A number that the study defines for itself.

    Attributes
    ----------
    id, label, asked : str
        Stable name, the name shown, and the question in the protocol's words.
    low, high : float
        Ends of its range, both allowed.
    unit : str
        Such as ``"m"``; ``"points"`` where it has none.
    decimals : int
        Digits after the point that an answer may have.
    rater : Rater
        Who answers.
    source : str
        Id of the source.
    """

    id: str
    label: str
    asked: str
    low: float
    high: float
    unit: str
    decimals: int
    rater: Rater
    source: str


@dataclass(frozen=True)
class ReadingPlan:
    """Who reads a visit.

    Attributes
    ----------
    readers : Sourced of int
        Independent readers of each visit.
    adjudicator : Sourced of bool
        Whether a third person settles readings that differ.
    hidden_repeats_percent : Sourced of float
        Share of visits that a reader gets again unknowingly, percent.
    """

    readers: Sourced[int]
    adjudicator: Sourced[bool]
    hidden_repeats_percent: Sourced[float]

    def __post_init__(self) -> None:
        _at_least(1, readers=self.readers.value)
        repeats = self.hidden_repeats_percent.value
        if repeats is not None and not 0 <= repeats <= 100:
            raise ValueError(f"hidden_repeats_percent must be 0 to 100, got {repeats:g}")
        if self.adjudicator.value and self.readers.value == 1:
            raise ValueError("an adjudicator needs two readers to settle between, got 1")


@dataclass(frozen=True)
class Blinding:
    """What a reader does not see.

    Attributes
    ----------
    treatment_hidden, visit_hidden : Sourced of bool
        Arm and treatment; label and date of the visit.
    order_random : Sourced of bool
        Visits come in random order.
    baseline_shown : Sourced of bool
        The baseline photo lies beside the visit that is read.
    suggestion_after_reading : Sourced of bool
        The software's suggestion appears after the reader's own answers are locked.
    """

    treatment_hidden: Sourced[bool]
    visit_hidden: Sourced[bool]
    order_random: Sourced[bool]
    baseline_shown: Sourced[bool]
    suggestion_after_reading: Sourced[bool]


@dataclass(frozen=True)
class SupplyCap:
    """The most that may be used in a time.

    Attributes
    ----------
    grams : float
        Grams of cream.
    days : int
        Days in which not more than that is used.
    source : str
        Id of the source.
    """

    grams: float
    days: int
    source: str

    def __post_init__(self) -> None:
        if not self.grams > 0 or self.days < 1:
            raise ValueError(
                f"a cap is more than 0 g in 1 or more days, got {self.grams:g} g in {self.days}"
            )


@dataclass(frozen=True)
class Treatment:
    """A cream and its limits.

    Attributes
    ----------
    name : Sourced of str
        Drug and strength.
    applications_per_day, weeks_at_most : Sourced of int
        How often and how long.
    bsa_percent_at_most : Sourced of float
        Largest area to be treated, percent of the body surface.
    warn_from_bsa_percent : Sourced of float
        Lesional area from which a warning is shown.
    caps : tuple of SupplyCap
        Limits on the amount; each holds on its own.
    """

    name: Sourced[str]
    applications_per_day: Sourced[int]
    weeks_at_most: Sourced[int]
    bsa_percent_at_most: Sourced[float]
    warn_from_bsa_percent: Sourced[float]
    caps: tuple[SupplyCap, ...]

    def __post_init__(self) -> None:
        _at_least(
            1, applications_per_day=self.applications_per_day.value, weeks=self.weeks_at_most.value
        )
        for bound in (self.bsa_percent_at_most.value, self.warn_from_bsa_percent.value):
            if bound is not None and not 0 < bound <= 100:
                raise ValueError(f"a bound on the BSA is above 0 and up to 100 %, got {bound:g}")


@dataclass(frozen=True)
class PersonCheck:
    """An eligibility criterion that no measurement answers: a person must.

    Attributes
    ----------
    id, text, source : str
        Name, wording, and id of the source.
    """

    id: str
    text: str
    source: str


def _at_least(lowest: int, **values: int | None) -> None:
    for name, value in values.items():
        if value is not None and value < lowest:
            raise ValueError(f"{name} must be {lowest} or more, got {value}")
