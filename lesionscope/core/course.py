"""What was scored of a patient over the visits of a study, and how it changed."""

from __future__ import annotations

from dataclasses import dataclass

from lesionscope.core.change import Change
from lesionscope.core.criterion import Quantity
from lesionscope.core.measurement import BsaEstimate
from lesionscope.core.study_settings import PgaScore


@dataclass(frozen=True)
class ScoredVisit:
    """The signed values of one patient at one planned visit.

    Attributes
    ----------
    visit : str
        Id of the planned visit.
    day : int
        Days since the baseline on which it was held.
    cdasi_activity : int or None
        Activity total; None while the form is incomplete.
    bsa : BsaEstimate or None
        Involved body surface area.
    pga : PgaScore or None
        Global assessment of skin activity.
    """

    visit: str
    day: int
    cdasi_activity: int | None = None
    bsa: BsaEstimate | None = None
    pga: PgaScore | None = None

    def value(self, quantity: Quantity) -> float | None:
        """Return the value of a quantity, or None where it was not scored."""
        if quantity is Quantity.CDASI_ACTIVITY:
            return self.cdasi_activity
        if quantity is Quantity.BSA_PERCENT:
            return None if self.bsa is None else self.bsa.percent
        if quantity is Quantity.PGA:
            return None if self.pga is None else self.pga.value
        raise ValueError(f"response cannot rest on {quantity.value}")


@dataclass(frozen=True)
class PatientCourse:
    """The scored visits of one patient.

    Attributes
    ----------
    pseudonym : str
        The patient.
    visits : tuple of ScoredVisit
        Each planned visit at most once.
    """

    pseudonym: str
    visits: tuple[ScoredVisit, ...]

    def __post_init__(self) -> None:
        names = [visit.visit for visit in self.visits]
        if len(set(names)) != len(names):
            raise ValueError(f"{self.pseudonym} has a visit twice: {', '.join(names)}")
        conventions = {visit.bsa.convention for visit in self.visits if visit.bsa}
        scales = {visit.pga.scale for visit in self.visits if visit.pga}
        for what in (conventions, scales):
            if len(what) > 1:
                mixed = ", ".join(sorted(one.value for one in what))
                raise ValueError(f"{self.pseudonym} mixes {mixed}: no change can be formed")

    def at(self, visit: str) -> ScoredVisit | None:
        """Return the visit of this id, if it was held."""
        return next((held for held in self.visits if held.visit == visit), None)

    def change(self, quantity: Quantity, *, baseline: str, visit: str) -> Change | None:
        """Return the change from baseline to a visit, or None where either has no value."""
        values = [
            None if held is None else held.value(quantity)
            for held in (self.at(baseline), self.at(visit))
        ]
        before, after = values
        return None if before is None or after is None else Change(before, after)
