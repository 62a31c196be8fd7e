"""What every instrument is: fields with ranges, rules that total them, and how sure each fact is.

One shape for all, so that one form page can show any of them, and one check refuses what a
form does not allow. A blank is a field without an answer: it is not a zero, and neither is
"not assessable". A form with either has no total.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from lesionscope.core.bands import BandScheme
from lesionscope.core.change import ImportantChange, ResponderRule
from lesionscope.core.evidence import Certainty, Citation, Fact
from lesionscope.core.field import NOT_ASSESSABLE as NOT_ASSESSABLE
from lesionscope.core.field import Answer as Answer
from lesionscope.core.field import Field as Field


class Rater(StrEnum):
    """Who answers the form."""

    CLINICIAN = "clinician"
    PATIENT = "patient"


@dataclass(frozen=True)
class ScoreRule:
    """One score of an instrument: which fields it needs, and how they become one number.

    Attributes
    ----------
    id, label : str
        Stable name, and the name shown.
    keys : tuple of str
        Fields that the score needs, all of them.
    high : float
        Highest total.
    formula : callable
        From the answers of `keys`, all numbers, to the total.
    certainty : Certainty
        How sure the range and the formula are.
    citation : Citation or None
        Where they stand.
    decimals : int
        Digits after the point when a total is shown.
    blanks_counted_zero : int
        Unanswered fields that the instrument's own rule counts as zero; 0 for all but one.
    bands : tuple of BandScheme
        Published meanings of the total.
    important : tuple of ImportantChange
        Published smallest changes that matter.
    low : float
        Lowest total; zero in all but numbers that a study defines.
    responders : tuple of ResponderRule
        Shares of the baseline by which a total must fall to count as a response.
    """

    id: str
    label: str
    keys: tuple[str, ...]
    high: float
    formula: Callable[[Mapping[str, float]], float]
    certainty: Certainty
    citation: Citation | None = None
    decimals: int = 0
    blanks_counted_zero: int = 0
    bands: tuple[BandScheme, ...] = ()
    important: tuple[ImportantChange, ...] = ()
    responders: tuple[ResponderRule, ...] = ()
    low: float = 0


@dataclass(frozen=True)
class Total:
    """A score of a complete form.

    Attributes
    ----------
    rule : ScoreRule
        The score.
    value : float
        The total, ``rule.low`` to ``rule.high``.
    counted_zero : tuple of str
        Blank fields that the instrument's own rule counted as zero.
    """

    rule: ScoreRule
    value: float
    counted_zero: tuple[str, ...] = ()

    def describe(self) -> str:
        """Say the total and its range."""
        said = f"{self.value:.{self.rule.decimals}f} of {self.rule.high:g}"
        if self.rule.low:
            said = f"{self.value:.{self.rule.decimals}f} ({self.rule.low:g} to {self.rule.high:g})"
        blanks = len(self.counted_zero)
        return f"{said} ({blanks} blank counted as zero)" if blanks else said


@dataclass(frozen=True)
class Incomplete:
    """A score that a form does not have, and why.

    Attributes
    ----------
    rule : ScoreRule
        The score.
    missing : tuple of str
        Fields without an answer, in the order of the form.
    not_assessable : tuple of str
        Fields that a reader could not tell.
    """

    rule: ScoreRule
    missing: tuple[str, ...]
    not_assessable: tuple[str, ...]

    @property
    def required(self) -> int:
        """Fields that the score needs."""
        return len(self.rule.keys)

    @property
    def answered(self) -> int:
        """Fields with an answer, "not assessable" among them."""
        return self.required - len(self.missing)

    def describe(self) -> str:
        """Say why there is no total."""
        if self.missing:
            return f"{self.answered} of {self.required} fields answered, no total"
        return f"no total: {len(self.not_assessable)} not assessable"


@dataclass(frozen=True)
class Query:
    """A pair of answers that the form allows and a reader should look at again.

    Attributes
    ----------
    words : str
        What to look at.
    arises : callable
        Whether the answers given raise it.
    """

    words: str
    arises: Callable[[Mapping[str, Answer]], bool]


@dataclass(frozen=True)
class Instrument:
    """A form as data: its fields, its scores, its source and whose it is.

    Attributes
    ----------
    id, name : str
        Stable name, and the name shown.
    rater : Rater
        Who answers it.
    fields : tuple of Field
        In the order of the form.
    scores : tuple of ScoreRule
        Every score; two scores are never added.
    citation : Citation
        Where the instrument was published.
    rights : str
        Whose instrument it is, and what its use may need.
    facts : tuple of Fact
        What else is known of it, each with how sure it is.
    queries : tuple of Query
        Answers worth a second look.
    recall : str
        The time that the answers cover; empty for now.
    """

    id: str
    name: str
    rater: Rater
    fields: tuple[Field, ...]
    scores: tuple[ScoreRule, ...]
    citation: Citation
    rights: str = ""
    facts: tuple[Fact, ...] = ()
    queries: tuple[Query, ...] = ()
    recall: str = ""

    def __post_init__(self) -> None:
        keys = [field.key for field in self.fields]
        if len(set(keys)) != len(keys):
            raise ValueError(f"{self.id}: two fields have one key")
        stray = {key for rule in self.scores for key in rule.keys} - set(keys)
        if stray:
            raise ValueError(f"{self.id}: a score needs fields that the form lacks: {stray}")

    def field(self, key: str) -> Field:
        """Return the field with this key.

        Raises
        ------
        ValueError
            If the form has no such field.
        """
        for field in self.fields:
            if field.key == key:
                return field
        raise ValueError(f"{self.name} has no field {key!r}")

    def rule(self, score: str) -> ScoreRule:
        """Return the score with this id.

        Raises
        ------
        ValueError
            If the instrument has no such score.
        """
        for rule in self.scores:
            if rule.id == score:
                return rule
        names = ", ".join(rule.id for rule in self.scores)
        raise ValueError(f"{self.name} has the scores {names}; got {score!r}")

    def check(self, answers: Mapping[str, Answer]) -> None:
        """Refuse answers that the form does not allow. Fields may be missing.

        Raises
        ------
        ValueError
            If a key is unknown or an answer is outside the range of its field.
        """
        by_key = {field.key: field for field in self.fields}
        for key, answer in answers.items():
            if key not in by_key:
                raise ValueError(f"{self.name} has no field {key!r}")
            by_key[key].check(answer)

    def total(self, score: str, answers: Mapping[str, Answer]) -> Total | Incomplete:
        """Total one score, or say why there is none.

        Parameters
        ----------
        score : str
            Id of the score.
        answers : mapping of str to float or str
            Field key to number or `NOT_ASSESSABLE`; blanks are missing keys.

        Raises
        ------
        ValueError
            If the score is unknown or an answer is not allowed by the form.
        """
        rule = self.rule(score)
        self.check(answers)
        missing = tuple(key for key in rule.keys if key not in answers)
        unclear = tuple(key for key in rule.keys if answers.get(key) == NOT_ASSESSABLE)
        if unclear or len(missing) > rule.blanks_counted_zero:
            return Incomplete(rule, missing, unclear)
        given = {key: answers.get(key, 0) for key in rule.keys}
        numbers = {key: answer for key, answer in given.items() if not isinstance(answer, str)}
        return Total(rule, rule.formula(numbers), missing)

    def totals(self, answers: Mapping[str, Answer]) -> dict[str, Total | Incomplete]:
        """Return every score by its id. They are never added."""
        return {rule.id: self.total(rule.id, answers) for rule in self.scores}

    def open_queries(self, answers: Mapping[str, Answer]) -> tuple[str, ...]:
        """Return what a reader should look at again, in words."""
        return tuple(query.words for query in self.queries if query.arises(answers))


def bands_of(total: Total, adopted: Collection[str] = ()) -> dict[str, str]:
    """Name a total under every published scheme that applies.

    Parameters
    ----------
    total : Total
        Of a complete form.
    adopted : collection of str
        Ids of unverified schemes that the study uses.

    Returns
    -------
    dict of str to str
        Name of the scheme to the band; where the source leaves the value open it says so.
    """
    return {
        scheme.name: scheme.band_of(total.value) or "left open by the source"
        for scheme in total.rule.bands
        if scheme.applies(adopted)
    }
