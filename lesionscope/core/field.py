"""What a form asks and what may be answered: its fields and their scales.

A blank is a field without an answer: it is not a zero. Neither is "not assessable", which a
reader answers who looked and could not tell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from lesionscope.core.evidence import Certainty, Citation

NOT_ASSESSABLE = "not assessable"
"""The answer of a reader who looked and could not tell; it is not a zero and not a blank."""

Answer = float | str
"""A number, or `NOT_ASSESSABLE`. A blank is no answer: its key is missing."""


class FromPhoto(StrEnum):
    """Whether this software suggests a field from a photo. A suggestion is no answer."""

    SUGGESTED = "suggested"
    UNSURE = "suggested, low confidence"
    NEVER = "never"


@dataclass(frozen=True)
class Levels:
    """A graded scale: the answer is the place of a level, from zero.

    Attributes
    ----------
    names : tuple of str
        Meaning of each level; the index is the level.
    """

    names: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.names) < 2:
            raise ValueError(f"a scale needs two levels, got {self.names}")

    @property
    def low(self) -> float:
        """Lowest level."""
        return 0

    @property
    def high(self) -> float:
        """Highest level."""
        return len(self.names) - 1

    def allows(self, number: float) -> bool:
        """Return whether the number is a level. Levels are whole: 1.0 is not 1."""
        return isinstance(number, int) and 0 <= number < len(self.names)

    def describe(self) -> str:
        """Say the range."""
        return f"0 to {len(self.names) - 1}"


@dataclass(frozen=True)
class Numbers:
    """A scale of numbers.

    Attributes
    ----------
    low, high : float
        Ends, both allowed.
    unit : str
        Such as ``"cm"``; empty for points.
    decimals : int
        Digits after the point that an answer may have.
    """

    low: float
    high: float
    unit: str = ""
    decimals: int = 0

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"low must be below high, got {self.low} to {self.high}")

    def allows(self, number: float) -> bool:
        """Return whether the number is in the range and not finer than the scale."""
        fine = abs(round(number, self.decimals) - number) < 1e-9
        return self.low <= number <= self.high and fine

    def describe(self) -> str:
        """Say the range."""
        unit = f" {self.unit}" if self.unit else ""
        digits = f", decimals: {self.decimals}" if self.decimals else ", whole"
        return f"{self.low:g} to {self.high:g}{unit}{digits}"


@dataclass(frozen=True)
class Unset:
    """A scale that the study has not chosen: nothing can be entered.

    Attributes
    ----------
    why : str
        What must be set, and where.
    """

    why: str

    def allows(self, number: float) -> bool:  # noqa: ARG002 - the shape of a scale
        """Return False: there is no scale to be on."""
        return False

    def describe(self) -> str:
        """Say what must be set."""
        return f"answered after {self.why}"


Scale = Levels | Numbers | Unset


@dataclass(frozen=True)
class Field:
    """One field of a form.

    Attributes
    ----------
    key : str
        Stable identifier, such as ``"malar.erythema"``.
    label : str
        Short label in this project's own words.
    scale : Levels, Numbers or Unset
        What may be answered.
    group : str
        Heading that the field stands under.
    help : str
        The glossary: what to look for.
    certainty : Certainty
        How sure the field and its range are.
    citation : Citation or None
        Where they stand, if not in the instrument's own citation.
    from_photo : FromPhoto
        Whether this software suggests it from a photo.
    assessable_only : bool
        Whether "not assessable" is refused, as where the patient answers.
    """

    key: str
    label: str
    scale: Scale
    group: str = ""
    help: str = ""
    certainty: Certainty = Certainty.UNVERIFIED
    citation: Citation | None = None
    from_photo: FromPhoto = FromPhoto.NEVER
    assessable_only: bool = False

    def check(self, answer: Answer) -> None:
        """Refuse an answer that the field does not allow.

        Raises
        ------
        ValueError
            Naming the field, what it allows and what came.
        """
        if answer == NOT_ASSESSABLE and not self.assessable_only:
            return
        # True is an int to Python, and never a level to a reader.
        number = None if isinstance(answer, bool | str) else answer
        if isinstance(number, int | float) and math.isfinite(number) and self.scale.allows(number):
            return
        also = "" if self.assessable_only else f" or {NOT_ASSESSABLE!r}"
        raise ValueError(f"{self.key} must be {self.scale.describe()}{also}, got {answer!r}")
