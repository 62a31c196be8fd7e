"""A patient's body as a ruler: height and weight, and the area of the patient's own hand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

ENTERED_SD_OF_LOG = 0.05
"""Standard deviation of the log of a hand's area that a person entered, such as from a tracing.

Proposal of this project: where the wrist ends and how wide the pencil runs leave a few percent
between two tracings of one hand; no study of it was found."""


class Sex(StrEnum):
    """Sex, as far as the size of a hand depends on it."""

    FEMALE = "female"
    MALE = "male"


class SurfaceFormula(StrEnum):
    """How the body's surface is computed from height and weight."""

    MOSTELLER = "Mosteller"
    DUBOIS = "DuBois"


@dataclass(frozen=True)
class BodySize:
    """Height and weight.

    Attributes
    ----------
    height_cm : float
        40 to 250.
    weight_kg : float
        2 to 400.
    sex : Sex or None
        None where it was not recorded.

    References
    ----------
    Mosteller 1987, N Engl J Med 317:1098; Du Bois and Du Bois 1916, Arch Intern Med 17:863.

    Examples
    --------
    >>> size = BodySize(170, 75)
    >>> round(size.surface_m2(), 3), round(size.surface_m2(SurfaceFormula.DUBOIS), 3)
    (1.882, 1.864)
    """

    height_cm: float
    weight_kg: float
    sex: Sex | None = None

    def __post_init__(self) -> None:
        if not 40 <= self.height_cm <= 250:
            raise ValueError(f"height must be 40 to 250 cm, got {self.height_cm}")
        if not 2 <= self.weight_kg <= 400:
            raise ValueError(f"weight must be 2 to 400 kg, got {self.weight_kg}")

    @property
    def bmi(self) -> float:
        """Body mass index, kg per square metre."""
        return self.weight_kg / (self.height_cm / 100) ** 2

    def surface_m2(self, formula: SurfaceFormula = SurfaceFormula.MOSTELLER) -> float:
        """Return the surface of the whole body in square metres."""
        if formula is SurfaceFormula.DUBOIS:
            return float(0.007184 * self.height_cm**0.725 * self.weight_kg**0.425)
        return math.sqrt(self.height_cm * self.weight_kg / 3600)


@dataclass(frozen=True)
class OwnHandprint:
    """The area of one patient's own hand, measured once with a marker beside it.

    Attributes
    ----------
    cm2 : float
        Area of the outline from wrist crease to fingertips, square centimetres.
    sd_of_log : float
        Standard deviation of its natural logarithm.
    photo_sha256 : str
        The photo it was measured in.
    """

    cm2: float
    sd_of_log: float
    photo_sha256: str = ""

    def __post_init__(self) -> None:
        if not 20 <= self.cm2 <= 350:
            raise ValueError(f"a hand must be 20 to 350 cm2, got {self.cm2}")
        if not self.sd_of_log > 0:
            raise ValueError(f"sd_of_log must be positive, got {self.sd_of_log}")


@dataclass(frozen=True)
class PatientBody:
    """What is known of a patient's body before a photo is measured.

    Attributes
    ----------
    size : BodySize or None
        Height and weight.
    handprint : OwnHandprint or None
        The patient's own hand.
    """

    size: BodySize | None = None
    handprint: OwnHandprint | None = None
