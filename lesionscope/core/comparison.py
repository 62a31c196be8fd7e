"""What changed on one site between two visits, with intervals.

A `Comparison` is the machine's, as a `Measurement` is. It speaks of skin that both photos show;
what only one of them shows is neither new nor gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lesionscope.core.measurement import Interval
from lesionscope.core.sites import Site


class Fate(StrEnum):
    """What became of a lesion between two photos."""

    NEW = "new"
    RESOLVED = "resolved"
    GROWN = "grown"
    SHRUNK = "shrunk"
    WITHIN_ERROR = "within measurement error"
    NOT_IN_BOTH = "not in both photos"


@dataclass(frozen=True)
class Change:
    """How a quantity differs between baseline and follow-up.

    Attributes
    ----------
    value : float
        Follow-up over baseline, or follow-up less baseline.
    interval : Interval
        Must contain `value`.
    unchanged : float
        The value that means no change: 1 for a ratio, 0 for a difference.
    unit : str
        Such as ``"ratio"``.

    Examples
    --------
    >>> Change(0.8, Interval(0.6, 1.1), 1.0, "ratio").within_error
    True
    """

    value: float
    interval: Interval
    unchanged: float
    unit: str

    def __post_init__(self) -> None:
        self.interval.require("value", self.value)

    @property
    def within_error(self) -> bool:
        """Whether the difference may be error of measurement alone."""
        return self.interval.low <= self.unchanged <= self.interval.high


@dataclass(frozen=True)
class Alignment:
    """How well a follow-up photo lies on its baseline.

    Attributes
    ----------
    refused : str
        Why the photos could not be aligned; empty when they were.
    began_with : str
        What gave the first guess: features, outline or points.
    pairs : int
        Spots of skin that agree in both photos.
    cover : float
        Share of the baseline's skin near such a spot, 0 to 1.
    error_px : float or None
        Expected error of a mapped point, pixels of the follow-up; None when refused.
    error_mm : float or None
        The same in millimetres; None without a scale.
    """

    refused: str = ""
    began_with: str = ""
    pairs: int = 0
    cover: float = 0.0
    error_px: float | None = None
    error_mm: float | None = None

    def __post_init__(self) -> None:
        if bool(self.refused) != (self.error_px is None):
            raise ValueError("an alignment is refused, with a reason, or has an expected error")


@dataclass(frozen=True)
class LesionChange:
    """One lesion, or several that merged, followed from baseline to follow-up.

    Attributes
    ----------
    number : int
        From 1, largest first.
    fate : Fate
        What became of it.
    centre : tuple of float
        (x, y) in pixels of the baseline.
    base_px, follow_px : float
        Area in both photos, in pixels of the baseline, on skin that both show.
    ratio : Change or None
        Follow-up over baseline; None where one of the two is zero.
    """

    number: int
    fate: Fate
    centre: tuple[float, float]
    base_px: float
    follow_px: float
    ratio: Change | None = None


@dataclass(frozen=True)
class Comparison:
    """What changed between two photos of one site.

    Attributes
    ----------
    base_sha256, follow_sha256 : str
        The photos compared.
    site : Site
        The site of both.
    alignment : Alignment
        How well they lie on each other; everything below is None or empty where refused.
    shared_skin : float
        Share of the baseline's skin that the follow-up shows too, 0 to 1.
    area : Change or None
        Ratio of the lesional areas on shared skin; None where the baseline has none.
    erythema : Change or None
        Difference of the mean haemoglobin contrast of what is lesional in either photo, natural
        log units of optical density in the green band.
    lesions : tuple of LesionChange
        Every lesion of either photo.
    """

    base_sha256: str
    follow_sha256: str
    site: Site
    alignment: Alignment
    shared_skin: float = 0.0
    area: Change | None = None
    erythema: Change | None = None
    lesions: tuple[LesionChange, ...] = ()

    def __post_init__(self) -> None:
        if self.alignment.refused and (self.area or self.erythema or self.lesions):
            raise ValueError("photos that are not aligned have no change")

    def count(self, fate: Fate) -> int:
        """Return how many lesions met a fate."""
        return sum(lesion.fate is fate for lesion in self.lesions)
