"""One lesion followed through the visits of a series of photos."""

from __future__ import annotations

from dataclasses import dataclass

from lesionscope.core.comparison import Change, Fate
from lesionscope.core.measurement import Estimate


@dataclass(frozen=True)
class LesionPoint:
    """A lesion at one visit.

    Attributes
    ----------
    area : Estimate
        Its area on skin that all visits of the course show. The error of the ruler is not in its
        interval: it is the same at every visit.
    area_log_sd : float
        Standard deviation of the natural logarithm of the area.
    erythema : Estimate
        Mean haemoglobin contrast of the skin that is lesional at any visit, natural log units.
    """

    area: Estimate
    area_log_sd: float
    erythema: Estimate


@dataclass(frozen=True)
class LesionCourse:
    """A lesion, or several that merged, at every visit of a series.

    Attributes
    ----------
    number : int
        From 1, largest first.
    centre : tuple of float
        (x, y) on the baseline, shares of its longer side.
    points : tuple of LesionPoint or None
        One for each visit; None where the photo does not show the skin.
    fates : tuple of Fate
        One for each visit: what became of it since the first visit that shows it.
    area_changes : tuple of Change or None
        One for each visit, against the first that shows it; None where either area is zero.
    erythema_changes : tuple of Change or None
        One for each visit, against the first that shows it.
    """

    number: int
    centre: tuple[float, float]
    points: tuple[LesionPoint | None, ...]
    fates: tuple[Fate, ...]
    area_changes: tuple[Change | None, ...]
    erythema_changes: tuple[Change | None, ...]

    def __post_init__(self) -> None:
        lengths = {
            len(part)
            for part in (self.points, self.fates, self.area_changes, self.erythema_changes)
        }
        if len(lengths) != 1:
            raise ValueError(f"a course needs one entry for each visit, got {sorted(lengths)}")
        if not any(self.points):
            raise ValueError("a course needs a visit that shows the lesion's skin")

    @property
    def first(self) -> int:
        """The first visit that shows the lesion's skin."""
        return next(i for i, point in enumerate(self.points) if point is not None)

    @property
    def last(self) -> int:
        """The last visit that shows the lesion's skin."""
        return max(i for i, point in enumerate(self.points) if point is not None)
