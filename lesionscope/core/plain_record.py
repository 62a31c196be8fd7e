"""The plain record of a study: patients, visits and scores, one line a visit.

It is what a study keeps in a spreadsheet or in REDCap before it moves in, and what it can take
out again. A score that comes in this way was signed elsewhere: it is no reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from lesionscope.core.field import Answer, Unset
from lesionscope.core.instrument import Incomplete, Instrument, ScoreRule
from lesionscope.core.people import Patient

Item = tuple[str, str]
"""Id of an instrument, and key of one of its fields or id of one of its scores."""


@dataclass(frozen=True)
class PlainVisit:
    """One line of the plain record.

    Attributes
    ----------
    line : int
        Where it stands in its file, from 1.
    patient : str
        Pseudonym.
    visit : str
        Label of the visit; empty when the line is about the patient alone.
    day : date or None
        Of the visit.
    scores : mapping of (str, str) to float or str
        Instrument and item to a number or "not assessable".
    raters : mapping of str to str
        Instrument to the name of who scored, as the file has it.
    """

    line: int
    patient: str
    visit: str = ""
    day: date | None = None
    scores: Mapping[Item, Answer] = field(default_factory=dict)
    raters: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        Patient(0, self.patient)
        if bool(self.visit) != (self.day is not None):
            raise ValueError("a visit needs a label and a date, both")
        if self.scores and not self.visit:
            raise ValueError("scores need the visit that they belong to")

    @property
    def key(self) -> tuple[str, str, str]:
        """What may stand in a file once: patient in any capitals, label and day."""
        return (self.patient.casefold(), self.visit, self.day.isoformat() if self.day else "")


@dataclass(frozen=True)
class LineFault:
    """Why a line cannot come in.

    Attributes
    ----------
    line : int
        Of the file, from 1.
    column : str
        Of the file; empty when it is about the whole line.
    reason : str
        What is wrong, and what to write instead.
    """

    line: int
    column: str
    reason: str

    def describe(self) -> str:
        """Name the line and say what is wrong.

        Examples
        --------
        >>> LineFault(3, "date", "write 2026-03-04").describe()
        'line 3, date: write 2026-03-04'
        """
        where = f"line {self.line}, {self.column}" if self.column else f"line {self.line}"
        return f"{where}: {self.reason}"


def total_fault(form: Instrument, score: str, said: Answer, items: Mapping[str, Answer]) -> str:
    """Say why a total that came from elsewhere cannot stand beside its items.

    A blank or "not assessable" that somebody counted as zero comes to light here: where any item
    of the score is given, the total must be the one that the form gives.

    Parameters
    ----------
    form : Instrument
        On the settings of the study.
    score : str
        Id of the score.
    said : float or str
        The total.
    items : mapping of str to float or str
        Field key to answer, as far as they came along.

    Returns
    -------
    str
        Empty where the total can stand.

    Raises
    ------
    ValueError
        If the score is unknown, or the form does not allow an answer.

    Examples
    --------
    >>> from lesionscope.core.cdasi import CDASI
    >>> total_fault(CDASI, "activity", 23, {})
    ''
    >>> total_fault(CDASI, "activity", 23, {"malar.erythema": 2})
    '1 of 50 fields answered, no total; the file says 23'
    """
    rule = form.rule(score)
    for scale in (form.field(key).scale for key in rule.keys):
        if isinstance(scale, Unset):
            return f"{rule.label} is {scale.describe()}"
    if isinstance(said, str) or not rule.low <= said <= rule.high:
        return f"{rule.label} must be {rule.low:g} to {rule.high:g}, got {said!r}"
    if not any(key in items for key in rule.keys):
        return "" if _as_fine_as(said, rule.decimals) else _too_fine(rule, said)
    reckoned = form.total(score, items)
    if isinstance(reckoned, Incomplete):
        return f"{reckoned.describe()}; the file says {said:g}"
    # As the form gives it, or rounded as it is shown.
    given = (reckoned.value, round(reckoned.value, rule.decimals))
    if min(abs(said - one) for one in given) < 1e-6:
        return ""
    return f"the items give {reckoned.value:g}, the file says {said:g}"


def _as_fine_as(value: float, decimals: int) -> bool:
    return abs(round(value, decimals) - value) < 1e-9


def _too_fine(rule: ScoreRule, said: float) -> str:
    places = f"at most {rule.decimals} decimals" if rule.decimals else "no decimals"
    return f"{rule.label} has {places}, got {said:g}"
