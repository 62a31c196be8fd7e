"""Change of a total against baseline, beside what matters and what can be told from noise.

References
----------
Standard error of measurement SEM = SD sqrt(1 - ICC) and smallest detectable change
SDC = 1.96 sqrt(2) SEM: the usual formulas, from memory, not verified in a text. COSMIN 2020 asks
that the formula be stated, and calls a SEM from another population's SD inadequate: none is built
in.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from lesionscope.core.evidence import Certainty, Citation


@dataclass(frozen=True)
class ImportantChange:
    """The smallest change that matters, by one source.

    Attributes
    ----------
    points : float
        Size of the change, positive.
    name : str
        Whose figure it is, as shown.
    certainty : Certainty
        How sure the figure is.
    citation : Citation or None
        Where it stands.
    anchor : str
        What was held to matter.
    """

    points: float
    name: str
    certainty: Certainty
    citation: Citation | None = None
    anchor: str = ""

    def __post_init__(self) -> None:
        if not self.points > 0:
            raise ValueError(f"an important change must be positive, got {self.points}")


@dataclass(frozen=True)
class MeasurementError:
    """How far two ratings of an unchanged patient differ, in the study's own patients.

    Attributes
    ----------
    sem : float
        Standard error of measurement, points.
    origin : str
        Which agreement study it comes from.

    Examples
    --------
    >>> error = MeasurementError.from_reliability(10.0, 0.90, "the study's own readers")
    >>> round(error.smallest_detectable, 1)
    8.8
    """

    sem: float
    origin: str

    def __post_init__(self) -> None:
        if not (self.sem >= 0 and math.isfinite(self.sem)):
            raise ValueError(f"the standard error must be finite and not negative, got {self.sem}")
        if not self.origin.strip():
            raise ValueError("a measurement error needs the agreement study that it comes from")

    @classmethod
    def from_reliability(cls, sd: float, icc: float, origin: str) -> MeasurementError:
        """Return the error from the spread of patients and the intraclass correlation.

        Parameters
        ----------
        sd : float
            Standard deviation between patients, points.
        icc : float
            Intraclass correlation of absolute agreement, 0 to 1.
        origin : str
            The agreement study that gave both.
        """
        if not sd >= 0:
            raise ValueError(f"sd must not be negative, got {sd}")
        if not 0 <= icc <= 1:
            raise ValueError(f"icc must be 0 to 1, got {icc}")
        return cls(sd * math.sqrt(1 - icc), origin)

    @property
    def smallest_detectable(self) -> float:
        """Smallest change of one patient that exceeds the error, points (95 %)."""
        return 1.96 * math.sqrt(2) * self.sem


@dataclass(frozen=True)
class Change:
    """A total against its baseline. Higher is worse in every instrument here.

    Attributes
    ----------
    baseline, now : float
        Totals of two complete forms.
    important : tuple of ImportantChange
        The published smallest changes that matter.
    error : MeasurementError or None
        None where the study has not measured its own.

    Examples
    --------
    >>> fall = Change(20, 15, (ImportantChange(4, "Pennsylvania", Certainty.STUDY),),
    ...               MeasurementError(2.0, "the study's own readers"))
    >>> fall.points, fall.percent, fall.within_error
    (-5, -25.0, True)
    >>> fall.describe()
    '-5 points (-25 %); reaches 4 (Pennsylvania); within measurement error (5.5)'
    """

    baseline: float
    now: float
    important: tuple[ImportantChange, ...] = ()
    error: MeasurementError | None = None

    @property
    def points(self) -> float:
        """Now minus baseline; negative is improvement."""
        # Ten decimals: sums of tenths, as in the DSSI, leave dust in the sixteenth.
        return round(self.now - self.baseline, 10)

    @property
    def percent(self) -> float | None:
        """Change in percent of the baseline; None where the baseline is zero."""
        return 100 * self.points / self.baseline if self.baseline else None

    @property
    def within_error(self) -> bool | None:
        """Whether the change is below the smallest detectable one; None where that is unknown."""
        return None if self.error is None else abs(self.points) < self.error.smallest_detectable

    def reaches(self, important: ImportantChange) -> bool:
        """Return whether the change, for better or worse, is as large as one that matters."""
        return abs(self.points) >= important.points

    def improved_by(self, percent: float) -> bool | None:
        """Return whether the total fell by at least a share of its baseline.

        Parameters
        ----------
        percent : float
            The responder bound of the study, above 0 and up to 100.

        Returns
        -------
        bool or None
            None where the baseline is zero: there is nothing to fall from.
        """
        if not 0 < percent <= 100:
            raise ValueError(f"percent must be above 0 and up to 100, got {percent}")
        # Multiplied out: 40 % of a whole number must not fail by a rounding of the division.
        return -100 * self.points >= percent * self.baseline if self.baseline else None

    def describe(self) -> str:
        """Say the change, which published changes it reaches, and whether noise explains it."""
        share = "" if self.percent is None else f" ({self.percent:+.0f} %)"
        words = [f"{self.points:+g} points{share}"]
        words += [
            f"{'reaches' if self.reaches(one) else 'below'} {one.points:g} ({one.name})"
            for one in self.important
        ]
        if self.error is None:
            return "; ".join([*words, "smallest detectable change not known"])
        side = "within" if self.within_error else "beyond"
        return "; ".join(
            [*words, f"{side} measurement error ({self.error.smallest_detectable:.1f})"]
        )


@dataclass(frozen=True)
class ResponderRule:
    """The share of the baseline by which a total must fall to count as a response.

    Attributes
    ----------
    id : str
        Stable name, by which a study adopts an unverified rule.
    percent : float
        Above 0 and up to 100.
    certainty : Certainty
        How sure the bound is.
    citation : Citation or None
        Where it stands.
    """

    id: str
    percent: float
    certainty: Certainty
    citation: Citation | None = None

    def __post_init__(self) -> None:
        if not 0 < self.percent <= 100:
            raise ValueError(f"percent must be above 0 and up to 100, got {self.percent}")

    def verdict(self, change: Change, adopted: Collection[str] = ()) -> bool | None:
        """Return whether a change is a response.

        Parameters
        ----------
        change : Change
            Against baseline.
        adopted : collection of str
            Ids of the unverified rules that the study uses.

        Returns
        -------
        bool or None
            None where the rule is unverified and not adopted, or the baseline is zero.
        """
        if self.certainty is Certainty.UNVERIFIED and self.id not in adopted:
            return None
        return change.improved_by(self.percent)
