"""A signed form: the questions as they were asked, the answers, and the totals of that day.

A study may change a scale later, and software its rules; a form keeps what was signed. Two forms
are therefore compared by the totals that they hold, and only where both were asked alike.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from lesionscope.core.change import Change, MeasurementError
from lesionscope.core.field import Answer, Field, Levels, Numbers
from lesionscope.core.instrument import Instrument, Rater, ScoreRule, Total, bands_of
from lesionscope.core.people import Act
from lesionscope.core.reading import AnswerOrigin, Meaning
from lesionscope.core.study_settings import PGA_SCALES, PgaScore


def act_of(instrument: Instrument) -> Act:
    """Return the right that filling and signing a form needs.

    Parameters
    ----------
    instrument : Instrument
        A rating is a clinician's; a patient's answers are copied by any staff.
    """
    return Act.SIGN_READING if instrument.rater is Rater.CLINICIAN else Act.ENTER_FORM


def answer_words(asked: Field, answer: Answer) -> str:
    """Write an answer with what it means on its scale.

    Examples
    --------
    >>> answer_words(Field("a", "A", Levels(("none", "slight"))), 1)
    '1 slight'
    >>> answer_words(Field("a", "A", Numbers(0, 10, "cm", 1)), 2.5)
    '2.5 cm'
    """
    if isinstance(answer, str):
        return answer
    if isinstance(asked.scale, Levels):
        name = asked.scale.names[int(answer)]
        return f"{answer:g}: {name}" if name[0].isdigit() else f"{answer:g} {name}"
    if isinstance(asked.scale, Numbers):
        return f"{answer:.{asked.scale.decimals}f} {asked.scale.unit}".strip()
    return f"{answer:g}"


@dataclass(frozen=True)
class Asked:
    """One question of a signed form.

    Attributes
    ----------
    group, label : str
        Heading and short label.
    scale : str
        What could be answered, such as ``"0 to 4"``.
    words : str
        The answer with its meaning; empty for a blank.
    """

    group: str
    label: str
    scale: str
    words: str


@dataclass(frozen=True)
class SignedTotal:
    """One score of a signed form.

    Attributes
    ----------
    label : str
        Name of the score.
    value : float or None
        None where the form had no total.
    words : str
        The total and its range, or why there is none.
    bands : mapping of str to str
        Published scheme to what it calls the total.
    """

    label: str
    value: float | None
    words: str
    bands: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class StoredForm:
    """The signed form of one instrument at one visit.

    Attributes
    ----------
    id, visit_id, reader_id : int
        Rows in the record.
    instrument_id, instrument_name : str
        As `lesionscope.core.catalogue.instruments` named them when it was signed.
    reader_name : str
        Full name under the signature.
    signed_at : datetime
        UTC.
    meaning : Meaning
        What the signature stands for.
    answers : mapping of str to float or str
        Field key to number or "not assessable"; blanks are missing.
    origins : mapping of str to AnswerOrigin
        How each answer came about.
    asked : mapping of str to Asked
        Every question of the form, blanks too.
    totals : mapping of str to SignedTotal
        Every score by its id. They are never added.
    measurement_ids : tuple of int
        The measurements from which answers were proposed.
    content_sha256 : str
        Hash of what was signed.
    supersedes : int or None
        The form that this one replaces; the old one stays.
    reason : str
        Why it replaces the older one.
    """

    id: int
    visit_id: int
    reader_id: int
    instrument_id: str
    instrument_name: str
    reader_name: str
    signed_at: datetime
    meaning: Meaning
    answers: Mapping[str, Answer]
    origins: Mapping[str, AnswerOrigin]
    asked: Mapping[str, Asked]
    totals: Mapping[str, SignedTotal]
    measurement_ids: tuple[int, ...]
    content_sha256: str
    supersedes: int | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        if self.signed_at.tzinfo is None:
            raise ValueError("signed_at must carry its time zone (UTC)")
        if self.supersedes is not None and not self.reason.strip():
            raise ValueError("a form that supersedes another needs a reason")

    def value(self, score: str) -> float | None:
        """Return a total by the id of its score; None where there is none."""
        total = self.totals.get(score)
        return None if total is None else total.value


def asked_of(instrument: Instrument, answers: Mapping[str, Answer]) -> dict[str, Asked]:
    """Return every question of a form with what was answered, by the key of its field."""
    return {
        one.key: Asked(
            one.group,
            one.label,
            one.scale.describe(),
            answer_words(one, answers[one.key]) if one.key in answers else "",
        )
        for one in instrument.fields
    }


def signed_totals(
    instrument: Instrument, answers: Mapping[str, Answer], adopted: Collection[str] = ()
) -> dict[str, SignedTotal]:
    """Return every score of a form as a signature keeps it.

    Parameters
    ----------
    instrument : Instrument
        On the settings of the study.
    answers : mapping of str to float or str
        Field key to number or "not assessable".
    adopted : collection of str
        Ids of the unverified bands that the study uses.

    Raises
    ------
    ValueError
        If the form does not allow an answer.
    """
    found: dict[str, SignedTotal] = {}
    for score, total in instrument.totals(answers).items():
        label, words = total.rule.label, total.describe()
        if isinstance(total, Total):
            found[score] = SignedTotal(label, total.value, words, bands_of(total, adopted))
        else:
            found[score] = SignedTotal(label, None, words)
    return found


def change_since(
    baseline: StoredForm,
    rule: ScoreRule,
    asked: Mapping[str, Asked],
    value: float | None,
    *,
    error: MeasurementError | None = None,
) -> Change | None:
    """Compare a total with the one of a form signed at the baseline.

    Parameters
    ----------
    baseline : StoredForm
        Of the same instrument.
    rule : ScoreRule
        The score, with its published changes that matter.
    asked : mapping of str to Asked
        The questions behind the total now.
    value : float or None
        The total now.
    error : MeasurementError, optional
        Of the study's own readers.

    Returns
    -------
    Change or None
        None where either has no total, or a question was put on another scale in between.
    """
    before = baseline.value(rule.id)
    then, now = (
        {k: form[k].scale for k in rule.keys if k in form} for form in (baseline.asked, asked)
    )
    if before is None or value is None or then != now:
        return None
    return Change(before, value, rule.important, error)


def pga_score(form: StoredForm) -> PgaScore | None:
    """Return a signed global assessment with the scale it was given on.

    Returns
    -------
    PgaScore or None
        None where the form has no total, or its scale is none of `PGA_SCALES`.

    Raises
    ------
    ValueError
        If the form is of another instrument.
    """
    if form.instrument_id != "pga":
        raise ValueError(f"a PGA is read from the form of that name, got {form.instrument_id!r}")
    value = form.value("pga")
    (asked,) = form.asked.values()
    named = {scale.describe(): name for name, scale in PGA_SCALES.items()}
    if value is None or asked.scale not in named:
        return None
    return PgaScore(value, named[asked.scale])
