"""What the software found in a photo: never a score, always with its uncertainty.

A `Measurement` is the machine's; a `Reading` (see `lesionscope.core.reading`) is what a
person signed. The two never share a type.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from lesionscope.core.photo import CaptureFinding
from lesionscope.core.sites import Site


class CalibrationSource(StrEnum):
    """What gave the scale of a photo."""

    MARKER = "marker"
    HANDPRINT = "handprint"
    MARKER_AND_HANDPRINT = "marker and handprint"
    MANUAL = "manual"
    NONE = "none"


class Convention(StrEnum):
    """What one handprint is worth in percent of the body surface."""

    PROTOCOL = "protocol"
    """One handprint is 1 % (Thomas and Finlay 2007), as trial protocols say."""
    ADJUSTED = "adjusted"
    """One handprint is 0.87 % (Rhodes 2013 meta-analysis), 0.67 to 1.07; where sex, height and
    weight are known, what they lead one to expect."""
    SURFACE = "surface"
    """Square centimetres over the body surface from height and weight; no handprint in it."""


class Item(StrEnum):
    """The activity items of a CDASI location that a photo can suggest."""

    ERYTHEMA = "erythema"
    SCALE = "scale"
    EROSION = "erosion"


LEVELS: dict[Item, int] = {Item.ERYTHEMA: 4, Item.SCALE: 3, Item.EROSION: 2}
"""Number of levels of each item, counting zero (CDASI version 2)."""


@dataclass(frozen=True)
class Interval:
    """A range that should hold the truth with probability `level`.

    Examples
    --------
    >>> Interval(1.0, 2.0).level
    0.9
    """

    low: float
    high: float
    level: float = 0.90

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"low must not exceed high, got {self.low} to {self.high}")
        if not 0 < self.level < 1:
            raise ValueError(f"level must be between 0 and 1, got {self.level}")

    def require(self, name: str, value: float) -> None:
        """Refuse a best value that lies outside.

        Parameters
        ----------
        name : str
            Of the value, for the sentence.
        value : float
            In the units of the interval.

        Raises
        ------
        ValueError
            If the value is not within the interval.
        """
        if not self.low <= value <= self.high:
            raise ValueError(
                f"{name} must lie in its interval, got {value} outside {self.low} to {self.high}"
            )


@dataclass(frozen=True)
class Estimate:
    """A quantity with its unit and interval.

    Attributes
    ----------
    value : float
        Best single value.
    interval : Interval
        Must contain `value`.
    unit : str
        Such as ``"cm2"`` or ``"handprints"``.
    """

    value: float
    interval: Interval
    unit: str

    def __post_init__(self) -> None:
        self.interval.require("value", self.value)


@dataclass(frozen=True)
class BudgetPart:
    """One source of error of the area in handprints, and what would make it smaller.

    Attributes
    ----------
    source : str
        Where the error comes from, in words.
    sd_of_log : float
        What it adds to the standard deviation of the natural logarithm of the area.
    narrows : str
        What a person can do about it.
    """

    source: str
    sd_of_log: float
    narrows: str

    def __post_init__(self) -> None:
        if not (self.sd_of_log >= 0 and math.isfinite(self.sd_of_log)):
            raise ValueError(f"sd_of_log must be finite and not negative, got {self.sd_of_log}")


@dataclass(frozen=True)
class BsaEstimate:
    """Involved body surface area in percent under one convention.

    Attributes
    ----------
    percent : float
        Involved share of the whole body surface visible in the photo, in percent.
    interval : Interval
        Must contain `percent`.
    convention : Convention
        How the area became a percentage.
    source : CalibrationSource
        What served as the ruler.
    """

    percent: float
    interval: Interval
    convention: Convention
    source: CalibrationSource

    def __post_init__(self) -> None:
        self.interval.require("percent", self.percent)


@dataclass(frozen=True, eq=False)
class Calibration:
    """The scale of a photo and how it was found.

    Attributes
    ----------
    source : CalibrationSource
        What gave the scale.
    mm_per_px : float or None
        Millimetres per pixel of the upright photo on the plane of the ruler.
    relative_sd : float or None
        Standard deviation of `mm_per_px` as a fraction of it.
    homography : ndarray of shape (3, 3) or None
        Pixel (x, y, 1) to millimetres on the marker's plane.
    marker_corners_px : ndarray of shape (4, 2) or None
        Corners of the marker, (x, y) in pixels of the upright photo.
    hand_area_px : float or None
        Area of the ruler hand's outline in pixels of the upright photo.
    colour_matrix : ndarray of shape (4, 3) or None
        Linear sRGB correction fitted on a colour chart (last row is the offset).
    details : dict
        Further facts for the record, such as the marker's id or the chart's residual.
    """

    source: CalibrationSource
    mm_per_px: float | None = None
    relative_sd: float | None = None
    homography: NDArray[np.float64] | None = None
    marker_corners_px: NDArray[np.float64] | None = None
    hand_area_px: float | None = None
    colour_matrix: NDArray[np.float64] | None = None
    details: dict[str, float | int | str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        marker = (CalibrationSource.MARKER, CalibrationSource.MARKER_AND_HANDPRINT)
        hand = (CalibrationSource.HANDPRINT, CalibrationSource.MARKER_AND_HANDPRINT)
        if self.source in marker and not self.mm_per_px:
            raise ValueError("a marker calibration needs mm_per_px")
        if self.source in hand and not self.hand_area_px:
            raise ValueError("a handprint calibration needs hand_area_px")
        if self.mm_per_px is not None and not self.mm_per_px > 0:
            raise ValueError(f"mm_per_px must be positive, got {self.mm_per_px}")


@dataclass(frozen=True, eq=False)
class LesionMap:
    """Where the lesions are.

    Attributes
    ----------
    probability : ndarray of shape (H, W), float32
        Probability that a pixel is lesional skin, 0 to 1.
    mask : ndarray of shape (H, W), bool
        Lesional skin.
    drawn_by : str
        Software version, or the reader who corrected the mask.
    """

    probability: NDArray[np.float32]
    mask: NDArray[np.bool_]
    drawn_by: str

    def __post_init__(self) -> None:
        if self.probability.shape != self.mask.shape:
            raise ValueError(
                f"probability and mask must have one shape, got {self.probability.shape} "
                f"and {self.mask.shape}"
            )
        if self.mask.dtype != np.bool_:
            raise ValueError(f"mask must be bool, got {self.mask.dtype}")

    @property
    def by_software(self) -> bool:
        """Whether the software, not a reader, drew the mask."""
        return drawn_by_software(self.drawn_by)


def drawn_by_software(drawn_by: str) -> bool:
    """Return whether a mask so named was drawn by the software, not by a reader.

    Examples
    --------
    >>> drawn_by_software("LesionScope 0.1.0, network"), drawn_by_software("A. Reader")
    (True, False)
    """
    return drawn_by.startswith("LesionScope ")


@dataclass(frozen=True)
class Lesion:
    """One connected lesion.

    Attributes
    ----------
    label : int
        Its number in the photo, largest first, from 1.
    area_px : int
        Pixels of the upright photo.
    area_cm2 : float or None
        Area in square centimetres where the photo is calibrated.
    centre : tuple of float
        Row and column of the centroid in pixels.
    box : tuple of int
        First row, first column, last row + 1, last column + 1.
    delta_erythema : float
        Haemoglobin contrast against the patient's clear skin near by, in natural
        log units of optical density in the green band.
    delta_a_star : float
        CIELAB a* minus that of the clear skin near by.
    probabilities : dict of Item to tuple of float, or None
        Probability of every level of each item; None when not gradable.
    not_gradable : str
        Why no level is suggested; empty when gradable.
    seen : str
        What the network saw on the lesion, and over how much of it, in words.
    place : str
        Where on the hands it lies, in words; empty on other photos.
    sites : tuple of Site or None
        Locations of the form that it counts for, empty for none; None on photos of one location.
    """

    label: int
    area_px: int
    area_cm2: float | None
    centre: tuple[float, float]
    box: tuple[int, int, int, int]
    delta_erythema: float
    delta_a_star: float
    probabilities: dict[Item, tuple[float, ...]] | None = None
    not_gradable: str = ""
    seen: str = ""
    place: str = ""
    sites: tuple[Site, ...] | None = None

    def level(self, item: Item) -> int | None:
        """Return the most probable level of an item, or None when not gradable."""
        if self.probabilities is None:
            return None
        return int(np.argmax(self.probabilities[item]))


@dataclass(frozen=True)
class SubscoreSuggestion:
    """What the machine would put for one item of one site, and how sure it is.

    Attributes
    ----------
    item : Item
        The CDASI activity item.
    site : Site
        The location it is suggested for.
    level : int or None
        Suggested level of the worst lesion; None when not gradable.
    probabilities : tuple of float
        Probability of every level; empty when not gradable.
    reason : str
        The measured numbers in words, or why the item is not gradable.
    """

    item: Item
    site: Site
    level: int | None
    probabilities: tuple[float, ...]
    reason: str

    def __post_init__(self) -> None:
        levels = LEVELS[self.item]
        if self.level is None:
            if self.probabilities:
                raise ValueError("an item that is not gradable has no probabilities")
            return
        if not 0 <= self.level < levels:
            raise ValueError(f"{self.item} must be 0 to {levels - 1}, got {self.level}")
        if len(self.probabilities) != levels or abs(sum(self.probabilities) - 1) > 1e-3:
            raise ValueError(
                f"{self.item} needs {levels} probabilities that sum to 1, got {self.probabilities}"
            )


@dataclass(frozen=True, eq=False)
class Measurement:
    """Everything the software found in one photo.

    Attributes
    ----------
    photo_sha256 : str
        Identity of the photo measured.
    site : Site
        The site that the photo was assigned to.
    findings : tuple of CaptureFinding
        What limits the measurement, in words.
    calibration : Calibration
        The scale.
    skin_mask, hand_mask : ndarray of shape (H, W), bool
        Visible skin; the hand that served as ruler (empty when none).
    lesion_map : LesionMap
        Probability and mask of lesional skin.
    lesions : tuple of Lesion
        Connected lesions, largest first.
    handprints, area_cm2 : Estimate or None
        Lesion area in handprints and in cm2; None when not measurable.
    bsa_protocol, bsa_adjusted : BsaEstimate or None
        Percent of the body surface under both conventions; None when not measurable.
    suggestions : tuple of SubscoreSuggestion
        One for each item.
    ita_deg : float or None
        Individual typology angle of the clear skin, degrees.
    skin_tone : str or None
        ITA class, see `lesionscope.imaging.colour.skin_tone`.
    software_version, model_version : str
        What made this measurement.
    seconds : dict of str to float
        Wall time of each stage.
    budget : tuple of BudgetPart
        Sources of error of `handprints`, largest first; empty when it is not measurable.
    hand_cm2 : Estimate or None
        Area of the ruler hand, laid flat, where a marker is in the same photo.
    bsa_surface : BsaEstimate or None
        Percent of the body surface from cm2, height and weight.
    hands : tuple of (float, float)
        Centres (x, y) in pixels of all hands outlined, from which the ruler may be chosen.
    """

    photo_sha256: str
    site: Site
    findings: tuple[CaptureFinding, ...]
    calibration: Calibration
    skin_mask: NDArray[np.bool_]
    hand_mask: NDArray[np.bool_]
    lesion_map: LesionMap
    lesions: tuple[Lesion, ...]
    handprints: Estimate | None
    area_cm2: Estimate | None
    bsa_protocol: BsaEstimate | None
    bsa_adjusted: BsaEstimate | None
    suggestions: tuple[SubscoreSuggestion, ...]
    ita_deg: float | None
    skin_tone: str | None
    software_version: str
    model_version: str
    seconds: dict[str, float] = field(default_factory=dict)
    budget: tuple[BudgetPart, ...] = ()
    hand_cm2: Estimate | None = None
    bsa_surface: BsaEstimate | None = None
    hands: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        shapes = {self.skin_mask.shape, self.hand_mask.shape, self.lesion_map.mask.shape}
        if len(shapes) != 1:
            raise ValueError(f"all masks must have the shape of the photo, got {shapes}")

    def suggestion(self, item: Item) -> SubscoreSuggestion | None:
        """Return the suggestion for an item, if one was made."""
        return next((s for s in self.suggestions if s.item is item), None)
