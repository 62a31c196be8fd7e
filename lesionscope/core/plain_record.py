"""The plain record of a study: patients, visits and scores, one line a visit.

It is what a study keeps in a spreadsheet or in REDCap before it moves in, and what it can take
out again. A score that comes in this way was signed elsewhere: it is no reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from lesionscope.core.field import Answer
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
